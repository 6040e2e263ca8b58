// Package views is the Lambda that looks after the views of a cluster: it lists,
// extends and drops them, and deletes what has expired.
package views

import (
	"context"
	"time"

	"github.com/rehydrate/rehydrate/internal/cluster"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/lambdas/connect"
)

// Setup readies it for the cluster of the settings.
func Setup(_ context.Context, settings run.Settings) (func(context.Context, run.ViewsRequest) (run.ViewsAnswer, error), error) {
	h := handler{
		settings: settings,
		connect:  func(ctx context.Context) (keeper, error) { return connect.Cluster(ctx, settings.Search) },
		now:      time.Now,
	}
	return h.Views, nil
}

// Handle does what is asked on a cluster that is connected already.
func Handle(ctx context.Context, settings run.Settings, c *cluster.Cluster, req run.ViewsRequest) (run.ViewsAnswer, error) {
	h := handler{settings: settings, connect: func(context.Context) (keeper, error) { return c, nil }, now: time.Now}
	return h.Views(ctx, req)
}
