package restore

import (
	"context"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

const (
	// patience is how long objects are waited for: twice as long as S3 says that any
	// restore takes.
	patience = 4 * 24 * time.Hour
	// soonest an object is looked at again.
	soonest = time.Minute
	// unlimited stands for a deadline where there is none.
	unlimited = 15 * time.Minute
)

// MostCalls of the Lambda for a run: an execution's history has an end.
const MostCalls = 200

// handler asks for archived objects.
type handler struct {
	runs runs.Bucket
	// ask asks S3 for an object, look looks first whether somebody has.
	ask, look restorer
	now       func() time.Time
}

type restorer func(context.Context, run.Object, run.Restore) (archive.Restoring, error)

// Restore brings the plan's Restore forward by one call: in the first round it asks
// for what may be archived, in the others it looks at what is still waited for. A
// call ends near its deadline and says where the next goes on; a repeated one asks
// again, which changes nothing.
func (h handler) Restore(ctx context.Context, req run.RestoreRequest) (run.Plan, error) {
	plan := req.Plan
	r := plan.Restore
	if r.Since.IsZero() {
		r.Since = h.now()
	}
	if r.At == 0 { // counted anew in each round
		r.Waiting, r.Seconds = 0, 0
	}
	r.Calls++
	folder := runs.Folder{Bucket: h.runs, Name: plan.Run}
	p := &pass{handler: h, restore: r, stop: h.stopAt(ctx), soon: time.Duration(r.Seconds) * time.Second}
	err := folder.PutUnrestored(ctx, r.Round, r.At, func(write func(run.Object) error) error {
		p.write = write
		return p.run(ctx, folder)
	})
	if err != nil {
		return run.Plan{}, err
	}
	r = p.restore
	r.Seconds = int64(p.soon.Seconds())
	switch elapsed := h.now().Sub(r.Since); {
	case p.stopped && r.Calls < MostCalls:
		r.Next = run.RestoreAsk
	case r.Waiting == 0, p.stopped, elapsed > patience, r.Calls >= MostCalls:
		r.Next = run.RestoreDone
	default:
		r.Next, r.Seconds = run.RestoreWait, int64(p.pause(elapsed).Seconds())
		r.Round, r.At, r.Waited = r.Round+1, 0, r.Waited+r.Seconds
	}
	plan.Restore = r
	return plan, folder.PutRestore(ctx, r)
}

// stopAt is when the call has to begin nothing more: what is under way may be tried
// again by the client, and the rest of the list is still to be written.
func (h handler) stopAt(ctx context.Context) time.Time {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = h.now().Add(unlimited)
	}
	return deadline.Add(-min(90*time.Second, max(0, deadline.Sub(h.now())/4)))
}
