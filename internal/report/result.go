package report

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

// result is what a record says about an object.
type result struct {
	object    run.Object
	class     run.End
	error     string
	reason    string
	execution string
	// outcome is nil where nothing is known of it.
	outcome *run.Outcome
}

// explained is the cause of a child that failed, as the state "Explain failure"
// puts it together. Nothing in it can be relied upon: a cause may be any text.
type explained struct {
	Object  run.Object
	Error   string
	Cause   string
	Outcome *run.Outcome
}

// lambdaCause is the cause of a failed Lambda.
type lambdaCause struct {
	ErrorMessage string `json:"errorMessage"`
	ErrorType    string `json:"errorType"`
}

// maxReasonBytes keeps a stack trace from filling the report.
const maxReasonBytes = 600

// result reads the record. Its second value is false where the record names no
// object.
func (r record) result() (result, bool) {
	res := result{execution: r.ExecutionArn}
	var object run.Object
	if json.Unmarshal(objectOf(r.Input), &object) == nil {
		res.object = object
	}
	switch r.Status {
	case "SUCCEEDED":
		res.succeeded(r.Output)
	case "PENDING":
		res.class = run.NeverStarted
		res.reason = "the map ended before the object's turn came"
	default:
		res.failed(r)
	}
	return res, res.object.Key != ""
}

func (res *result) succeeded(output string) {
	var o run.Outcome
	if err := json.Unmarshal([]byte(output), &o); err != nil {
		res.class = run.NoResult
		res.reason = "its child succeeded, but its output is no outcome: " + err.Error()
		return
	}
	res.outcome = &o
	res.reason = o.Reason
	if o.Damage != nil && res.reason == "" {
		res.reason = o.Damage.Reason
	}
	switch o.End {
	case run.Indexed, run.Damaged, run.Archived, run.Gone, run.Changed, run.Capped:
		res.class = o.End
	default:
		res.class = run.NoResult
		res.reason = "its child succeeded, but with the end " + strconv.Quote(string(o.End)) + ", which is none"
	}
	if res.class != run.Indexed && res.reason == "" {
		res.reason = "no reason was given"
	}
}

func (res *result) failed(r record) {
	res.class, res.error, res.reason = run.NotIndexed, r.Error, r.Cause
	var e explained
	if json.Unmarshal([]byte(r.Cause), &e) == nil && (e.Object.Key != "" || e.Error != "" || e.Cause != "") {
		if res.object.Key == "" {
			res.object = e.Object
		}
		if e.Error != "" {
			res.error = e.Error
		}
		res.reason, res.outcome = e.Cause, e.Outcome
	}
	var l lambdaCause
	if json.Unmarshal([]byte(res.reason), &l) == nil && l.ErrorMessage != "" {
		res.reason = l.ErrorMessage
		if res.error == "" {
			res.error = l.ErrorType
		}
	}
	if res.error == "" {
		res.error = map[string]string{"TIMED_OUT": "States.Timeout", "ABORTED": "Aborted"}[r.Status]
	}
	if res.error == "" {
		res.error = "unnamed"
	}
	if res.reason == "" {
		switch r.Status {
		case "TIMED_OUT":
			res.reason = "its child ran out of time"
		case "ABORTED":
			res.reason = "its child was stopped"
		default:
			res.reason = "no cause was given"
		}
	}
	res.reason = cut(res.reason, maxReasonBytes)
}

// cut shortens s to at most n bytes and an ellipsis, without breaking a
// character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// take enters one record everywhere it counts.
func (b *builder) take(ctx context.Context, r record) error {
	res, ok := r.result()
	if res.object.Bucket == b.in.Settings.ArchiveBucket {
		res.object.Bucket = ""
	}
	if !ok {
		b.faults.add(&b.faults.nameless, "%s %s", r.Status, r.ExecutionArn)
		return nil
	}
	switch entry, before := b.ledger.end(res.object, res.class); entry {
	case stranger:
		b.faults.add(&b.faults.strangers, "%s", res.object.Key)
		return nil
	case again:
		b.faults.add(&b.faults.twice, "%s", res.object.Key)
		if before != run.Indexed {
			return nil
		}
		return b.problem(ctx, result{object: res.object, class: run.Twice, reason: "more than one result names the object", execution: res.execution})
	}
	if res.class == run.NotIndexed || res.class == run.NoResult {
		b.tally.UnknownAfter++
	}
	if res.outcome != nil {
		if sums := checkOutcome(*res.outcome); len(sums) > 0 {
			b.faults.add(&b.faults.sums, "%s: %s", res.object.Key, strings.Join(sums, ", "))
		}
		b.tally.add(res)
	}
	if res.class == run.Indexed {
		return nil
	}
	return b.problem(ctx, res)
}

// problem enters an object that is not wholly indexed.
func (b *builder) problem(ctx context.Context, res result) error {
	b.tally.problem(res)
	p := runs.Problem{
		Run: b.in.Folder.Name, End: res.class, Error: res.error, Reason: cut(res.reason, maxReasonBytes), Object: res.object,
	}
	if res.outcome != nil {
		p.Malformed = res.outcome.Malformed
	}
	return b.problems.Add(ctx, p)
}
