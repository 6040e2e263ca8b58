package report

import (
	"context"
	"io"
	"time"

	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

// handler adds up what the children of a run came to.
type handler struct {
	settings run.Settings
	runs     runs.Bucket
	connect  func(context.Context) (report.Counter, error)
	// endLoading gives the indices of a run their replicas.
	endLoading func(ctx context.Context, plan run.Plan) error
	// metrics receives a line of metrics in CloudWatch's embedded format.
	metrics io.Writer
	now     func() time.Time
}

// Report writes the report of a run and answers with its summary.
func (h handler) Report(ctx context.Context, req run.ReportRequest) (run.Summary, error) {
	folder := runs.Folder{Bucket: h.runs, Name: req.Run}
	last := report.IsLast(req.Attempt, req.Map)
	notes, err := h.replicas(ctx, folder, last)
	if err != nil {
		return run.Summary{}, err
	}
	r, err := report.Build(ctx, report.Input{
		Folder: folder, Map: req.Map, Last: last, Notes: notes,
		Settings: h.settings, Counter: counter{h.connect}, Now: h.now,
	})
	if err != nil {
		return run.Summary{}, err
	}
	if err := r.Write(ctx, folder); err != nil {
		return run.Summary{}, err
	}
	if err := r.EMF(h.metrics); err != nil {
		return run.Summary{}, err
	}
	return r.Summary(), nil
}

// counter connects to the cluster when it is asked: a run whose destination is
// files asks nothing of one.
type counter struct {
	connect func(context.Context) (report.Counter, error)
}

// Count asks the cluster. One that cannot be reached leaves its counts unknown,
// and is no reason to end a run without a report.
func (c counter) Count(ctx context.Context, indices []string, from, to time.Time) ([]run.IndexCount, error) {
	cluster, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	return cluster.Count(ctx, indices, from, to)
}
