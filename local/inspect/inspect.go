// Package inspect tells a person what is in one object of an archive, or prints
// its events so that they can be searched without any cluster.
package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/rehydrate/rehydrate/internal/decode"
)

// Object is the object to be looked at.
type Object struct {
	// Name is how people call it: a path or s3://BUCKET/KEY.
	Name string
	// Body gives its bytes, Random the same at random (ZIP needs it; may be nil);
	// Size is how many there are.
	Body   io.Reader
	Random io.ReaderAt
	Size   int64
	// Source is what is known of it beside its bytes.
	Source decode.Source
}

// ErrDamaged says that an object was told or printed up to a damage, or that
// some of its events cannot be used.
var ErrDamaged = errors.New("not all of the object can be used")

// Run tells on w what is in the object or, with events, prints its events, one
// JSON line each. What cannot be used is told too, and then ErrDamaged is
// returned.
func Run(ctx context.Context, w io.Writer, o Object, events bool) error {
	d := decode.New(o.Body, decode.Options{ReadAhead: true, ReaderAt: o.Random, Size: o.Size, Source: o.Source})
	defer func() { _ = d.Close() }() // only ends the reading ahead
	take, finish := tell(w, o)
	if events {
		take, finish = list(w)
	}
	var e decode.Event
	for ctx.Err() == nil {
		err := d.Next(&e)
		if err == nil {
			if err := take(&e); err != nil {
				return err
			}
			continue
		}
		var damaged *decode.Damaged
		if !errors.As(err, &damaged) && !errors.Is(err, io.EOF) {
			return err
		}
		return finish(d, damaged)
	}
	return ctx.Err()
}

// line is a line of `-events`.
type line struct {
	ID      string          `json:"id,omitempty"`
	Time    string          `json:"time,omitempty"`
	Group   string          `json:"group"`
	Stream  string          `json:"stream"`
	Message json.RawMessage `json:"message,omitempty"`
	// Malformed events have their reason and themselves instead.
	Malformed string          `json:"malformed,omitempty"`
	Event     json.RawMessage `json:"event,omitempty"`
}

type (
	taker    = func(*decode.Event) error
	finisher = func(*decode.Decoder, *decode.Damaged) error
)

// list prints events.
func list(w io.Writer) (taker, finisher) {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	bad := false
	take := func(e *decode.Event) error {
		l := line{Group: e.Header.LogGroup, Stream: e.Header.LogStream}
		if e.Malformed != "" {
			bad = true
			l.Malformed, l.Event = e.Malformed, bytes.ToValidUTF8(e.Raw, []byte("\ufffd"))
		} else {
			l.ID, l.Time, l.Message = string(e.ID), stamp(e.Time), e.Message
		}
		return out.Encode(l)
	}
	finish := func(_ *decode.Decoder, damaged *decode.Damaged) error {
		if damaged != nil {
			return errors.Join(ErrDamaged, errors.New(where(damaged)))
		}
		if bad {
			return ErrDamaged
		}
		return nil
	}
	return take, finish
}

func stamp(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z07:00")
}

// where tells a damage and its place.
func where(d *decode.Damaged) string {
	s := d.Reason + "\n  at byte " + number(d.Offset) + " of the plain text"
	if d.ObjectOffset >= 0 {
		s += ", byte " + number(d.ObjectOffset) + " of the object"
	}
	return s + ", at record " + number(d.Record) + ", event " + number(d.Event) + " (counted from 0)"
}

// number writes n with commas.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
