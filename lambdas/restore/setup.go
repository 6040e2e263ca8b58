// Package restore is the Lambda that asks for the archived objects of a run, and
// looks how many of them can be read.
package restore

import (
	"context"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/lambdas/connect"
)

// Setup readies it for the archive and the run bucket of the settings.
func Setup(ctx context.Context, settings run.Settings) (func(context.Context, run.RestoreRequest) (run.Plan, error), error) {
	runs, err := archive.NewClient(ctx, settings.RunEndpoint)
	if err != nil {
		return nil, err
	}
	client, err := connect.Archive(ctx, settings)
	if err != nil {
		return nil, err
	}
	h := handler{
		runs: archive.NewBucket(runs, settings.RunBucket),
		ask: func(ctx context.Context, o run.Object, r run.Restore) (archive.Restoring, error) {
			return archive.Restore(ctx, client, settings.ArchiveBucket, o, r.Tier, r.Days)
		},
		look: func(ctx context.Context, o run.Object, r run.Restore) (archive.Restoring, error) {
			return archive.Restored(ctx, client, settings.ArchiveBucket, o, r.Tier, r.Days)
		},
		now: time.Now,
	}
	return h.Restore, nil
}
