package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/deployed"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

// past is where runs that have ended are remembered: on this computer, or by a stack.
type past struct{ out, stack string }

func (p *past) register(f *pflag.FlagSet) {
	f.StringVar(&p.out, "out", "out", "`folder` that was the --out of runs on this computer")
	f.StringVar(&p.stack, "stack", "", "`name` of a deployed stack, whose runs are meant instead")
}

// open opens the run bucket, or the folder that stands for it.
func (p *past) open(ctx context.Context) (runs.Reader, error) {
	if p.stack != "" {
		s, err := deployed.Open(ctx, p.stack)
		if err != nil {
			return nil, err
		}
		bucket, err := s.Runs(ctx)
		if err != nil {
			return nil, err
		}
		return bucket, nil
	}
	if _, err := os.Stat(p.out); errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("--out: there is no folder %s; give the --out of a run, or --stack", p.out)
	}
	return runFolder(p.out), nil
}

// runFolder is the folder that stands for the run bucket.
type runFolder string

// Open is that of runs.Reader.
func (f runFolder) Open(_ context.Context, key string) (io.ReadCloser, error) {
	file, err := os.Open(filepath.Join(string(f), filepath.FromSlash(key)))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", key, archive.ErrNotFound)
	}
	return file, err
}

// List is that of runs.Reader, for a prefix that is a folder's.
func (f runFolder) List(_ context.Context, prefix string, each func(run.Object) error) error {
	entries, err := os.ReadDir(filepath.Join(string(f), filepath.FromSlash(prefix)))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries { // in order
		if err := each(run.Object{Key: prefix + e.Name()}); err != nil {
			return err
		}
	}
	return err
}
