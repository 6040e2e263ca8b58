package prepare

import (
	"context"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

// handler makes the cluster ready for the run whose plan it reads.
type handler struct {
	runs    runs.Bucket
	prepare func(context.Context, run.Plan) (run.Prepared, error)
}

// Prepare keeps what it found and did beside the plan for the report, and answers
// with the same without its list of indices.
func (h handler) Prepare(ctx context.Context, req run.PrepareRequest) (run.Prepared, error) {
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
