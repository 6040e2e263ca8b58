package report

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

// persistent is a run bucket that asks again what S3 refused. A right that has
// just been given, or a call that crosses another, is refused once; everything
// else of the run is done by then, and only its report is still to be written.
type persistent struct {
	runs.Bucket
	wait func(context.Context, time.Duration) error
}

// pauses are the waits between the calls.
func pauses() []time.Duration { return []time.Duration{time.Second, 2 * time.Second, 5 * time.Second} }

// Open is that of runs.Bucket.
func (p persistent) Open(ctx context.Context, key string) (body io.ReadCloser, _ error) {
	return body, p.again(ctx, func() (err error) {
		body, err = p.Bucket.Open(ctx, key)
		return err
	})
}

// List is that of runs.Bucket, but lists to the end before it calls each.
func (p persistent) List(ctx context.Context, prefix string, each func(run.Object) error) error {
	var listed []run.Object
	err := p.again(ctx, func() error {
		listed = listed[:0]
		return p.Bucket.List(ctx, prefix, func(o run.Object) error {
			listed = append(listed, o)
			return nil
		})
	})
	for i := 0; i < len(listed) && err == nil; i++ {
		err = each(listed[i])
	}
	return err
}

// Put is that of runs.Bucket.
func (p persistent) Put(ctx context.Context, key string, body []byte, contentType string) error {
	return p.again(ctx, func() error { return p.Bucket.Put(ctx, key, body, contentType) })
}

// again calls until S3 does not refuse. What it does not answer, or asks to slow
// down for, the client has tried again already, and the state machine will.
func (p persistent) again(ctx context.Context, call func() error) error {
	err := call()
	for _, pause := range pauses() {
		var fault *run.Fault
		var changed *archive.Unreadable // between asking for it and reading it
		refused := errors.As(err, &fault) && (fault.Name == run.Denied || fault.Name == run.UnusableArchive)
		if !refused && !errors.As(err, &changed) || p.wait(ctx, pause) != nil {
			return err
		}
		err = call()
	}
	return err
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
