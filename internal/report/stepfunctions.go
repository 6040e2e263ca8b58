package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/rehydrate/rehydrate/internal/run"
)

// record is one child execution as a ResultWriter without transformation
// writes it. A pending one has only Input and Status.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
type record struct {
	ExecutionArn string
	Input        string
	Output       string
	Error        string
	Cause        string
	Status       string
}

// resultManifest is the manifest.json of a map run.
type resultManifest struct {
	ResultFiles map[string][]struct {
		Key  string
		Size int64
	}
}

// resultFile is one file of results, with the size that was listed.
type resultFile struct {
	key  string
	size int64
}

// findResults lists the files of results. Where the manifest or a file that it
// names is missing, the error is a Fault named NotYet, or, when it is the last
// attempt, a finding.
func (b *builder) findResults(ctx context.Context) ([]resultFile, error) {
	sizes := map[string]int64{}
	var keys, manifests []string
	prefix := run.ResultsPrefix(b.in.Run) + "/"
	err := b.in.Files.List(ctx, prefix, func(key string, size int64) error {
		if strings.HasSuffix(key, "/manifest.json") {
			manifests = append(manifests, key)
		} else if strings.HasSuffix(key, ".json") {
			keys = append(keys, key)
			sizes[key] = size
		}
		return nil
	})
	if err != nil {
		return nil, failed(prefix+" cannot be listed", err)
	}
	if len(manifests) == 0 && b.report.Plan.Objects > 0 {
		if !b.in.Last {
			return nil, notYet("there is no manifest of the results under %s yet", prefix)
		}
		b.findGrave(unreadable, "Step Functions has not written the manifest of its results under %s; objects that no file there names count as without a result.", prefix)
	}
	for _, key := range manifests {
		var m resultManifest
		if err := readJSON(ctx, b.in.Files, key, &m); err != nil {
			return nil, err
		}
		for _, files := range m.ResultFiles {
			for _, f := range files {
				if _, ok := sizes[f.Key]; ok {
					continue
				}
				if !b.in.Last {
					return nil, notYet("%s names %s, which is not there yet", key, f.Key)
				}
				b.findGrave(unreadable, "%s names %s, which is not there; its objects count as without a result.", key, f.Key)
			}
		}
	}
	slices.Sort(keys)
	files := make([]resultFile, len(keys))
	for i, key := range keys {
		files[i] = resultFile{key: key, size: sizes[key]}
	}
	return files, nil
}

func notYet(format string, args ...any) error {
	return &run.Fault{Name: run.NotYet, Reason: fmt.Sprintf(format, args...)}
}

// readResults takes every child's result.
func (b *builder) readResults(ctx context.Context) error {
	files, err := b.findResults(ctx)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := b.readResultFile(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// readResultFile streams one file, a JSON array. One that is whole but no such
// array is a finding; what stands before its fault counts.
func (b *builder) readResultFile(ctx context.Context, f resultFile) error {
	body, err := b.in.Files.Open(ctx, f.key)
	if errors.Is(err, fs.ErrNotExist) {
		return notYet("%s was listed, but is not there", f.key)
	}
	if err != nil {
		return unavailable(f.key, err)
	}
	defer body.Close()
	counted := &countingReader{from: body}
	d := json.NewDecoder(counted)
	err = eachRecord(d, func(r record) error { return b.take(ctx, r) })
	var broken *brokenFile
	switch {
	case errors.As(err, &broken) && counted.n < f.size:
		return unavailable(f.key, err)
	case errors.As(err, &broken):
		b.findGrave(unreadable, "%s is no file of results as Step Functions writes them (%v); the objects that it names from there on count as without a result.", f.key, broken.err)
		return nil
	}
	return err
}

// brokenFile is an error of reading or parsing results, apart from those of
// taking them.
type brokenFile struct{ err error }

func (e *brokenFile) Error() string { return e.err.Error() }
func (e *brokenFile) Unwrap() error { return e.err }

func eachRecord(d *json.Decoder, each func(record) error) error {
	start, err := d.Token()
	if err != nil {
		return &brokenFile{err}
	}
	if start != json.Delim('[') {
		return &brokenFile{fmt.Errorf("it begins with %v instead of [", start)}
	}
	for d.More() {
		var r record
		if err := d.Decode(&r); err != nil {
			return &brokenFile{err}
		}
		if err := each(r); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return &brokenFile{err}
	}
	return nil
}

type countingReader struct {
	from io.Reader
	n    int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}
