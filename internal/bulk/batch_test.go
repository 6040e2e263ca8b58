package bulk

import (
	"errors"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

func TestAnIDThatWouldFailItsNeighboursNeverEnters(t *testing.T) {
	for _, bad := range []string{"", strings.Repeat("1", 513), "a\x00", "a\nb", "\x7f", "\xff"} {
		b := batch(t, 1)
		before := b.Size()
		e := event(1)
		e.ID = []byte(bad)
		if err := b.Add(maker(), e, false); !errors.Is(err, ErrID) {
			t.Errorf("id %q: error %v", bad, err)
		}
		if b.Len() != 1 || b.Size() != before {
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
	if b.Start() != (run.Place{Offset: 100}) {
		t.Errorf("starts at %+v", b.Start())
	}
	b.Reset()
	if b.Len() != 0 || b.Size() != 0 || b.Malformed() != 0 || b.Start() != (run.Place{}) || b.Tally.Decoded != 0 {
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
