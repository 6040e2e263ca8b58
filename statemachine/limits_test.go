package statemachine

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/lambdas/restore"
	"github.com/rehydrate/rehydrate/lambdas/start"
	"github.com/rehydrate/rehydrate/local/asl"
)

// mostCalls is how many calls the definition allows one object.
const mostCalls = 140

// mostRestores is how many calls of the restore Lambda a run has.
const mostRestores = restore.MostCalls

// attempts is how often a Task is called at most each time it is entered: once,
// and again for every retry of every retrier.
func attempts(t *testing.T, task string) int {
	t.Helper()
	n := 1
	for _, r := range retriers(t)[task] {
		n += int(r["MaxAttempts"].(float64))
	}
	return n
}

// TestHistoryOfAChild: however big an object, its execution has at most 25,000
// events, even if every retry is used up before every call.
//
//	start and end                               2
//	each call: entered and left                 2
//	           each attempt                     3 × 47 = 141
//	How did it end? entered and left            2
//	Too many calls, Explain failure             4
//	Not indexed                                 1
//	140 calls                                   140 × 145 + 7 = 20,307
//
// 140 calls of 14 minutes are 32 hours. At 1 MB/s, far below what was measured,
// that is an object of 117 GB of plain text; Firehose makes objects of 128 MB.
func TestHistoryOfAChild(t *testing.T) {
	call := 2 + 3*attempts(t, "Index object") + 2
	most := 2 + mostCalls*call + 4 + 1
	if most != 20_307 || most > asl.MaxEvents {
		t.Errorf("a child can have %d events; correct the arithmetic above", most)
	}
	if bytes := mostCalls * 14 * 60 * 1e6; bytes < 100*128e6 {
		t.Errorf("objects of %v bytes cannot be indexed", bytes)
	}

	synctest.Test(t, func(t *testing.T) {
		// Every error that is retried, as often as it is retried, before each call.
		var script []error
		for _, r := range retriers(t)["Index object"] {
			for i := range int(r["MaxAttempts"].(float64)) {
				names := r["ErrorEquals"].([]any)
				script = append(script, fault(names[i%len(names)].(string), "again"))
			}
		}
		s := newStage(1)
		s.plan.ToleratedFailurePercentage = 100
		try, calls := 0, 0
		s.index = func(r run.IndexRequest) (run.Work, error) {
			if try++; try <= len(script) {
				return run.Work{}, script[try-1]
			}
			try = 0
			calls++
			r.Work.Outcome.End = run.More
			r.Work.Outcome.Calls++
			return r.Work, nil
		}
		if _, err := s.run(t); err != nil {
			t.Fatal(err)
		}
		child := s.ended[0]
		if calls != mostCalls || child.Error != "TooManyCalls" || child.Events != most {
			t.Errorf("%d calls, %d events, ended with %s: %.300s; want %d calls, %d events", calls, child.Events, child.Error, child.Cause, mostCalls, most)
		}
	})
}

// TestHistoryOfARun: it does not grow with the number of objects, since children
// have histories of their own.
//
//	start and end                                          2
//	List, Prepare, Report: 2 + 3 for each attempt          2 + 3×30, 2 + 3×30, 2 + 3×58
//	(a plan has Look at cluster instead of the last two)
//	Anything to index?, to restore?, Complete?             6
//	Index objects                                          4
//	Complete or Incomplete                                 2
//	Restore objects, Anything to restore? and Wait         200 × (2 + 3×30 + 2 + 2)
func TestHistoryOfARun(t *testing.T) {
	most := 2 + 6 + 4 + 2 + mostRestores*(2+3*attempts(t, "Restore objects")+2+2)
	for _, task := range []string{"List objects", "Prepare index", "Report"} {
		most += 2 + 3*attempts(t, task)
	}
	if most != 374+19_200 || most > asl.MaxEvents {
		t.Errorf("a run can have %d events; correct the arithmetic above", most)
	}
}

// TestChildrenAtOnce: a request cannot ask for more than Step Functions allows.
func TestChildrenAtOnce(t *testing.T) {
	if run.MaxConcurrencyLimit > asl.MaxChildren {
		t.Errorf("a request may ask for %d children at once, Step Functions allows %d", run.MaxConcurrencyLimit, asl.MaxChildren)
	}
}

// The largest values that pass through state.

func largestFilter() run.Filter {
	// 4,096 bytes in all, each of which JSON writes as six at worst.
	return run.Filter{Message: []string{strings.Repeat("\x01", 4096)}}
}

// largestObject has a key of 1,024 bytes.
func largestObject(of string) run.Object {
	now := time.Now()
	return run.Object{
		Bucket: strings.Repeat("b", 63), Key: strings.Repeat(of, 1024/len(of)), Size: 1 << 50, ETag: `"` + strings.Repeat("e", 40) + `"`,
		StorageClass: "INTELLIGENT_TIERING", Restored: true, Time: &now,
	}
}

// largestOutcome holds texts and names of one character again and again.
func largestOutcome(of string) run.Outcome {
	now := time.Now()
	long := strings.Repeat(of, 2000)
	name := strings.Repeat(of, 244/len(of)) // the longest prefix of an index
	o := run.Outcome{First: &now, Last: &now}
	o.Add(run.Outcome{
		End: run.More, Reason: long, Damage: &run.Damage{Reason: long, ObjectOffset: 1 << 50}, Ms: 1 << 50, Calls: mostCalls,
		Counts: run.Counts{Decoded: 1 << 50, OutOfRange: 1 << 50, Filtered: 1 << 50, Malformed: 1 << 50, Rejected: 1 << 50, Created: 1 << 50, AlreadyThere: 1 << 50, InDoubt: 1 << 50},
	})
	for i := range 1000 {
		o.CountIndex(fmt.Sprintf("%s-%010d", name, i), run.IndexCounts{Documents: 1e9, Rejected: 1e9, Created: 1e9, AlreadyThere: 1e9})
		o.CountHour(now.Add(time.Duration(i)*time.Hour), 1e9)
		o.CountRejection(fmt.Sprintf("%d %s", i, long), 1e9)
		o.CountMalformation(fmt.Sprintf("%d %s", i, long), 1e9)
		o.CountLag(i%7, 1<<40)
	}
	return o
}

// TestPayloads: 262,144 bytes may pass from state to state. What can be large
// are the filters, 6 × 4,096 bytes each, and what came of an object.
func TestPayloads(t *testing.T) {
	name := strings.Repeat("n", 80)
	lines := make([]string, 20)
	for i := range lines {
		lines[i] = strings.Repeat("p", 1024)
	}
	caught := run.Caught{Error: strings.Repeat("e", 256), Cause: strings.Repeat(`"`, asl.MaxCause)}
	for _, c := range []struct {
		what  string
		value any
		most  int
	}{
		{"the plan, with how the map ended", struct {
			run.Plan
			Map run.Caught `json:"map"`
		}{run.Plan{Run: name, Execution: strings.Repeat("a", 300), Include: largestFilter(), Exclude: largestFilter(), Prefixes: lines, Notes: lines}, caught}, 160_000},
		{"an object's work, with an error", struct {
			Work    run.Work   `json:"work"`
			Attempt int        `json:"attempt"`
			Error   run.Caught `json:"error"`
		}{run.Work{Run: name, Include: largestFilter(), Exclude: largestFilter(), Object: largestObject("é"), Outcome: largestOutcome("é")}, 99, caught}, 150_000},
	} {
		b, err := json.Marshal(c.value)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > c.most || len(b) > asl.MaxPayload {
			t.Errorf("%s can have %d bytes", c.what, len(b))
		}
	}
}

// TestCauseOfAChild: the Cause of a Fail state may have 32,768 characters, which
// AWS may count as they are escaped. Into it go object, outcome and the Lambda's own
// cause, which is a string with JSON inside and so is escaped twice.
func TestCauseOfAChild(t *testing.T) {
	for _, of := range []string{"k", "é", "木", "🍣", `"`} {
		s := newStage(1)
		s.plan.ToleratedFailurePercentage = 100
		calls := 0
		s.index = func(r run.IndexRequest) (run.Work, error) {
			if calls++; calls > 1 {
				return run.Work{}, fault(run.Denied, run.Cut(strings.Repeat(of, 5000), start.MaxMessage))
			}
			r.Work.Object, r.Work.Outcome = largestObject(of), largestOutcome(of)
			r.Work.Outcome.Calls = calls
			return r.Work, nil
		}
		if _, err := s.run(t); err != nil {
			t.Fatal(err)
		}
		child := s.ended[0]
		written := 0
		for _, c := range child.Cause {
			switch {
			case c >= 0x10000:
				written += 12
			case c >= 0x80:
				written += 6
			default:
				written++
			}
		}
		// The Lambda's own cause may have been escaped before: \\uXXXX.
		written += start.MaxMessage / 6
		if child.Error != run.Denied || written > asl.MaxCause {
			t.Errorf("of %s: it ended with %s and a cause of %d characters: %.300s", of, child.Error, written, child.Cause)
		}
	}
}

// TestCauseOfARun: the summary is one of at most ten sentences.
func TestCauseOfARun(t *testing.T) {
	s := newStage(1)
	s.summary = run.Summary{Run: strings.Repeat("n", 80), Verdict: strings.Repeat("v", 1000), Report: strings.Repeat("r", 200), Page: strings.Repeat("p", 200)}
	for range 10 {
		s.summary.Findings = append(s.summary.Findings, strings.Repeat(`"`, 1000))
	}
	_, err := s.run(t)
	var ended *asl.ExecutionError
	if !errors.As(err, &ended) || ended.Name != "Incomplete" {
		t.Errorf("it ended with %.300v", err)
	}
}
