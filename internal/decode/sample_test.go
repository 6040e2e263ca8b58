package decode

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/sample"
)

// TestSampleArchive holds the decoder to what a whole archive's maker knows.
func TestSampleArchive(t *testing.T) {
	bodies := map[string][]byte{}
	truth, err := sample.Generate(sample.Default(), func(key string, _ time.Time, body []byte) error {
		bodies[key] = body
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range truth.Objects {
		if o.Skipped {
			continue
		}
		body := bytes.NewReader(bodies[o.Key])
		d := New(body, Options{ReaderAt: body, Size: int64(body.Len()), ReadAhead: true})
		var e Event
		var events, malformed int64
		var err error
		for err = d.Next(&e); err == nil; err = d.Next(&e) {
			if e.Malformed != "" {
				malformed++
				continue
			}
			if events < int64(len(o.Events)) {
				want := o.Events[events]
				if string(e.ID) != want.ID || e.Time != want.Time.UnixMilli() || jsonscan.Text(e.Message[1:len(e.Message)-1]) != want.Message ||
					e.Header.LogGroup != want.Group || e.Header.LogStream != want.Stream || e.Header.Owner != want.Owner {
					t.Fatalf("%s (%s): event %d is %s %d %s, want %+v", o.Key, o.Format, events, e.ID, e.Time, e.Message, want)
				}
			}
			events++
		}
		var damaged *Damaged
		end := run.Indexed
		if errors.As(err, &damaged) {
			end = run.Damaged
		} else if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", o.Key, err)
		}
		s := d.Stats()
		if end != o.End || events != int64(len(o.Events)) || malformed != o.Malformed ||
			s.Records != o.Records || s.ControlRecords != o.ControlRecords || s.Recovered != o.Recovered ||
			s.Unverified != o.Unverified || s.Repaired != o.Repaired {
			t.Errorf("%s (%s, %v): %s, %d events, %d malformed, %+v; want %s, %d events, %+v", o.Key, o.Format, d.Layers(), end, events, malformed, s, o.End, len(o.Events),
				[]int64{o.Malformed, o.Records, o.ControlRecords, o.Recovered, o.Unverified, o.Repaired})
		}
		d.Close()
	}
}
