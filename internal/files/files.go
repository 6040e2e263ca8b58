// Package files writes the events of an archive object as JSON Lines into the run
// bucket, in gzip, by the UTC hours of their own times:
//
//	runs/NAME/events/2018-12-10/03/events-2018-12-10-03-00-00-HASH-OFFSET-EVENTS.jsonl.gz
//
// An object is cut into sections, whose ends depend on its bytes and on the
// filters of the run alone: not on how long a call takes or where it was stopped.
// A file holds the events of one hour in one section, and its name says from
// which object (a hash of its location) and from which place in it the section
// was read, and the hour once more, where Firehose's names have it: the files are
// an archive, too. So who reads the same again writes the same files again.
//
// It knows nothing of clusters, nor which events are wanted.
package files

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc64"
	"slices"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/document"
	"github.com/rehydrate/rehydrate/internal/run"
)

// Section is where a section ends: with the event with which its lines have Text
// bytes, or with which it has come Plain bytes further in the object's plain text.
// The one bounds what is held in memory, the other what is read again where a call
// was stopped. Files are only the same again where these are.
type Section struct {
	Text  int
	Plain int64
}

// Usual are the sections of every stack.
func Usual() Section { return Section{16 << 20, 64 << 20} }

// Putter puts an object into the run bucket, in the place of any other under its
// key.
type Putter interface {
	Put(ctx context.Context, key string, body []byte) error
}

// Writer writes the events of one object. It belongs to one goroutine.
type Writer struct {
	bucket Putter
	folder string
	object string // hash of its location
	end    Section
	begin  run.Place // of the section
	lines  *document.Lines
	*Buffers
}

// Buffers is the memory of a writer, which the next one takes over: to make it anew
// for each object costs more than to write a small one. It belongs to one writer at a
// time.
type Buffers struct {
	body  []byte // the section's lines, as they came
	spans []span

	packed *bytes.Buffer
	gzip   *gzip.Writer
}

// NewBuffers makes empty ones.
func NewBuffers() *Buffers {
	// Writing to a bytes.Buffer cannot fail, nor is there any doubt of the level:
	// beyond the first, bytes saved cost more time than they take to store.
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	return &Buffers{packed: new(bytes.Buffer), gzip: z}
}

// span is lines in a row that belong to the same hour.
type span struct {
	hour     int64 // since 1970
	from, to int   // in the section's lines
}

// NewWriter makes a writer of the events of an object from a place on: the
// beginning, or where a Flush ended that was called where Full was true.
func NewWriter(bucket Putter, name string, object run.Location, from run.Place, end Section, b *Buffers) *Writer {
	hash := sha256.Sum256([]byte(object.URI()))
	w := &Writer{
		bucket: bucket, folder: run.EventsFolder(name), object: hex.EncodeToString(hash[:8]),
		end: end, begin: from, lines: document.NewLines(), Buffers: b,
	}
	w.Restart()
	return w
}

// smallObject is how many bytes of lines an object has that is no big one.
const smallObject = 1 << 20

const hourMs = int64(time.Hour / time.Millisecond)

// Add adds a good event to the section.
func (w *Writer) Add(e *decode.Event) {
	hour := e.Time / hourMs
	if e.Time%hourMs < 0 {
		hour--
	}
	if from := cap(w.body); from > smallObject && from < w.end.Text { // rather than by doubling
		w.body = slices.Grow(w.body, w.end.Text+w.end.Text/16-len(w.body))
	}
	from := len(w.body)
	w.body = w.lines.Append(w.body, e)
	if n := len(w.spans); n > 0 && w.spans[n-1].hour == hour {
		w.spans[n-1].to = len(w.body)
		return
	}
	w.spans = append(w.spans, span{hour, from, len(w.body)})
}

// Full tells whether the section ends at place, which is behind the event that was
// read last, wanted or not.
func (w *Writer) Full(place run.Place) bool {
	return len(w.body) >= w.end.Text || place.Offset-w.begin.Offset >= w.end.Plain
}

// Sum is a checksum of the section so far.
func (w *Writer) Sum() uint64 { return crc64.Checksum(w.body, crc64.MakeTable(crc64.ECMA)) }

// Restart forgets the section so far.
func (w *Writer) Restart() { w.body, w.spans = w.body[:0], w.spans[:0] }

// Written is what a Flush has put.
type Written struct {
	Events, Files int64
	// Bytes as stored.
	Bytes int64
}

// Flush writes the section, which ends at place, and begins the next. Where it
// fails some of its files may be there.
func (w *Writer) Flush(ctx context.Context, place run.Place) (Written, error) {
	var done Written
	slices.SortStableFunc(w.spans, func(a, b span) int { return cmp.Compare(a.hour, b.hour) })
	for rest := w.spans; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].hour == rest[0].hour {
			n++
		}
		if err := w.put(ctx, rest[:n], &done); err != nil {
			return done, err
		}
		rest = rest[n:]
	}
	w.begin, w.body, w.spans = place, w.body[:0], w.spans[:0]
	return done, nil
}

// put writes the file of an hour.
func (w *Writer) put(ctx context.Context, hour []span, done *Written) error {
	w.packed.Reset()
	w.gzip.Reset(w.packed)
	for _, s := range hour {
		lines := w.body[s.from:s.to]
		_, _ = w.gzip.Write(lines)
		done.Events += int64(bytes.Count(lines, []byte("\n")))
	}
	_ = w.gzip.Close()
	key := fmt.Sprintf("%s%s%s-%d-%d.jsonl.gz", w.folder,
		time.UnixMilli(hour[0].hour*hourMs).UTC().Format("2006-01-02/15/events-2006-01-02-15-00-00-"), w.object, w.begin.Offset, w.begin.Events)
	if err := w.bucket.Put(ctx, key, w.packed.Bytes()); err != nil {
		w.packed = new(bytes.Buffer) // a connection that failed may read it still
		return fmt.Errorf("write events to %s: %w", key, err)
	}
	done.Files++
	done.Bytes += int64(w.packed.Len())
	return nil
}
