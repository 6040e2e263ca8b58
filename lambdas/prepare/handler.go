package prepare

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/rehydrate/rehydrate/internal/run"
)

// handler makes the cluster ready for the run whose plan it reads.
type handler struct {
	files   files
	prepare func(context.Context, run.Plan) (run.Prepared, error)
}

// files keeps a run's files.
type files interface {
	Get(ctx context.Context, key string) ([]byte, error)
	Put(ctx context.Context, key string, body []byte, contentType string) error
}

// Prepare keeps what it found and did beside the plan for the report, and answers
// with the same without its list of indices.
func (h handler) Prepare(ctx context.Context, req run.PrepareRequest) (run.Prepared, error) {
	b, err := h.files.Get(ctx, run.PlanKey(req.Run))
	if err != nil {
		return run.Prepared{}, err
	}
	var plan run.Plan
	if err := json.Unmarshal(b, &plan); err != nil {
		return run.Prepared{}, fmt.Errorf("read %s: %w", run.PlanKey(req.Run), err)
	}
	prepared, err := h.prepare(ctx, plan)
	if err != nil {
		return run.Prepared{}, err
	}
	if b, err = json.Marshal(prepared); err != nil {
		return run.Prepared{}, err
	}
	if err := h.files.Put(ctx, run.PreparedKey(req.Run), b, "application/json"); err != nil {
		return run.Prepared{}, err
	}
	// One entry a day would outgrow what passes between states.
	prepared.Indices = nil
	return prepared, nil
}
