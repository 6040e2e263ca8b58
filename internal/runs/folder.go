// Package runs keeps the files of a run under runs/NAME/ in the run bucket, and its
// line in the history: each is written and read here and nowhere else, under the keys
// of package run. It knows what they hold, not what it means.
package runs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
)

// Bucket is the run bucket; an *archive.Bucket is one.
type Bucket interface {
	Name() string
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	List(ctx context.Context, prefix string, each func(run.Object) error) error
	Put(ctx context.Context, key string, body []byte, contentType string) error
	PutNew(ctx context.Context, key string, body []byte, contentType string) error
	PutStream(ctx context.Context, key string, body io.Reader, contentType string) error
}

// Folder is that of the run Name. A file that is not there is an
// archive.ErrNotFound; every other error of a file is a *run.Fault that names its
// key.
type Folder struct {
	Bucket Bucket
	Name   string
}

const jsonType = "application/json"

// Claim makes the run's name the execution's own, for good. A repeated call of the
// same execution finds its own claim.
func (f Folder) Claim(ctx context.Context, e run.Execution) error {
	claim, err := json.Marshal(e)
	if err != nil {
		return err
	}
	err = f.Bucket.PutNew(ctx, run.ClaimKey(f.Name), claim, jsonType)
	if !errors.Is(err, archive.ErrExists) {
		return err
	}
	var owner json.RawMessage
	if err := f.get(ctx, run.ClaimKey(f.Name), &owner); err != nil {
		return err
	}
	if !bytes.Equal(owner, claim) {
		return &run.Fault{
			Name: run.NameTaken, Reason: fmt.Sprintf("a run named %s exists already (%s)", f.Name, owner),
			Remedy: "start the execution under another name",
		}
	}
	return nil
}

// Plan reads the run's plan.
func (f Folder) Plan(ctx context.Context) (p run.Plan, err error) {
	err = f.get(ctx, run.PlanKey(f.Name), &p)
	return p, err
}

// PutPlan writes the run's plan.
func (f Folder) PutPlan(ctx context.Context, p run.Plan) error {
	return f.put(ctx, run.PlanKey(f.Name), p)
}

// Inventory reads what List found.
func (f Folder) Inventory(ctx context.Context) (v run.Inventory, err error) {
	err = f.get(ctx, run.InventoryKey(f.Name), &v)
	return v, err
}

// PutInventory writes what List found.
func (f Folder) PutInventory(ctx context.Context, v run.Inventory) error {
	return f.put(ctx, run.InventoryKey(f.Name), v)
}

// Prepared reads what Prepare found and did.
func (f Folder) Prepared(ctx context.Context) (p run.Prepared, err error) {
	err = f.get(ctx, run.PreparedKey(f.Name), &p)
	return p, err
}

// PutPrepared writes what Prepare found and did.
func (f Folder) PutPrepared(ctx context.Context, p run.Prepared) error {
	return f.put(ctx, run.PreparedKey(f.Name), p)
}

// Report reads the run's report, or as much of it as v has members for.
func (f Folder) Report(ctx context.Context, v any) error {
	return f.get(ctx, run.ReportKey(f.Name), v)
}

// PutReport writes the run's report, and PutPage the same for people.
func (f Folder) PutReport(ctx context.Context, body []byte) error {
	return f.write(ctx, run.ReportKey(f.Name), body, jsonType)
}

// PutPage writes the report as a page.
func (f Folder) PutPage(ctx context.Context, body []byte) error {
	return f.write(ctx, run.PageKey(f.Name), body, "text/html; charset=utf-8")
}

// Refused calls each for every file of documents that the cluster refused; each
// is an object of the run bucket that can be indexed.
func (f Folder) Refused(ctx context.Context, each func(run.Object) error) error {
	return f.Bucket.List(ctx, run.RefusedFolder(f.Name), func(o run.Object) error {
		o.Bucket = f.Bucket.Name()
		return each(o)
	})
}

// Results calls each for every file that Step Functions wrote of the run's map.
func (f Folder) Results(ctx context.Context, each func(run.Object) error) error {
	return f.Bucket.List(ctx, run.ResultsPrefix(f.Name)+"/", each)
}

// Events calls each for every file of written events, in the order of days and
// hours.
func (f Folder) Events(ctx context.Context, each func(run.Object) error) error {
	return f.Bucket.List(ctx, run.EventsFolder(f.Name), each)
}

// File opens one of these files.
func (f Folder) File(ctx context.Context, key string) (io.ReadCloser, error) {
	body, err := f.Bucket.Open(ctx, key)
	return body, unreadable(key, err)
}

// get reads a JSON file.
func (f Folder) get(ctx context.Context, key string, v any) error {
	body, err := f.Bucket.Open(ctx, key)
	if err != nil {
		return unreadable(key, err)
	}
	defer func() { _ = body.Close() }()
	return unreadable(key, json.NewDecoder(body).Decode(v))
}

func (f Folder) put(ctx context.Context, key string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return f.write(ctx, key, body, jsonType)
}

func (f Folder) write(ctx context.Context, key string, body []byte, contentType string) error {
	if err := f.Bucket.Put(ctx, key, body, contentType); err != nil {
		return err
	}
	return f.confirm(ctx, key, int64(len(body)))
}

// confirm looks whether a file that was written is there. S3 lists what it has
// acknowledged at once: where it is not, something stands between, or deletes,
// and whoever waited for the file would wait in vain.
func (f Folder) confirm(ctx context.Context, key string, size int64) error {
	there := false
	err := f.Bucket.List(ctx, key, func(o run.Object) error {
		there = there || o.Key == key && o.Size == size
		return nil
	})
	if err != nil || there {
		return err
	}
	return &run.Fault{
		Name:   run.Unavailable,
		Reason: fmt.Sprintf("S3 acknowledged s3://%s/%s, but does not have it", f.Bucket.Name(), key),
		Remedy: "find what removes files of the run bucket or answers in the place of S3 (a job, a proxy), then start again",
	}
}

// unreadable keeps the name of an error that has one; others are Unavailable.
func unreadable(key string, err error) error {
	var fault *run.Fault
	switch {
	case err == nil:
		return nil
	case errors.Is(err, archive.ErrNotFound), errors.As(err, &fault):
		return fmt.Errorf("%s cannot be read: %w", key, err)
	}
	return &run.Fault{Name: run.Unavailable, Reason: key + " cannot be read", Err: err}
}

// Gzip is the run bucket for files that are gzip: rejected events, and written
// ones.
type Gzip struct{ Bucket Bucket }

// Put writes such a file.
func (r Gzip) Put(ctx context.Context, key string, body []byte) error {
	return r.Bucket.Put(ctx, key, body, "application/gzip")
}
