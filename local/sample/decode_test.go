package sample_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/settings"
	"github.com/rehydrate/rehydrate/local/sample"
)

// TestDecoderReadsEveryForm holds truth and decoder against each other, object by
// object: ids, times, streams and messages, and what damage leaves.
func TestDecoderReadsEveryForm(t *testing.T) {
	told, err := settings.Read(func(name string) string {
		return map[string]string{"ARCHIVE_BUCKET": "archive", "RUN_BUCKET": "runs"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	o := sample.Default()
	o.Events, o.Forms = 5000, sample.Forms()
	bodies := map[string][]byte{}
	truth, err := sample.Generate(o, func(key string, _ time.Time, body []byte) error {
		bodies[key] = body
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range truth.Objects {
		if object.Skipped {
			continue
		}
		listed := run.Object{Key: object.Key}
		if !object.Begun.IsZero() {
			listed.Time = &object.Begun
		}
		d := decode.New(bytes.NewReader(bodies[object.Key]), decode.Options{
			Size: int64(len(bodies[object.Key])), Source: decode.SourceOf(told, listed),
			ReaderAt: bytes.NewReader(bodies[object.Key]),
		})
		var e decode.Event
		n, malformed := 0, int64(0)
		for {
			err = d.Next(&e)
			if err != nil {
				break
			}
			if e.Malformed != "" {
				malformed++
				continue
			}
			if n == len(object.Events) {
				t.Errorf("%s: more than %d events: %s", object.Key, n, e.Message)
				break
			}
			want := object.Events[n]
			n++
			id := cmp.Or(want.ID, decode.ContentID(want.Stream, want.Time.UnixMilli(), want.Message, want.Before))
			var message string
			if err := json.Unmarshal(e.Message, &message); err != nil {
				t.Fatal(err)
			}
			kind := decode.TimeGiven
			if want.Approximate {
				kind = decode.TimeOfKey
			}
			switch {
			case !want.Placed && string(e.ID) != id, want.Placed && e.IDKind != decode.IDOfPlace:
				t.Errorf("%s: event %d has the id %s, want %s (%+v)", object.Key, n, e.ID, id, want)
			case message != want.Message || e.Time != want.Time.UnixMilli():
				t.Errorf("%s: event %d is %s %q, want %s %q", object.Key, n, time.UnixMilli(e.Time).UTC(), message, want.Time, want.Message)
			case e.Header.LogStream != want.Stream || e.Header.LogGroup != want.Group || e.Header.Owner != want.Owner:
				t.Errorf("%s: event %d is of %+v, want %+v", object.Key, n, e.Header, want)
			case want.Approximate != (e.TimeKind == decode.TimeOfKey):
				t.Errorf("%s: event %d has a time of kind %d, want %d", object.Key, n, e.TimeKind, kind)
			default:
				continue
			}
			break
		}
		if n != len(object.Events) || malformed != object.Malformed {
			t.Errorf("%s (%s): %d events and %d malformed, want %d and %d", object.Key, object.Format, n, malformed, len(object.Events), object.Malformed)
		}
		if damaged := !errors.Is(err, io.EOF); damaged != (object.End == run.Damaged) {
			t.Errorf("%s (%s): ends with %v, want %s", object.Key, object.Format, err, object.End)
		}
		if s := d.Stats(); s.Unverified != object.Unverified {
			t.Errorf("%s (%s): %d unverified, want %d", object.Key, object.Format, s.Unverified, object.Unverified)
		}
	}
}
