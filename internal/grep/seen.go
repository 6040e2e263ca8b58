package grep

import (
	"hash/maphash"
	"time"
)

// maxSeen is how many ids are remembered before older ones are forgotten: the
// ids of at least so many events before the one at hand are known.
const maxSeen = 1 << 19

// seen remembers the ids of events, by 128 bits of hash, for a span of key time.
type seen struct {
	span      time.Duration
	seeds     [2]maphash.Seed
	now, past map[[2]uint64]struct{}
	since     time.Time // when the first object of now began
}

func newSeen(span time.Duration) *seen {
	return &seen{
		span: max(span, time.Hour), seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		now: map[[2]uint64]struct{}{}, past: map[[2]uint64]struct{}{},
	}
}

// began says that what comes is from objects that began at t.
func (s *seen) began(t time.Time) {
	if t.Sub(s.since) > s.span {
		s.turn()
		s.since = t
	}
}

func (s *seen) turn() {
	s.now, s.past = s.past, s.now
	clear(s.now)
}

// again tells whether the id was met before.
func (s *seen) again(id string) bool {
	key := [2]uint64{maphash.String(s.seeds[0], id), maphash.String(s.seeds[1], id)}
	if _, ok := s.now[key]; ok {
		return true
	}
	_, ok := s.past[key]
	if len(s.now) >= maxSeen {
		s.turn()
	}
	s.now[key] = struct{}{}
	return ok
}
