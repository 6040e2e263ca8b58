package bulk

import (
	"context"
	"sync"
)

// inFlight lets a number of requests be under way at once: it halves when the
// cluster pushes back and grows again by one when as many requests as it lets
// went well (additive increase, multiplicative decrease, as in RFC 5681), from 1
// to the number it was made with. It is safe for concurrent use.
type inFlight struct {
	slots chan struct{} // one token for each request that may start now

	mu    sync.Mutex
	size  int // how many tokens there are, those of requests under way included
	most  int
	debt  int // tokens to withhold as they come back
	going int // requests that went well since the size last changed
}

// newInFlight lets most requests, at least one, be under way.
func newInFlight(most int) *inFlight {
	most = max(most, 1)
	f := &inFlight{slots: make(chan struct{}, most), size: most, most: most}
	for range most {
		f.slots <- struct{}{}
	}
	return f
}

// enter waits for its turn; who entered must leave.
func (f *inFlight) enter(ctx context.Context) error {
	select {
	case <-f.slots:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave ends a request; pushedBack says that the cluster had too much to do.
func (f *inFlight) leave(pushedBack bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if pushedBack {
		smaller := max(f.size/2, 1)
		f.debt += f.size - smaller
		f.size, f.going = smaller, 0
	} else if f.going++; f.going >= f.size && f.size < f.most {
		f.size++
		f.going = 0
		f.give()
	}
	f.give()
	for f.debt > 0 {
		select {
		case <-f.slots:
			f.debt--
		default:
			return // the others are under way, and are kept when they end
		}
	}
}

// give hands a token back, or keeps it where one is owed.
func (f *inFlight) give() {
	if f.debt > 0 {
		f.debt--
		return
	}
	f.slots <- struct{}{}
}
