package files

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/run"
)

// bucket keeps what is put, unpacked.
type bucket map[string]string

func (b bucket) Put(_ context.Context, key string, body []byte) error {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(z)
	b[key] = string(text)
	return err
}

func event(id string, ms int64) *decode.Event {
	return &decode.Event{Header: &decode.Header{LogGroup: "g", LogStream: "s"}, ID: []byte(id), Time: ms, Message: []byte(`"m"`)}
}

// Events lie by the hour of their own time, in the order in which they came, in a
// file that is named by the object and the place.
func TestFilesByHour(t *testing.T) {
	b := bucket{}
	w := NewWriter(b, "r", run.Location{Bucket: "archive", Key: "k"}, run.Place{Offset: 7, Events: 2}, Usual(), NewBuffers())
	for _, e := range []*decode.Event{
		event("1", 0), event("2", 3_600_000), event("3", 3_599_999), event("4", -1), event("5", -3_600_000), event("6", 1), event("7", -3_600_001),
	} {
		w.Add(e)
	}
	done, err := w.Flush(t.Context(), run.Place{Offset: 9})
	if err != nil || done.Events != 7 || done.Files != 4 || done.Bytes == 0 {
		t.Errorf("%+v, %v", done, err)
	}
	ids := map[string]string{}
	for key, text := range b {
		for line := range strings.Lines(text) {
			_, rest, _ := strings.Cut(line, `"id":"`)
			id, _, _ := strings.Cut(rest, `"`)
			ids[key] += id
		}
	}
	const name = "-00-00-1cbe6430bf30e657-7-2.jsonl.gz"
	want := map[string]string{
		"runs/r/events/1970-01-01/00/events-1970-01-01-00" + name: "136", "runs/r/events/1970-01-01/01/events-1970-01-01-01" + name: "2",
		"runs/r/events/1969-12-31/23/events-1969-12-31-23" + name: "45", "runs/r/events/1969-12-31/22/events-1969-12-31-22" + name: "7",
	}
	if !maps.Equal(ids, want) {
		t.Errorf("%v\nwant %v", ids, want)
	}
	if again, err := w.Flush(t.Context(), run.Place{Offset: 10}); err != nil || again != (Written{}) {
		t.Errorf("a section without events: %+v, %v", again, err)
	}
}

// deaf takes nothing, but may look at what it was to take for longer.
type deaf struct{ offered [][]byte }

func (d *deaf) Put(_ context.Context, _ string, body []byte) error {
	d.offered = append(d.offered, body)
	return errors.New("connection reset")
}

// A writer that takes over the memory of another writes what it would write with its
// own, whatever the other left behind; and what could not be put stays as it was.
func TestBuffersAreTakenOver(t *testing.T) {
	write := func(to Putter, b *Buffers, key string, flush bool) {
		w := NewWriter(to, "r", run.Location{Bucket: "archive", Key: key}, run.Place{}, Usual(), b)
		for i := range 5 {
			w.Add(event(key+strconv.Itoa(i), int64(i)*1_800_000))
		}
		if flush {
			_, _ = w.Flush(t.Context(), run.Place{Offset: 1})
		}
	}
	kept, got, want, lost := NewBuffers(), bucket{}, bucket{}, &deaf{}
	write(got, kept, "first", true)
	write(got, kept, "stopped", false)
	write(lost, kept, "failed", true)
	if len(lost.offered) != 1 {
		t.Fatalf("%d files were offered, want one", len(lost.offered))
	}
	before := bytes.Clone(lost.offered[0])
	write(got, kept, "last", true)
	write(want, NewBuffers(), "first", true)
	write(want, NewBuffers(), "last", true)
	if !maps.Equal(got, want) {
		t.Errorf("%v\nwant %v", got, want)
	}
	if !bytes.Equal(lost.offered[0], before) {
		t.Error("what a connection may still read was written over")
	}
}
