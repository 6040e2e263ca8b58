// Package list is the Lambda that turns a request into the plan of a run and
// the manifest of its objects.
package list

import (
	"context"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/lambdas/connect"
)

// Setup readies it for the archive and the run bucket of the settings.
func Setup(ctx context.Context, settings run.Settings) (func(context.Context, run.ListRequest) (run.Plan, error), error) {
	runs, err := archive.NewClient(ctx, settings.RunEndpoint)
	if err != nil {
		return nil, err
	}
	client, err := connect.Archive(ctx, settings)
	if err != nil {
		return nil, err
	}
	objects, err := archive.New(client, settings.ArchiveBucket, settings.ArchivePrefixes, settings.ArchiveZone)
	if err != nil {
		return nil, &run.Fault{Name: run.InvalidSettings, Reason: "ARCHIVE_PREFIXES", Err: err}
	}
	objects.Progress = logProgress(5 * time.Second)
	h := handler{
		settings: settings,
		archive:  objects,
		stat: func(ctx context.Context, o run.Object) (run.Object, error) {
			return archive.Stat(ctx, client, settings.ArchiveBucket, o)
		},
		runs: archive.NewBucket(runs, settings.RunBucket),
		open: func(ctx context.Context, o run.Object) (*archive.Body, error) {
			return archive.Open(ctx, client, settings.ArchiveBucket, o)
		},
	}
	return h.List, nil
}
