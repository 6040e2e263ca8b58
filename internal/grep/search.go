package grep

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// ahead is how many objects may be read, or be wanted to be, before the one whose turn it
// is.
const ahead = 64

// Search gives the sink what it finds, in the order of time: an event waits until
// objects come up that began an hour after it, or until as much waits as may be
// held. It returns at the end of the archive's range, of ctx (whose error it
// returns), or when enough was found; with a Fault, or the sink's error. The counts
// are those of what was looked at until then.
func Search(ctx context.Context, a Archive, o Options, sink Sink) (Counts, error) {
	parent := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &search{
		options: o, sink: sink, queue: make(chan job, ahead), work: make(chan job, ahead), hours: map[string]bool{},
		seen: newSeen(o.MarginBefore + o.MarginAfter), around: newAround(o.Before, o.After),
	}
	readers := make([]*reader, max(o.Workers, 1))
	for i := range readers {
		var err error
		if readers[i], err = newReader(a, o); err != nil {
			return Counts{}, err
		}
	}
	var all sync.WaitGroup
	var listing error
	all.Go(func() { listing = s.list(ctx, a) })
	for _, r := range readers {
		all.Go(func() {
			for j := range s.work {
				r.read(ctx, j)
			}
		})
	}
	err := s.take(ctx)
	cancel()
	all.Wait()
	switch {
	case errors.Is(err, errEnough):
		err = nil
	case parent.Err() != nil:
		err = parent.Err()
	case err == nil:
		err = listing
	}
	if giving := s.giveRest(); err == nil {
		err = giving
	}
	c := s.result()
	c.Gaps = s.gaps()
	return c, err
}

// errEnough ends a search that has found as much as was asked for.
var errEnough = errors.New("enough was found")

// search is one Search.
type search struct {
	options Options
	sink    Sink
	queue   chan job // in the order in which they are taken
	work    chan job

	mu     sync.Mutex // guards what the listing counts
	listed Counts
	hours  map[string]bool

	counts Counts
	seen   *seen
	sorter sorter
	around around
}

// take takes the objects in order.
func (s *search) take(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case j, ok := <-s.queue:
			if !ok {
				return nil
			}
			if err := s.object(ctx, j); err != nil {
				return err
			}
		}
	}
}

// object takes what is found in an object.
func (s *search) object(ctx context.Context, j job) error {
	if t := began(j.object); !t.IsZero() {
		s.sorter.began(t)
		s.seen.began(t)
		if err := s.give(); err != nil {
			return err
		}
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case p := <-j.parts:
			if err := s.part(p); err != nil {
				return err
			}
			if p.end != nil {
				return s.ended(ctx, j.object, p.end)
			}
		}
	}
}

// part takes a part of an object.
func (s *search) part(p part) error {
	s.counts.add(p.counts)
	for _, e := range p.events {
		if s.seen.again(e.ID) {
			if e.Selected {
				s.counts.Duplicates++
			}
			continue
		}
		if s.options.CountOnly {
			s.counts.Given++
			if s.counts.Given == s.options.Most {
				return errEnough
			}
			continue
		}
		s.sorter.add(e)
	}
	s.sorter.passed(p.text)
	if err := s.give(); err != nil {
		return err
	}
	return s.sink.Looked(s.result())
}

// ended counts an object that is done with.
func (s *search) ended(ctx context.Context, o run.Object, end error) error {
	var fault *run.Fault
	switch {
	case whole(end):
	case damaged(end):
		s.counts.Damaged++
		s.sink.Unread(o, end)
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(end, &fault):
		return end
	default:
		s.counts.Unread++
		s.sink.Unread(o, end)
	}
	s.counts.Objects++
	s.counts.Bytes += o.Size
	return nil
}

// give gives the sink the events that need not wait.
func (s *search) give() error {
	for {
		e, ok := s.sorter.next()
		if !ok {
			return nil
		}
		for _, e := range s.around.of(e) {
			if err := s.sink.Found(&e); err != nil {
				return err
			}
		}
		if e.Selected {
			s.counts.Given++
			if s.counts.Given == s.options.Most {
				return errEnough
			}
		}
	}
}

// giveRest gives what waits when a search has ended, unless that was enough.
func (s *search) giveRest() error {
	if s.options.Most > 0 && s.counts.Given >= s.options.Most {
		return nil
	}
	s.sorter.end()
	if err := s.give(); !errors.Is(err, errEnough) {
		return err
	}
	return nil
}

// result are the counts so far.
func (s *search) result() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counts
	l := &s.listed
	c.Listed, c.ListedBytes, c.ListedAll, c.Unmatched, c.UnmatchedKeys = l.Listed, l.ListedBytes, l.ListedAll, l.Unmatched, l.UnmatchedKeys
	return c
}

// gaps are the hours of the range without an object, between the first and the
// last that have one.
func (s *search) gaps() []string {
	names := slices.Sorted(maps.Keys(s.hours))
	if len(names) == 0 {
		return nil
	}
	var gaps []string
	for t := s.options.From.UTC().Truncate(time.Hour); t.Before(s.options.To); t = t.Add(time.Hour) {
		if name := t.Format(hourForm); !s.hours[name] && name > names[0] && name < names[len(names)-1] {
			gaps = append(gaps, name)
		}
	}
	return gaps
}
