package report

import (
	"context"
	"errors"
	"fmt"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

// replicas gives the indices that a run has made their replicas, before the report
// is made: however that goes, they have them. Where the cluster does not let us,
// the report says so; one that does not answer is asked again by another call,
// unless this is the last.
func (h handler) replicas(ctx context.Context, folder runs.Folder, last bool) (notes []string, err error) {
	if h.settings.LoadReplicas < 0 {
		return nil, nil
	}
	plan, err := folder.Plan(ctx)
	if err != nil || plan.PlanOnly || plan.Destination == run.ToFiles {
		return nil, nil //nolint:nilerr // what is wrong with the plan, the report tells
	}
	err = h.endLoading(ctx, plan)
	var f *run.Fault
	if again := errors.As(err, &f) && (f.Name == run.Unavailable || f.Name == run.Throttled); err == nil || again && !last {
		return nil, err
	}
	return []string{fmt.Sprintf("The indices that this run made are still without the replicas that they are to have: %v. The next run gives them theirs.", err)}, nil
}
