// Package prepare is the Lambda that makes the cluster ready for a run, or says
// why it cannot be.
package prepare

import (
	"context"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/cluster"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/lambdas/connect"
)

// Setup readies it for the run bucket and the cluster of the settings.
func Setup(ctx context.Context, settings run.Settings) (func(context.Context, run.PrepareRequest) (run.Prepared, error), error) {
	client, err := archive.NewClient(ctx, settings.RunEndpoint)
	if err != nil {
		return nil, err
	}
	h := handler{
		runs: archive.NewBucket(client, settings.RunBucket),
		zone: settings.Zone,
		now:  time.Now,
		prepare: func(ctx context.Context, plan run.Plan) (run.Prepared, error) {
			if err := grant(ctx, settings); err != nil {
				return run.Prepared{}, err
			}
			c, err := connect.Cluster(ctx, settings.Search)
			if err != nil {
				return run.Prepared{}, err
			}
			prepared, err := c.Prepare(ctx, settings, plan)
			return prepared, cluster.NameMapping(err, settings)
		},
	}
	var kept *cluster.Cluster // asked for again and again by whoever steers
	h.pressure = func(ctx context.Context) (*run.Room, error) {
		if kept == nil {
			c, err := connect.Cluster(ctx, settings.Search)
			if err != nil {
				return nil, err
			}
			kept = c
		}
		return kept.Pressure(ctx)
	}
	return h.Prepare, nil
}
