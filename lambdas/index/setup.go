// Package index is the Lambda that brings the log events of one archive object
// into the cluster, or into files.
package index

import (
	"context"
	"os"
	"runtime/debug"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/bulk"
	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/document"
	"github.com/rehydrate/rehydrate/internal/files"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
	"github.com/rehydrate/rehydrate/lambdas/connect"
)

// Setup readies it for the buckets and the cluster of the settings. It sets how
// soon the process collects garbage.
func Setup(ctx context.Context, settings run.Settings) (func(context.Context, run.IndexRequest) (run.Work, error), error) {
	objects, err := connect.Archive(ctx, settings)
	if err != nil {
		return nil, err
	}
	runBucket, err := archive.NewClient(ctx, settings.RunEndpoint)
	if err != nil {
		return nil, err
	}
	keys, err := archive.New(objects, settings.ArchiveBucket, settings.ArchivePrefixes, settings.ArchiveZone)
	if err != nil {
		return nil, &run.Fault{Name: run.InvalidSettings, Reason: "ARCHIVE_PREFIXES", Err: err}
	}
	// What lives is a few large buffers that stay, and next to nothing is allocated
	// for an event: collecting sooner costs little and keeps the peak down.
	debug.SetGCPercent(25)
	bucket := archive.NewBucket(runBucket, settings.RunBucket)
	h := handler{
		settings: settings,
		objects: func(o run.Object) archive.Getter {
			if o.Bucket == settings.RunBucket {
				return runBucket
			}
			return objects
		},
		files:   runs.Gzip{Bucket: bucket},
		spent:   bucket,
		connect: sender(settings),
		maker:   makers(settings),
		section: files.Usual(),
		metrics: os.Stdout,
		buffers: &decode.Buffers{},
		written: files.NewBuffers(),
		began:   keys.Began,
		now:     time.Now,
	}
	return h.Index, nil
}

// makers makes the maker of a view, and keeps it for the calls that follow: they are
// of the same run, as a rule.
func makers(settings run.Settings) func(view string) *document.Maker {
	last, maker := "", document.NewMaker(settings)
	return func(view string) *document.Maker {
		if view != last {
			last, maker = view, document.NewMaker(settings.In(view))
		}
		return maker
	}
}

// sender connects to the cluster on first use and keeps the connection, and
// what was learned of the cluster's limits, for the calls that follow.
func sender(settings run.Settings) func(context.Context) (*bulk.Sender, error) {
	var s *bulk.Sender
	return func(ctx context.Context) (*bulk.Sender, error) {
		if s != nil {
			return s, nil
		}
		c, err := connect.Cluster(ctx, settings.Search)
		if err != nil {
			return nil, err
		}
		s = bulk.NewSender(bulk.Config{Transport: c, InFlight: settings.BulkInFlight, Gzip: settings.BulkGzip})
		return s, nil
	}
}
