package report

import (
	"context"
	"io"
	"log/slog"
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
	// metrics receives a line of metrics in CloudWatch's embedded format.
	metrics io.Writer
	now     func() time.Time
}

// Report writes the report of a run and answers with its summary.
func (h handler) Report(ctx context.Context, req run.ReportRequest) (run.Summary, error) {
	folder := runs.Folder{Bucket: h.runs, Name: req.Run}
	in := report.Input{
		Folder: folder, Map: req.Map, Last: report.IsLast(req.Attempt, req.Map),
		Settings: h.settings, Now: h.now,
	}
	// A cluster that cannot be reached leaves its counts unknown. It is no reason
	// to end a run without a report.
	var err error
	if in.Counter, err = h.connect(ctx); err != nil {
		slog.WarnContext(ctx, "the cluster will not be asked what it holds", "error", err)
		in.Counter = unreachable{err}
	}
	r, err := report.Build(ctx, in)
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

// unreachable is a cluster that answers everything with why it cannot.
type unreachable struct{ err error }

// Count tells why nothing can be counted.
func (u unreachable) Count(context.Context, []string, time.Time, time.Time) ([]run.IndexCount, error) {
	return nil, u.err
}
