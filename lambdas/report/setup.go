// Package report is the Lambda that adds up a run.
package report

import (
	"context"
	"os"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/lambdas/connect"
)

// Setup readies it for the run bucket and the cluster of the settings.
func Setup(ctx context.Context, settings run.Settings) (func(context.Context, run.ReportRequest) (run.Summary, error), error) {
	client, err := archive.NewClient(ctx, settings.RunEndpoint)
	if err != nil {
		return nil, err
	}
	h := handler{
		settings: settings,
		runs:     persistent{archive.NewBucket(client, settings.RunBucket), wait},
		connect: func(ctx context.Context) (report.Counter, error) {
			return connect.Cluster(ctx, settings.Search)
		},
		endLoading: func(ctx context.Context, plan run.Plan) error {
			c, err := connect.Cluster(ctx, settings.Search)
			if err != nil {
				return err
			}
			return c.EndLoading(ctx, settings.In(plan.View).IndexPrefix, plan.Run)
		},
		metrics: os.Stdout,
		now:     time.Now,
	}
	return h.Report, nil
}
