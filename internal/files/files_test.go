package files

import (
	"bytes"
	"context"
	"io"
	"maps"
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
	w := NewWriter(b, "r", run.Location{Bucket: "archive", Key: "k"}, run.Place{Offset: 7, Events: 2}, Usual())
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
