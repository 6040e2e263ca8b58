package bulk

import (
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Result is what came of the documents of a batch: for each exactly one of
// created, already there, rejected and unresolved.
type Result struct {
	Created int64
	// AlreadyThere counts conflicts, InDoubt those of them that an earlier request
	// whose answer was lost may have brought about.
	AlreadyThere, InDoubt int64
	Rejected              []Rejection
	// Unresolved are the documents without an outcome, as numbers within the
	// batch. Any of them may have been created all the same.
	Unresolved []int
	// Indices counts by the index that was asked for; what is unresolved is not in
	// it.
	Indices map[string]run.IndexCounts
	Effort
}

// Rejection is a document that the cluster will not take.
type Rejection struct {
	Item int // its number within the batch
	// Reason is the cluster's own words, "type: reason", of at most 600 bytes.
	Reason string
}

// Effort is what the outcomes took.
type Effort struct {
	Requests int64
	// Retries are the requests that sent documents again.
	Retries int64
	// Throttled are the requests that the cluster answered with a 429, for all of their
	// documents or some.
	Throttled int64
	// Waited before documents were sent again.
	Waited time.Duration
	// BytesOut were sent, before compression, resends included.
	BytesOut int64
}

// Complete tells whether each document has its outcome.
func (r *Result) Complete() bool { return len(r.Unresolved) == 0 }

// Count adds the outcomes to o, and not the effort.
func (r *Result) Count(o *run.Outcome) {
	o.Created += r.Created
	o.AlreadyThere += r.AlreadyThere
	o.InDoubt += r.InDoubt
	o.Rejected += int64(len(r.Rejected))
	for _, x := range r.Rejected {
		o.CountRejection(group(x.Reason), 1)
	}
	for index, c := range r.Indices {
		o.CountIndex(index, c)
	}
}

// CountEffort adds the effort to o. It was made whatever became of the outcomes.
func (e *Effort) CountEffort(o *run.Outcome) {
	o.Requests += e.Requests
	o.Retries += e.Retries
	o.Throttled += e.Throttled
	o.WaitedMs += e.Waited.Milliseconds()
	o.BytesOut += e.BytesOut
}

// sum makes the result of what is known of each document.
func (b *Batch) sum(reasons map[int]string) Result {
	r := Result{Indices: map[string]run.IndexCounts{}}
	index, c := "", run.IndexCounts{}
	flush := func() {
		if c.Documents > 0 {
			c.Add(r.Indices[index])
			r.Indices[index] = c
		}
		c = run.IndexCounts{}
	}
	for i, v := range b.verdicts {
		if now := b.items[i].index; now != index { // most often documents of one index stand together
			flush()
			index = now
		}
		switch v {
		case created:
			r.Created++
			c.Created++
		case alreadyThere:
			r.AlreadyThere++
			c.AlreadyThere++
			if b.items[i].inDoubt {
				r.InDoubt++
			}
		case rejected:
			r.Rejected = append(r.Rejected, Rejection{i, reasons[i]})
			c.Rejected++
		default:
			r.Unresolved = append(r.Unresolved, i)
			continue
		}
		c.Documents++
	}
	flush()
	return r
}
