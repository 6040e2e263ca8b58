package decode

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// readAll reads an object with the decoder itself.
func readAll(t testing.TB, r io.Reader, o Options) (read, Stats, error) {
	t.Helper()
	d := New(r, o)
	defer d.Close()
	out := read{Damage: -1}
	var e Event
	err := d.Next(&e)
	for ; err == nil; err = d.Next(&e) {
		out.Events = append(out.Events, kept(&e))
	}
	var damaged *Damaged
	if errors.As(err, &damaged) {
		out.Damage = damaged.Offset
	}
	s := d.Stats()
	out.Records, out.ControlRecords, out.Recovered, out.Repaired = s.Records, s.ControlRecords, s.Recovered, s.Repaired
	return out, s, err
}

func kept(e *Event) readEvent {
	return readEvent{
		Group: e.Header.LogGroup, Stream: e.Header.LogStream, Owner: e.Header.Owner,
		Filters: strings.Join(e.Header.SubscriptionFilters, "|"),
		ID:      string(e.ID), Message: string(e.Message), Raw: string(e.Raw),
		Malformed: e.Malformed, Time: e.Time, Repaired: e.Repaired, Start: e.Start,
	}
}

// random gives options for random access to b.
func random(b []byte) Options {
	return Options{ReaderAt: bytes.NewReader(b), Size: int64(len(b))}
}

// byteReader gives a few bytes at a time.
type byteReader struct {
	r io.Reader
	n int
}

func (b byteReader) Read(p []byte) (int, error) { return b.r.Read(p[:min(len(p), b.n)]) }
