package bulk

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/bulk/bulktest"
	"github.com/rehydrate/rehydrate/internal/run"
)

// pump sends n documents through a pipe in batches of per, each with its number
// as Place, and tells what was settled.
func pump(t *testing.T, s *Sender, inFlight, n, per int, until time.Time, settle Settle) error {
	t.Helper()
	p := NewPipe(s, inFlight, 1<<10, settle)
	b := p.Batch()
	for i := range n {
		if err := b.Add(maker(), event(i), false); err != nil {
			t.Fatal(err)
		}
		if len(b.items) < per && i < n-1 {
			continue
		}
		b.Tally.Place.Events = int64(i + 1)
		var err error
		if b, err = p.Submit(t.Context(), b, until); err != nil {
			return errors.Join(err, p.Drain())
		}
	}
	return p.Drain()
}

func TestPipeSettlesInOrder(t *testing.T) {
	// The first request is held back until two others were made.
	hold := make(chan struct{})
	server := bulktest.New(t, func(n int, _ []bulktest.Document) bulktest.Reply {
		switch n {
		case 0:
			return bulktest.Reply{Hold: hold}
		case 2:
			close(hold)
		}
		return bulktest.Reply{}
	})
	s, _, until := setup(t, server.URL, Config{InFlight: 3})
	var order []int64
	var total run.Outcome
	err := pump(t, s, 3, 100, 10, until, func(b *Batch, r Result, err error) error {
		order = append(order, b.Tally.Place.Events)
		if b.start.Events != b.Tally.Place.Events-10 {
			t.Errorf("a batch that ends at %d starts at %d", b.Tally.Place.Events, b.start.Events)
		}
		r.Count(&total)
		r.CountEffort(&total)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(order) != "[10 20 30 40 50 60 70 80 90 100]" {
		t.Errorf("settled %v", order)
	}
	if total.Created != 100 || total.Requests != 10 || total.Indices["logs-2018-12-09"].Created != 50 {
		t.Errorf("counted %+v", total)
	}
}

func TestPipeTellsOfBatchesBehindOneThatFailed(t *testing.T) {
	server := bulktest.New(t, func(_ int, documents []bulktest.Document) bulktest.Reply {
		if strings.TrimLeft(documents[0].ID, "0") == "20" { // the third batch
			return bulktest.Reply{Whole: &bulktest.Problem{Status: 403, Type: "security_exception"}}
		}
		return bulktest.Reply{}
	})
	s, _, until := setup(t, server.URL, Config{InFlight: 2})
	var resume, reached int64
	var faults int
	err := pump(t, s, 2, 100, 10, until, func(b *Batch, r Result, err error) error {
		reached = b.Tally.Place.Events
		if err != nil {
			faults++
		}
		if faults == 0 {
			resume = b.Tally.Place.Events
		}
		return err
	})
	var fault *run.Fault
	if !errors.As(err, &fault) || fault.Name != run.Denied {
		t.Errorf("error %v", err)
	}
	if resume != 20 || reached < 30 || reached > 40 || faults != 1 {
		t.Errorf("goes on at %d, sent up to %d, %d faults", resume, reached, faults)
	}
	for i := range 100 {
		if index := fmt.Sprintf("logs-2018-12-%02d", 9+i%2); server.Has(index, id(i)) && int64(i) >= reached {
			t.Errorf("document %d is there, but nobody was told that it was sent", i)
		}
	}
}

func TestPipeUsesItsBatchesAgain(t *testing.T) {
	server := bulktest.New(t, nil)
	s, _, until := setup(t, server.URL, Config{InFlight: 2})
	seen := map[*Batch]bool{}
	if err := pump(t, s, 2, 200, 2, until, func(b *Batch, _ Result, err error) error {
		seen[b] = true
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(seen) > 3 {
		t.Errorf("%d batches for 2 under way", len(seen))
	}
	if n := len(server.Documents()["logs-2018-12-09"]); n != 100 {
		t.Errorf("%d documents, want 100", n)
	}
}

func TestFailedSettlingEndsSubmission(t *testing.T) {
	server := bulktest.New(t, nil)
	s, _, until := setup(t, server.URL, Config{})
	full := errors.New("no room for rejected events")
	settled := 0
	err := pump(t, s, 1, 100, 10, until, func(*Batch, Result, error) error {
		settled++
		return full
	})
	if !errors.Is(err, full) || settled > 2 || server.Requests() != settled {
		t.Errorf("error %v, %d of %d requests settled", err, settled, server.Requests())
	}
}

// An object often has less than a batch: what the pipes of a sender need is made
// once, and what a huge event has blown up is not kept.
func TestPipesShareTheirBatches(t *testing.T) {
	server := bulktest.New(t, nil)
	s, _, until := setup(t, server.URL, Config{InFlight: 2})
	used := map[*Batch]bool{}
	settle := func(b *Batch, _ Result, err error) error {
		used[b] = true
		return err
	}
	for range 20 {
		if err := pump(t, s, 2, 40, 10, until, settle); err != nil {
			t.Fatal(err)
		}
	}
	if len(used) > 3 {
		t.Errorf("%d batches were made, 2 can be under way and 1 filled", len(used))
	}

	p := NewPipe(s, 2, 1<<10, settle)
	b := p.Batch()
	huge := event(0)
	huge.Message = []byte(`"` + strings.Repeat("x", 1<<20) + `"`)
	if err := b.Add(maker(), huge, false); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Submit(t.Context(), b, until); err != nil {
		t.Fatal(err)
	}
	if err := p.Drain(); err != nil {
		t.Fatal(err)
	}
	for _, kept := range s.spares.free {
		if kept == b || kept.Size() != 0 || len(kept.items) != 0 {
			t.Errorf("a batch of %d documents with room for %d bytes is kept", len(kept.items), cap(kept.lines))
		}
	}
}
