package bulk

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/bulk/bulktest"
	"github.com/rehydrate/rehydrate/internal/run"
)

func TestAnIDThatWouldFailItsNeighboursNeverEnters(t *testing.T) {
	for _, bad := range []string{"", strings.Repeat("1", 513), "a\x00", "a\nb", "\x7f", "\xff"} {
		b := batch(t, 1)
		before := b.Size()
		e := event(1)
		e.ID = []byte(bad)
		if err := b.Add(maker(), e, false); err == nil {
			t.Errorf("id %q: error %v", bad, err)
		}
		if len(b.items) != 1 || b.Size() != before {
			t.Errorf("id %q left something in the batch", bad)
		}
	}
	for _, good := range []string{"1", strings.Repeat("1", 512), `a"\é`} {
		b := batch(t, 1)
		e := event(1)
		e.ID = []byte(good)
		if err := b.Add(maker(), e, false); err != nil {
			t.Errorf("id %q: %v", good, err)
		}
		if got := unquote(b.id(1)); got != good {
			t.Errorf("id %q is kept as %q", good, got)
		}
		if got := string(b.message(1)); got != string(e.Message) {
			t.Errorf("message is kept as %s", got)
		}
	}
}

func TestResetEmptiesABatch(t *testing.T) {
	b := batch(t, 3)
	b.AddMalformed(event(3), "no id")
	b.Tally.Decoded = 4
	if b.start != (run.Place{Offset: 100}) {
		t.Errorf("starts at %+v", b.start)
	}
	b.Reset()
	if len(b.items) != 0 || b.Size() != 0 || len(b.malformed) != 0 || b.start != (run.Place{}) || b.Tally.Decoded != 0 {
		t.Errorf("after Reset it holds %+v", b)
	}
}

func TestABufferThatIsStillReadIsLeftToItsReader(t *testing.T) {
	b := batch(t, 3)
	lines := b.lines
	was := string(lines)
	b.readers.Add(1) // as of a connection that has not closed a request's body
	b.Reset()
	if err := b.Add(maker(), event(9), false); err != nil {
		t.Fatal(err)
	}
	if string(lines) != was {
		t.Error("the bytes under a reader changed")
	}
	if b.stillRead() {
		t.Error("the new buffers have a reader")
	}
}

// lateReader reads the bodies it is given only when asked to, as a connection may
// that had its answer early.
type lateReader struct {
	esapi.Transport
	bodies []io.ReadCloser
	want   []string
}

func (l *lateReader) Perform(r *http.Request) (*http.Response, error) {
	late := r.Body
	again, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(again)
	if err != nil {
		return nil, err
	}
	again.Close()
	l.bodies, l.want = append(l.bodies, late), append(l.want, string(text))
	r.Body = io.NopCloser(bytes.NewReader(text))
	return l.Transport.Perform(r)
}

func TestWhatWasSentStandsUntilItsBodyIsClosed(t *testing.T) {
	for _, gzip := range []bool{false, true} {
		server := bulktest.New(t, replies(bulktest.Reply{Item: func(i int, _ bulktest.Document) *bulktest.Problem {
			if i%2 == 1 {
				return &bulktest.Problem{Status: 429}
			}
			return nil
		}}, bulktest.Reply{Item: func(i int, _ bulktest.Document) *bulktest.Problem {
			if i%2 == 0 {
				return &bulktest.Problem{Status: 429}
			}
			return nil
		}}))
		s, _, until := setup(t, server.URL, Config{Gzip: gzip})
		late := &lateReader{Transport: s.transport}
		s.transport = late
		b := batch(t, 10)
		for i := range 2 {
			if r, err := s.Send(t.Context(), b, until); err != nil || r.Created+r.AlreadyThere != 10 {
				t.Fatalf("%+v, %v", r, err)
			}
			b.Reset()
			if err := b.Add(maker(), event(100+i), false); err != nil {
				t.Fatal(err)
			}
			for k := range 9 {
				if err := b.Add(maker(), event(k), false); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i, body := range late.bodies {
			got, err := io.ReadAll(body)
			if err != nil || string(got) != late.want[i] {
				t.Errorf("gzip %v: the body of request %d changed while it could still be read", gzip, i)
			}
			body.Close()
		}
		if len(late.bodies) != 4 {
			t.Errorf("%d requests", len(late.bodies))
		}
	}
}

func TestReasonsAreGrouped(t *testing.T) {
	for reason, want := range map[string]string{
		"mapper_parsing_exception: failed to parse field [n] of type [long] in document with id 'a'. Preview of field's value: 'b'": "mapper_parsing_exception: failed to parse field [n] of type [long]",
		"document_parsing_exception: [1:35] failed to parse field [n] of type [long] in document with id 'a'":                       "document_parsing_exception: failed to parse field [n] of type [long]",
		"illegal_argument_exception: [x] is wrong": "illegal_argument_exception: [x] is wrong",
		"status 413": "status 413",
	} {
		if got := group(reason); got != want {
			t.Errorf("%q is grouped as %q, want %q", reason, got, want)
		}
	}
}
