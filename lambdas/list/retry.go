package list

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

// again takes into the manifest what an earlier run did not index: the objects
// that may end otherwise now, and the documents that the cluster refused. The
// range, the filters, the destination and the view are those of the earlier run.
func (h handler) again(ctx context.Context, plan *run.Plan) error {
	folder := h.folder(plan.Retry)
	earlier, err := folder.Plan(ctx)
	if errors.Is(err, archive.ErrNotFound) {
		return &run.Fault{
			Name: run.InvalidRequest, Reason: fmt.Sprintf("retry: there is no run named %s", plan.Retry),
			Remedy: "give the name of an execution of this state machine that has written its plan",
		}
	}
	if err != nil {
		return err
	}
	var ended struct{ Events run.Counts }
	if err = folder.Report(ctx, &ended); errors.Is(err, archive.ErrNotFound) {
		return &run.Fault{
			Name: run.InvalidRequest, Reason: fmt.Sprintf("retry: the run %s has no report, which tells what it did not index", plan.Retry),
			Remedy: "wait until it has ended; a run that only planned cannot be retried",
		}
	}
	if err != nil {
		return err
	}
	plan.From, plan.To = earlier.From.In(h.settings.Zone), earlier.To.In(h.settings.Zone)
	plan.MarginBefore, plan.MarginAfter = earlier.MarginBefore, earlier.MarginAfter
	plan.Include, plan.Exclude = earlier.Include, earlier.Exclude
	plan.Destination, plan.View = cmp.Or(earlier.Destination, run.ToIndex), earlier.View
	plan.Prefixes = []string{run.Folder(plan.Retry)}
	if err := h.reaches(*plan); err != nil {
		return err
	}

	var damaged int64
	err = h.takeStock(ctx, plan, func(take func(run.Object) error) (archive.Found, error) {
		if err := folder.Problems(ctx, func(p runs.Problem) error {
			o, ok, err := h.asItIsNow(ctx, p)
			if err != nil || !ok {
				return err
			}
			if p.End == run.Damaged && o.ETag == p.Object.ETag {
				damaged++
			}
			return take(o)
		}); err != nil {
			return archive.Found{}, err
		}
		return archive.Found{}, folder.Refused(ctx, take)
	})
	if damaged > 0 {
		plan.Notes = append(plan.Notes, several(damaged, "damaged object is the same as before and is", "damaged objects are the same as before and are")+
			" read once more, for the case that the damage arose on the way")
	}
	if n := ended.Events.Malformed; n > 0 {
		plan.Notes = append(plan.Notes, several(n, "malformed event can never be indexed and was", "malformed events can never be indexed and were")+" left out")
	}
	return err
}

func several(n int64, one, more string) string {
	if n == 1 {
		more = one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// asItIsNow is the object of an earlier run's problem, where it is worth another
// try.
func (h handler) asItIsNow(ctx context.Context, p runs.Problem) (_ run.Object, ok bool, _ error) {
	switch p.End {
	case run.NotIndexed, run.NeverStarted, run.NoResult, run.Capped:
		return p.Object, true, nil
	case run.Archived, run.Gone, run.Changed, run.Damaged:
	default: // indexed, but for some of its events
		return run.Object{}, false, nil
	}
	now, err := h.stat(ctx, p.Object)
	var unreadable *archive.Unreadable
	if errors.As(err, &unreadable) {
		return p.Object, true, nil // to report it gone once more
	}
	return now, true, err
}
