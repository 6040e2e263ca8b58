package bulk

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/bulk/bulktest"
	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/run"
)

// bucket is a run bucket in memory.
type bucket map[string][]byte

func (b bucket) Put(_ context.Context, key string, body []byte) error {
	b[key] = bytes.Clone(body)
	return nil
}

func (b bucket) text(t *testing.T, key string) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b[key]))
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	return string(text)
}

func rejects(b Putter) *Rejects {
	return &Rejects{Bucket: b, Run: "r1", Object: run.Location{Bucket: "archive", Key: `2018/"x".gz`}}
}

func TestRejectedDocumentsAreSubscriptionRecords(t *testing.T) {
	server := bulktest.New(t, replies(bulktest.Reply{Item: func(i int, _ bulktest.Document) *bulktest.Problem {
		if i == 0 || i == 2 {
			return &bulktest.Problem{Status: 400, Type: "mapper_parsing_exception", Reason: "failed to parse"}
		}
		return nil
	}}))
	s, _, until := setup(t, server.URL, Config{})
	header := event(0).Header
	b := NewBatch(1 << 10)
	for i := range 4 {
		e := event(i)
		e.Header = header
		if err := b.Add(maker(), e, false); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.Send(t.Context(), b, until)
	if err != nil {
		t.Fatal(err)
	}
	files := bucket{}
	for range 2 { // the same again is written over
		if err := rejects(files).Write(t.Context(), b, &r); err != nil {
			t.Fatal(err)
		}
	}
	want := `{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/g","logStream":"s","subscriptionFilters":["f"],"logEvents":[` +
		`{"id":"` + id(0) + `","timestamp":1544356800000,"message":"message \"0\""},` +
		`{"id":"` + id(2) + `","timestamp":1544356802000,"message":"message \"2\""}` +
		`],"rejected":{"reason":"mapper_parsing_exception: failed to parse","object":"s3://archive/2018/\"x\".gz"}}` + "\n"
	keys := slices.Collect(maps.Keys(files))
	if len(keys) != 1 || !strings.HasPrefix(keys[0], "runs/r1/rejected/refused/") || !strings.HasSuffix(keys[0], "-100-0.json.gz") {
		t.Fatalf("files %q", keys)
	}
	if got := files.text(t, keys[0]); got != want {
		t.Errorf("written\n%swant\n%s", got, want)
	}
}

func TestRejectedEventsCanBeDecodedAgain(t *testing.T) {
	b := batch(t, 3)
	odd := event(3)
	odd.Header = &decode.Header{Owner: "o", LogGroup: "\u00e9\"\n", LogStream: "s"}
	odd.Message = []byte(`"\ud83d\ude00 \"\u0000"`)
	if err := b.Add(maker(), odd, false); err != nil {
		t.Fatal(err)
	}
	broken := event(4)
	broken.Raw = []byte(`{"id":7,"message":"m"}`)
	b.AddMalformed(broken, "the id is no string")
	r := Result{Rejected: []Rejection{{0, "a"}, {1, "b"}, {3, "b"}}}
	files := bucket{}
	if err := rejects(files).Write(t.Context(), b, &r); err != nil {
		t.Fatal(err)
	}
	type kept struct {
		id, message, malformed, group string
		time                          int64
	}
	read := func(folder string) (all []kept) {
		for key := range files {
			if !strings.HasPrefix(key, folder) {
				continue
			}
			d := decode.New(bytes.NewReader(files[key]), decode.Options{})
			for {
				var e decode.Event
				if err := d.Next(&e); errors.Is(err, io.EOF) {
					return all
				} else if err != nil {
					t.Fatal(err)
				}
				all = append(all, kept{string(e.ID), string(e.Message), e.Malformed, e.Header.LogGroup, e.Time})
			}
		}
		return nil
	}
	want := []kept{
		{id(0), `"message \"0\""`, "", "/g", event(0).Time},
		{id(1), `"message \"1\""`, "", "/g", event(1).Time},
		{id(3), `"\ud83d\ude00 \"\u0000"`, "", "\u00e9\"\n", event(3).Time},
	}
	if got := read(run.RefusedFolder("r1")); !reflect.DeepEqual(got, want) {
		t.Errorf("refused events read back as %+v", got)
	}
	if got := read(run.MalformedFolder("r1")); len(got) != 1 || got[0].malformed == "" {
		t.Errorf("malformed events read back as %+v", got)
	}
}

func TestMalformedEventsAreKeptAsTheyStood(t *testing.T) {
	b := NewBatch(1 << 10)
	for _, raw := range []string{`{"id":1}`, `"text"`, `{"rawData":"?"}`} {
		b.AddMalformed(&decode.Event{Raw: []byte(raw), Start: run.Place{Offset: 5, Events: 6}}, "no id")
	}
	if len(b.items) != 0 || len(b.malformed) != 3 || b.Size() == 0 {
		t.Errorf("the batch has %d documents, %d malformed, %d bytes", len(b.items), len(b.malformed), b.Size())
	}
	files := bucket{}
	if err := rejects(files).Write(t.Context(), b, &Result{}); err != nil {
		t.Fatal(err)
	}
	for key := range files {
		text := files.text(t, key)
		if !strings.HasPrefix(key, run.MalformedFolder("r1")) || !strings.HasSuffix(key, "-5-6.json.gz") {
			t.Errorf("key %s", key)
		}
		if !strings.Contains(text, `"logEvents":[{"id":1},"text",{"rawData":"?"}],"rejected":{"reason":"no id"`) || !json.Valid([]byte(text)) {
			t.Errorf("written %s", text)
		}
	}
	if len(files) != 1 {
		t.Errorf("%d files", len(files))
	}
}

func TestNothingRejectedWritesNothing(t *testing.T) {
	files := bucket{}
	if err := rejects(files).Write(t.Context(), batch(t, 3), &Result{Created: 3}); err != nil || len(files) != 0 {
		t.Errorf("%d files, %v", len(files), err)
	}
}

type fullBucket struct{}

func (fullBucket) Put(context.Context, string, []byte) error { return errors.New("no room") }

func TestRejectsNameTheFileThatCannotBeWritten(t *testing.T) {
	err := rejects(fullBucket{}).Write(t.Context(), batch(t, 1), &Result{Rejected: []Rejection{{0, "x"}}})
	if err == nil || !strings.Contains(err.Error(), "runs/r1/rejected/refused/") {
		t.Errorf("error %v", err)
	}
}
