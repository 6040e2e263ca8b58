package grep

import (
	"context"
	"slices"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
)

// maxHour is how many objects of an hour are sorted.
const maxHour = 10_000

// list hands objects to the readers, those of an hour by the time in their keys.
func (s *search) list(ctx context.Context, a Archive) error {
	defer close(s.queue)
	defer close(s.work)
	var batch []run.Object
	flush := func() error {
		slices.SortStableFunc(batch, func(a, b run.Object) int { return began(a).Compare(began(b)) })
		for _, o := range batch {
			j := job{object: o, parts: make(chan part, chunks)}
			for _, to := range []chan job{s.queue, s.work} {
				select {
				case to <- j:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		batch = batch[:0]
		return nil
	}
	o := &s.options
	window := archive.Window{From: o.From.Add(-o.MarginBefore), To: o.To.Add(o.MarginAfter)}
	found, err := a.List(ctx, window, func(object run.Object) error {
		s.count(object)
		if full := len(batch) > 0 && (!hourOf(batch[0]).Equal(hourOf(object)) || len(batch) == maxHour); full && o.Ordered {
			if err := flush(); err != nil {
				return err
			}
		}
		batch = append(batch, object)
		return nil
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.listed.ListedAll, s.listed.Unmatched, s.listed.UnmatchedKeys = true, found.Unmatched, found.UnmatchedKeys
	s.mu.Unlock()
	return flush()
}

func (s *search) count(o run.Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listed.Listed++
	s.listed.ListedBytes += o.Size
	if t := began(o); !t.IsZero() {
		s.hours[t.UTC().Format(hourForm)] = true
	}
}

const hourForm = "2006-01-02T15"

// began is the time in an object's key; zero where it tells none by which objects
// come in order.
func began(o run.Object) time.Time {
	if o.Time == nil || o.Loose {
		return time.Time{}
	}
	return *o.Time
}

func hourOf(o run.Object) time.Time { return began(o).Truncate(time.Hour) }
