package report

import (
	"maps"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

// again is a retry of the run of w, in the same bucket and on the same cluster,
// that has listed nothing yet.
func (w *fixture) again(name string) *fixture {
	next := newFixture(w.t, name)
	next.files, next.cluster = w.files, w.cluster
	next.plan.Retry = w.plan.Run
	next.prepared = w.prepared
	next.prepared.Indices = nil
	for index, n := range w.cluster {
		next.prepared.Indices = append(next.prepared.Indices, run.IndexCount{Index: index, Documents: &n})
	}
	return next
}

// finish builds the report and writes it.
func (w *fixture) finish() *Report {
	w.t.Helper()
	r := w.build()
	if err := r.Write(w.t.Context(), w.input().Folder); err != nil {
		w.t.Fatal(err)
	}
	return r
}

// replay lists rejected events of the earlier run.
func (w *fixture) replay() run.Object {
	o := run.Object{Bucket: "runs", Key: run.RefusedFolder(w.plan.Retry) + "one", Size: 100, ETag: `"r"`}
	w.objects = append(w.objects, o)
	return o
}

func TestChainResolvesStepByStep(t *testing.T) {
	w := newFixture(t, "first")
	w.whole(1)
	damaged, archived, throttled, refused := w.list(at(10, 5, 30)), w.list(at(10, 6, 30)), w.list(at(10, 7, 30)), w.list(at(10, 8, 30))
	pending, missing := w.list(at(10, 9, 30)), w.list(at(10, 9, 40))
	w.succeeded(damaged, damagedOutcome(damaged))
	w.succeeded(archived, run.Outcome{End: run.Archived, Reason: "restore it", Calls: 1})
	partial := read(throttled, 6)
	partial.End, partial.Malformed, partial.Decoded = run.More, 1, 7
	partial.CountMalformation("no id", 1)
	w.failed(throttled, run.Throttled, "slow down", partial)
	out := read(refused, 7)
	count(&out, at(10, 8, 30), 3, run.Counts{Rejected: 3})
	out.CountRejection("mapper_parsing_exception", 3)
	w.succeeded(refused, out)
	w.pending(pending)
	first := w.finish()
	if first.Chain != nil || first.Complete {
		t.Fatalf("first run: chain %v, complete %v", first.Chain, first.Complete)
	}
	if first.Problems.Objects != 5 {
		t.Errorf("%d problems, want 5", first.Problems.Objects)
	}

	// The second run tries all but the damaged object; one is still archived, and
	// one of three rejected events is rejected again.
	w2 := w.again("second")
	w2.objects = append(w2.objects, archived, throttled, pending, missing)
	w2.succeeded(archived, run.Outcome{End: run.Archived, Reason: "restore it", Calls: 1})
	for _, o := range []run.Object{throttled, pending, missing} {
		out := read(o, 4)
		if o.Key == throttled.Key {
			count(&out, *o.Time, 6, run.Counts{AlreadyThere: 6})
			out.Malformed, out.Decoded = 1, out.Decoded+1
			out.CountMalformation("no id", 1)
		}
		w2.succeeded(o, out)
	}
	replay := w2.replay()
	out = run.Outcome{End: run.Indexed, Calls: 1}
	count(&out, at(10, 8, 30), 3, run.Counts{Created: 2, Rejected: 1})
	out.Lag = nil
	out.CountRejection("mapper_parsing_exception", 1)
	w2.succeeded(replay, out)
	second := w2.finish()
	c := second.Chain
	if !maps.Equal(c.Resolved, map[run.End]int64{run.NotIndexed: 1, run.NeverStarted: 1, run.NoResult: 1}) ||
		!maps.Equal(c.Open, map[run.End]int64{run.Damaged: 1, run.Archived: 1}) {
		t.Errorf("resolved %v, open %v", c.Resolved, c.Open)
	}
	if c.RejectedBefore != 3 || c.RejectedOpen != 1 || c.Malformed != 1 || c.Complete {
		t.Errorf("rejected %d, then %d, malformed %d, complete %v", c.RejectedBefore, c.RejectedOpen, c.Malformed, c.Complete)
	}
	if len(c.Runs) != 2 || c.Created != first.Events.Created+second.Events.Created {
		t.Errorf("%d runs that created %d", len(c.Runs), c.Created)
	}
	want := "Over 2 runs, still open: 1 object damaged, 1 object archived, 1 rejected event and 1 malformed event, " +
		"which can never be indexed; this one resolved 3 objects and 2 rejected events."
	if c.Verdict != want {
		t.Errorf("verdict %q, want %q", c.Verdict, want)
	}
	if strings.Contains(allFindings(second), "contradict") {
		t.Errorf("findings:\n%s", allFindings(second))
	}

	// The third retries the second, where all is repaired, the damaged object too:
	// it is another one now.
	w3 := w2.again("third")
	damaged.ETag = `"repaired"`
	w3.objects = append(w3.objects, archived, damaged)
	w3.succeeded(archived, read(archived, 10))
	w3.succeeded(damaged, read(damaged, 10))
	replay = w3.replay()
	out = run.Outcome{End: run.Indexed, Calls: 1}
	count(&out, at(10, 8, 30), 1, run.Counts{Created: 1})
	w3.succeeded(replay, out)
	third := w3.finish()
	if third.Complete || len(third.Chain.Runs) != 3 || third.Problems.Objects != 0 || third.Chain.Runs[2].Complete {
		t.Errorf("third run: %s (%d runs, %d problems)", third.Verdict, len(third.Chain.Runs), third.Problems.Objects)
	}
	if want := "Incomplete: earlier runs left 1 malformed event, which can never be indexed."; third.Verdict != want {
		t.Errorf("verdict %q, want %q", third.Verdict, want)
	}
	if want := "Over 3 runs, still open: 1 malformed event, which can never be indexed; this one resolved 2 objects and 1 rejected event."; third.Chain.Verdict != want {
		t.Errorf("verdict %q, want %q", third.Chain.Verdict, want)
	}
}

// What is wrong with a run beyond its objects is not resolved by trying objects
// again, however often.
func TestChainBeyondObjects(t *testing.T) {
	w := newFixture(t, "first")
	w.whole(1)
	w.cluster["ecs-task-2018-12-11"] -= 3
	w.finish()
	w2 := w.again("second")
	second := w2.finish()
	w3 := w2.again("third")
	third := w3.finish()
	for _, r := range []*Report{second, third} {
		if r.Complete || r.Kind != KindIncomplete || r.Verdict != "Incomplete: earlier runs left documents missing from the cluster." {
			t.Errorf("%s: %s %s", r.Run, r.Kind, r.Verdict)
		}
		if r.Chain.Complete || !strings.Contains(r.Chain.Verdict, "documents missing from the cluster") ||
			!strings.Contains(r.Chain.Verdict, "run over the same range once more") {
			t.Errorf("%s: %s", r.Run, r.Chain.Verdict)
		}
	}
	if len(third.Chain.Beyond) != 1 {
		t.Errorf("what is wrong is told more than once: %v", third.Chain.Beyond)
	}
}

func TestChainComplete(t *testing.T) {
	w := newFixture(t, "first")
	w.whole(1)
	o := w.list(at(10, 5, 30))
	w.failed(o, run.Unavailable, "no answer", run.Outcome{})
	w.finish()
	w2 := w.again("second")
	w2.objects = append(w2.objects, o)
	w2.succeeded(o, read(o, 10))
	r := w2.finish()
	if !r.Complete || !r.Chain.Complete ||
		r.Chain.Verdict != "Over 2 runs, everything is indexed: this one resolved 1 object and 0 rejected events." {
		t.Errorf("complete %v, chain %+v", r.Complete, r.Chain)
	}
}

func TestChainWithoutReport(t *testing.T) {
	w := newFixture(t, "first")
	w2 := w.again("second")
	w2.whole(1)
	r := w2.finish()
	if want := "Over 1 run, what is still open cannot be told: run first has no report."; r.Chain.Verdict != want || r.Chain.Complete {
		t.Errorf("chain %+v, want verdict %q", r.Chain, want)
	}
}

func TestNothingToRetry(t *testing.T) {
	w := newFixture(t, "first")
	w.whole(1)
	w.finish()
	r := w.again("second").finish()
	if !r.Complete || !r.Chain.Complete || !strings.HasPrefix(r.Verdict, "Nothing to do: run first left no object") {
		t.Errorf("%v: %s %s", r.Complete, r.Verdict, r.Chain.Verdict)
	}
}
