package bulk

import "sync"

// spares keeps batches for use again. A batch has megabytes, and an object of an
// archive often kilobytes: to make, clear and collect them anew for each would
// cost several times what its documents do. There are never more than were in use
// at once. It is safe for concurrent use.
type spares struct {
	mu   sync.Mutex
	free []*Batch
}

// take gives an empty batch, made for size bytes of lines where none is spare.
func (s *spares) take(size int) *Batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.free) - 1
	if n < 0 {
		return NewBatch(size)
	}
	b := s.free[n]
	s.free[n] = nil
	s.free = s.free[:n]
	return b
}

// give empties b and keeps it, unless a huge event has blown it up.
func (s *spares) give(b *Batch) {
	b.Reset()
	if max(cap(b.lines), cap(b.raw)) > 2*b.room {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, b)
}
