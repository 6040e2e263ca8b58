package runs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
)

// Reader is the part of the run bucket that its history is read from.
type Reader interface {
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	List(ctx context.Context, prefix string, each func(run.Object) error) error
}

// History is what a run bucket remembers of the runs that have ended.
type History struct{ Bucket Reader }

// readAtOnce entries are read.
const readAtOnce = 16

// PutPast writes the run's entry in the history.
func (f Folder) PutPast(ctx context.Context, p run.Past) error {
	return f.put(ctx, run.HistoryKey(p.Started, f.Name), p)
}

// Newest are the last runs to have been started, the newest first: at most most of
// them, all where that is 0.
func (h History) Newest(ctx context.Context, most int) ([]run.Past, error) {
	keys, err := h.keys(ctx)
	if err != nil {
		return nil, err
	}
	slices.Reverse(keys) // they sort by time
	if most > 0 && len(keys) > most {
		keys = keys[:most]
	}
	found := make([]run.Past, len(keys))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readAtOnce)
	for i, key := range keys {
		group.Go(func() (err error) {
			found[i], err = h.read(ctx, key)
			return err
		})
	}
	return found, group.Wait()
}

// Find gives the run of a name. One that is not in the history is an
// archive.ErrNotFound.
func (h History) Find(ctx context.Context, name string) (run.Past, error) {
	keys, err := h.keys(ctx)
	if err != nil {
		return run.Past{}, err
	}
	// What stands before a name is as long in every key.
	before := len(run.HistoryKey(time.Time{}, ""))
	for _, key := range slices.Backward(keys) {
		if len(key) > before && key[before-len(".json"):] == name+".json" {
			return h.read(ctx, key)
		}
	}
	return run.Past{}, fmt.Errorf("the run %s is not in the history: %w", name, archive.ErrNotFound)
}

func (h History) keys(ctx context.Context) (keys []string, err error) {
	err = h.Bucket.List(ctx, run.HistoryFolder, func(o run.Object) error {
		if strings.HasSuffix(o.Key, ".json") {
			keys = append(keys, o.Key)
		}
		return nil
	})
	return keys, err
}

func (h History) read(ctx context.Context, key string) (p run.Past, err error) {
	body, err := h.Bucket.Open(ctx, key)
	if err != nil {
		return p, unreadable(key, err)
	}
	err = json.NewDecoder(body).Decode(&p)
	return p, unreadable(key, errors.Join(err, body.Close()))
}
