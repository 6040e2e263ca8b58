// Command report is the Lambda that adds up a run.
package main

import (
	"context"
	"os"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/lambdas/connect"
	"github.com/rehydrate/rehydrate/lambdas/start"
)

func main() { start.Main(setup) }

func setup(ctx context.Context) (func(context.Context, run.ReportRequest) (run.Summary, error), error) {
	settings, err := start.Settings()
	if err != nil {
		return nil, err
	}
	client, err := archive.NewClient(ctx, settings.RunEndpoint)
	if err != nil {
		return nil, err
	}
	h := handler{
		settings: settings,
		files:    files{archive.NewBucket(client, settings.RunBucket)},
		connect: func(ctx context.Context) (counter, error) {
			return connect.Cluster(ctx, settings.Search)
		},
		metrics: os.Stdout,
		now:     time.Now,
	}
	return h.Report, nil
}
