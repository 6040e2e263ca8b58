package bulk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/klauspost/compress/gzip"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/jsonscan"
	"github.com/rehydrate/rehydrate/internal/run"
)

// Putter puts an object into the run bucket, in the place of any other under its
// key.
type Putter interface {
	Put(ctx context.Context, key string, body []byte) error
}

// Rejects writes the events of one object that make no document, or one that the
// cluster will not take, into the run bucket: as gzip of subscription records,
// the archive's own form, so that they can be indexed from there. Each record
// ends in a member more, which a decoder ignores:
//
//	"rejected":{"reason":"mapper_parsing_exception: …","object":"s3://archive/…"}
//
// Refused documents lie under run.RefusedFolder, malformed events under
// run.MalformedFolder, in a file each for a batch, whose name says from which
// object (a hash of its location) and from which place in it the batch was read:
// who reads the same again overwrites the same files.
type Rejects struct {
	Bucket Putter
	// Run is the run's name, Object where the events were read.
	Run    string
	Object run.Location

	text   []byte
	packed bytes.Buffer
	gzip   *gzip.Writer
}

// Write writes what r says was rejected of b, and b's malformed events. It must
// have returned before they are counted. Nothing is put where there is nothing.
func (w *Rejects) Write(ctx context.Context, b *Batch, r *Result) error {
	if len(r.Rejected) > 0 {
		w.text = w.text[:0]
		open := opening{}
		for _, x := range r.Rejected {
			it := &b.items[x.Item]
			w.open(&open, it.header, x.Reason)
			w.text = append(append(append(w.text, `{"id":"`...), b.id(x.Item)...), `","timestamp":`...)
			w.text = append(strconv.AppendInt(w.text, it.time, 10), `,"message":`...)
			w.text = append(append(w.text, b.message(x.Item)...), '}')
		}
		w.close(&open)
		if err := w.put(ctx, run.RefusedFolder(w.Run), b.start); err != nil {
			return err
		}
	}
	if len(b.malformed) > 0 {
		w.text = w.text[:0]
		open := opening{}
		for _, m := range b.malformed {
			w.open(&open, m.header, m.reason)
			w.text = append(w.text, b.raw[m.from:m.to]...)
		}
		w.close(&open)
		return w.put(ctx, run.MalformedFolder(w.Run), b.start)
	}
	return nil
}

// opening is the record that is being written: consecutive events of the same
// record that were rejected for the same reason share one.
type opening struct {
	begun  bool
	header *decode.Header
	reason string
}

// open makes ready for an event of the record h that was rejected for reason.
func (w *Rejects) open(o *opening, h *decode.Header, reason string) {
	if o.begun && o.header == h && o.reason == reason {
		w.text = append(w.text, ',')
		return
	}
	w.close(o)
	*o = opening{true, h, reason}
	if h == nil {
		h = &decode.Header{}
	}
	w.text = append(w.text, `{"messageType":"DATA_MESSAGE","owner":`...)
	w.quote(h.Owner)
	w.text = append(w.text, `,"logGroup":`...)
	w.quote(h.LogGroup)
	w.text = append(w.text, `,"logStream":`...)
	w.quote(h.LogStream)
	w.text = append(w.text, `,"subscriptionFilters":[`...)
	for i, name := range h.SubscriptionFilters {
		if i > 0 {
			w.text = append(w.text, ',')
		}
		w.quote(name)
	}
	w.text = append(w.text, `],"logEvents":[`...)
}

func (w *Rejects) close(o *opening) {
	if !o.begun {
		return
	}
	w.text = append(w.text, `],"rejected":{"reason":`...)
	w.quote(o.reason)
	w.text = append(w.text, `,"object":`...)
	w.quote(w.Object.URI())
	w.text = append(w.text, "}}\n"...)
}

func (w *Rejects) quote(s string) {
	w.text = append(jsonscan.AppendEscaped(append(w.text, '"'), s), '"')
}

func (w *Rejects) put(ctx context.Context, folder string, start run.Place) error {
	w.packed.Reset()
	if w.gzip == nil {
		w.gzip = gzip.NewWriter(&w.packed)
	} else {
		w.gzip.Reset(&w.packed)
	}
	// Writing to a bytes.Buffer cannot fail.
	_, _ = w.gzip.Write(w.text)
	_ = w.gzip.Close()
	hash := sha256.Sum256([]byte(w.Object.URI()))
	key := fmt.Sprintf("%s%s-%d-%d.json.gz", folder, hex.EncodeToString(hash[:8]), start.Offset, start.Events)
	if err := w.Bucket.Put(ctx, key, w.packed.Bytes()); err != nil {
		return fmt.Errorf("write rejected events to %s: %w", key, err)
	}
	return nil
}
