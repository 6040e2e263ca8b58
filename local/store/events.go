package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/rehydrate/rehydrate/local/store/logdb"
)

// Event is one that a query found.
type Event struct {
	Time time.Time
	// Group and Stream are those of CloudWatch Logs; empty where documents were made
	// without them.
	Group, Stream string
	Index, ID     string
	// Message is at most 1.5 MiB of what was logged: that much can be searched.
	Message string
	// Fields are all of a row that a query has made something else of, such as a
	// sum; nil for an event.
	Fields []logdb.Field
}

// Query is what people ask for.
type Query struct {
	// LogsQL is a query in VictoriaLogs' language.
	// https://docs.victoriametrics.com/victorialogs/logsql/
	LogsQL string
	// From and To are the range of time: from ≤ time < to. A zero one is open.
	From, To time.Time
	// Limit is the most events that are wanted; 0: all.
	Limit int
	// Newest: the newest come first, else the oldest.
	Newest bool
	// Before and After are how many events of the same stream around each are given
	// with it.
	Before, After int
}

func (q Query) bounds() (from, to int64) {
	from, to = logdb.Oldest(), logdb.Newest()
	if !q.From.IsZero() {
		from = max(from, nanos(q.From))
	}
	if !q.To.IsZero() {
		to = min(to, nanos(q.To))
	}
	return from, to
}

// errEnough ends a query whose limit is reached.
var errEnough = errors.New("enough")

// Events gives what a query finds to f, in the order of time, as it comes: f's
// error ends it and is returned. Of a query that makes something else of events
// than each of them by itself, such as a sum or an order of its own, f is given
// the rows, with all of their Fields, in the query's order.
//
// A query that is no LogsQL is a *logdb.SyntaxError.
func (s *Store) Events(ctx context.Context, q Query, f func(Event) error) error {
	s.seen()
	by, err := logdb.Filters(q.LogsQL)
	if err != nil {
		return err
	}
	given := 0
	give := func(e Event) error {
		if q.Limit > 0 && given == q.Limit {
			return errEnough
		}
		given++
		return f(e)
	}
	if by {
		err = s.inOrder(ctx, q, give)
	} else {
		err = s.rows(ctx, q, give)
	}
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// rows gives the rows of a query as they come.
func (s *Store) rows(ctx context.Context, q Query, give func(Event) error) error {
	if q.Before > 0 || q.After > 0 {
		return fmt.Errorf("the events around others are not known for a query that makes something else of them: %s", q.LogsQL)
	}
	from, to := q.bounds()
	return s.db.Query(ctx, q.LogsQL, from, to, func(b *logdb.Block) error {
		for i := range b.Len() {
			if err := give(Event{Fields: b.Fields(i)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// readAtOnce is about how many events are held in memory to put them in order.
const readAtOnce = 5000

// inOrder reads the range in parts, one after another, each with about as many
// events as are held at once.
func (s *Store) inOrder(ctx context.Context, q Query, give func(Event) error) error {
	from, to := q.bounds()
	found, err := s.extents(ctx, "*", from, to)
	if err != nil {
		return err
	}
	whole := all(found)
	if whole.documents == 0 {
		return nil
	}
	parts, err := s.histogram(ctx, q.LogsQL, max(from, whole.first), min(to, whole.last+1), stepOf(whole.last-whole.first))
	if err != nil {
		return err
	}
	parts = joined(parts)
	if q.Newest {
		slices.Reverse(parts)
	}
	text := q.LogsQL
	if q.Before > 0 || q.After > 0 {
		text += fmt.Sprintf(" | stream_context before %d after %d", q.Before, q.After)
	}
	earlier := map[string]bool{}
	for _, p := range parts {
		events, err := s.part(ctx, text, max(from, p.from), min(to, p.to))
		if err != nil {
			return err
		}
		now := map[string]bool{}
		if q.Newest {
			slices.Reverse(events)
		}
		for _, e := range events {
			// What surrounds one event can surround another, too.
			key := e.Index + "\x00" + e.ID
			if now[key] || earlier[key] {
				continue
			}
			now[key] = true
			if err := give(e); err != nil {
				return err
			}
		}
		earlier = now
	}
	return nil
}

// joined puts neighbours together, up to about readAtOnce events.
func joined(parts []bucket) []bucket {
	var few []bucket
	for _, p := range parts {
		if n := len(few) - 1; n >= 0 && few[n].Events+p.Events <= readAtOnce {
			few[n].to = p.to
			few[n].Events += p.Events
			continue
		}
		few = append(few, p)
	}
	return few
}

// part reads a part of the range, in the order of time.
func (s *Store) part(ctx context.Context, query string, from, to int64) ([]Event, error) {
	var events []Event
	err := s.db.Query(ctx, query, from, to, func(b *logdb.Block) error {
		times := b.Times()
		for i := range b.Len() {
			e := Event{
				Group: b.Value(i, GroupField), Stream: b.Value(i, StreamField),
				Index: b.Value(i, fieldIndex), ID: b.Value(i, fieldID), Message: b.Value(i, logdb.Message),
			}
			if e.ID == "" {
				continue // what stream_context puts between streams
			}
			for _, text := range []*string{&e.Group, &e.Stream, &e.Index, &e.ID, &e.Message} {
				*text = strings.Clone(*text)
			}
			if times != nil {
				e.Time = time.Unix(0, times[i])
			}
			events = append(events, e)
		}
		return nil
	})
	slices.SortFunc(events, func(a, b Event) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Index, b.Index))
	})
	return events, err
}

// Count is how many events a query finds.
func (s *Store) Count(ctx context.Context, q Query) (n int64, err error) {
	parts, err := s.Histogram(ctx, q, 0)
	for _, p := range parts {
		n += p.Events
	}
	return n, err
}

// Part is a part of a range of time, and how many events of a query it holds.
type Part struct {
	From, To time.Time
	Events   int64
}

// Histogram counts what a query finds in parts of its range that are step long,
// or in all of it where that is 0. Parts begin at multiples of step since 1970, a
// step is whole milliseconds; empty parts are left out.
func (s *Store) Histogram(ctx context.Context, q Query, step time.Duration) ([]Part, error) {
	from, to := q.bounds()
	s.seen()
	if step <= 0 {
		step = time.Duration(math.MaxInt64).Truncate(time.Hour)
	}
	counted, err := s.histogram(ctx, q.LogsQL, from, to, step)
	parts := make([]Part, 0, len(counted))
	for _, b := range counted {
		parts = append(parts, Part{time.Unix(0, max(b.from, from)), time.Unix(0, min(b.to, to)), b.Events})
	}
	return parts, err
}
