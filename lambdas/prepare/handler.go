package prepare

import (
	"context"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

// handler makes the cluster ready for the run whose plan it reads.
type handler struct {
	runs    runs.Bucket
	zone    *time.Location
	now     func() time.Time
	prepare func(context.Context, run.Plan) (run.Prepared, error)
	// pressure is nil where the cluster tells nothing of its nodes.
	pressure func(context.Context) (*run.Room, error)
}

// Prepare keeps what it found and did beside the plan for the report, and answers
// with the same without its list of indices. Asked for no run, it looks at the
// cluster as for a run over today, and neither changes nor keeps anything.
func (h handler) Prepare(ctx context.Context, req run.PrepareRequest) (run.Prepared, error) {
	if req.Pressure {
		room, err := h.pressure(ctx)
		return run.Prepared{Room: room}, err
	}
	if req.Run == "" {
		year, month, day := run.DayOf(h.now().In(h.zone))
		return h.prepare(ctx, run.Plan{
			PlanOnly: true, From: run.StartOfDay(year, month, day, h.zone), To: run.StartOfDay(year, month, day+1, h.zone),
		})
	}
	folder := runs.Folder{Bucket: h.runs, Name: req.Run}
	plan, err := folder.Plan(ctx)
	if err != nil {
		return run.Prepared{}, err
	}
	prepared, err := h.prepare(ctx, plan)
	if err != nil {
		return run.Prepared{}, err
	}
	if err := folder.PutPrepared(ctx, prepared); err != nil {
		return run.Prepared{}, err
	}
	// One entry a day would outgrow what passes between states.
	prepared.Indices = nil
	return prepared, nil
}
