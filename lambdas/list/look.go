package list

import (
	"context"
	"errors"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
)

// look tries what a run over the request's range would need of S3: it lists the objects,
// opens the first that can be read, and asks the run bucket for a file. Its answer is
// the plan, of which nothing is kept.
func (h handler) look(ctx context.Context, request run.Request) (run.Plan, error) {
	plan, err := request.Resolve(run.Execution{Name: "look", StartTime: time.Now()}, h.settings.Zone)
	if err != nil {
		return run.Plan{}, err
	}
	var first *run.Object
	found, err := h.archive.List(ctx, window(plan), func(o run.Object) error {
		plan.Objects++
		plan.Bytes += o.Size
		if first == nil && !archive.NeedsRestore(o) {
			first = &o
		}
		return nil
	})
	if err != nil {
		return run.Plan{}, err
	}
	plan.Skipped, plan.Prefixes = found.Skipped, found.Prefixes
	if first != nil {
		body, err := h.open(ctx, *first)
		if err != nil {
			return run.Plan{}, err
		}
		_ = body.Close() // nothing was read of it
	}
	if _, err := h.folder("look").Plan(ctx); err != nil && !errors.Is(err, archive.ErrNotFound) {
		return run.Plan{}, err
	}
	return plan, nil
}
