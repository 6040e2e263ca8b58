// Command prepare is the Lambda that makes the cluster ready for a run, or says
// why it cannot be.
package main

import (
	"context"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/lambdas/connect"
	"github.com/rehydrate/rehydrate/lambdas/start"
)

func main() { start.Main(setup) }

func setup(ctx context.Context) (func(context.Context, run.PrepareRequest) (run.Prepared, error), error) {
	settings, err := start.Settings()
	if err != nil {
		return nil, err
	}
	client, err := archive.NewClient(ctx, settings.RunEndpoint)
	if err != nil {
		return nil, err
	}
	h := handler{
		files: archive.NewBucket(client, settings.RunBucket),
		prepare: func(ctx context.Context, plan run.Plan) (run.Prepared, error) {
			c, err := connect.Cluster(ctx, settings.Search)
			if err != nil {
				return run.Prepared{}, err
			}
			return c.Prepare(ctx, settings, plan)
		},
	}
	return h.Prepare, nil
}
