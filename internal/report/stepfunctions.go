package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
)

// resultManifest is the manifest.json of a map run.
type resultManifest struct {
	ResultFiles map[string][]struct {
		Key  string
		Size int64
	}
}

// findResults lists the files of results. Where the manifest or a file that it
// names is missing, the error is a Fault named NotYet, or, when it is the last
// attempt, a finding.
func (b *builder) findResults(ctx context.Context) ([]run.Object, error) {
	var files, manifests []run.Object
	there := map[string]bool{}
	err := b.in.Folder.Results(ctx, func(o run.Object) error {
		switch {
		case strings.HasSuffix(o.Key, "/manifest.json"):
			manifests = append(manifests, o)
		case strings.HasSuffix(o.Key, ".json"):
			files = append(files, o)
			there[o.Key] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(manifests) == 0 && b.report.Plan.Objects > 0 {
		prefix := run.ResultsPrefix(b.in.Folder.Name) + "/"
		if !b.in.Last {
			return nil, notYet("there is no manifest of the results under %s yet", prefix)
		}
		b.findGrave(unreadable, "Step Functions' manifest of its results is not under %s; objects that no file there names count as without a result. "+whatRemoved, prefix)
	}
	for _, o := range manifests {
		var m resultManifest
		if err := b.readResult(ctx, o, func(body io.Reader) error {
			if err := json.NewDecoder(body).Decode(&m); err != nil {
				return &brokenFile{err}
			}
			return nil
		}); err != nil {
			return nil, err
		}
		for _, f := range slices.Concat(slices.Collect(maps.Values(m.ResultFiles))...) {
			if there[f.Key] {
				continue
			}
			if !b.in.Last {
				return nil, notYet("%s names %s, which is not there yet", o.Key, f.Key)
			}
			b.findGrave(unreadable, "%s names %s, which is not there; its objects count as without a result. "+whatRemoved, o.Key, f.Key)
		}
	}
	return files, nil
}

// whatRemoved says what to do about a file that was written and is not there.
const whatRemoved = "Find what removes files of the run bucket, or acknowledges them without keeping them."

func notYet(format string, args ...any) error {
	return &run.Fault{Name: run.NotYet, Reason: fmt.Sprintf(format, args...)}
}

// readResults takes every child's result.
func (b *builder) readResults(ctx context.Context) error {
	files, err := b.findResults(ctx)
	if err != nil {
		return err
	}
	for _, o := range files {
		err := b.readResult(ctx, o, func(body io.Reader) error {
			records := recordReader{body: body}
			return records.each(func(r record) error { return b.take(ctx, r) })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// readResult streams one file of results. What is wrong with it for good is a
// finding; what stands before that counts.
func (b *builder) readResult(ctx context.Context, o run.Object, read func(io.Reader) error) error {
	body, err := b.in.Folder.File(ctx, o.Key)
	if errors.Is(err, archive.ErrNotFound) {
		err = notYet("%s was listed, but is not there", o.Key)
	}
	if err != nil {
		return b.unreadable(ctx, o.Key, err)
	}
	defer func() { _ = body.Close() }()
	err = read(body)
	var broken *brokenFile
	var fault *run.Fault
	var changed *archive.Unreadable
	switch {
	case !errors.As(err, &broken):
		return err
	case errors.As(err, &fault), errors.As(err, &changed), ctx.Err() != nil: // S3's, not the file's
		return b.unreadable(ctx, o.Key, err)
	}
	b.findGrave(unreadable, "%s is no file of results as Step Functions writes them (%v); the objects that it names from there on count as without a result.", o.Key, broken.err)
	return nil
}

// unreadable is the error of a file that another call may read, or a finding.
func (b *builder) unreadable(ctx context.Context, key string, err error) error {
	if b.worthAnotherCall(ctx, err) {
		return err
	}
	b.findGrave(unreadable, "%s cannot be read (%v); the objects that only it names count as without a result.", key, err)
	return nil
}

// brokenFile is an error of reading or parsing results, apart from those of
// taking them.
type brokenFile struct{ err error }

func (e *brokenFile) Error() string { return e.err.Error() }
func (e *brokenFile) Unwrap() error { return e.err }
