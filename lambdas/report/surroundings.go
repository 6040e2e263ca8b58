package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
)

// files is the run bucket in the words of package report.
type files struct{ bucket *archive.Bucket }

// Open reads an object; one that is not there is an fs.ErrNotExist.
func (f files) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	body, err := f.bucket.Open(ctx, key)
	if errors.Is(err, archive.ErrNotFound) {
		return nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	if err != nil {
		return nil, err
	}
	return body, nil
}

// List calls each for every key under prefix.
func (f files) List(ctx context.Context, prefix string, each func(key string, size int64) error) error {
	return f.bucket.List(ctx, prefix, func(o run.Object) error { return each(o.Key, o.Size) })
}

// Put writes an object.
func (f files) Put(ctx context.Context, key, contentType string, body []byte) error {
	return f.bucket.Put(ctx, key, body, contentType)
}
