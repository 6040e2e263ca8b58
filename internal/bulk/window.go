package bulk

import (
	"context"
	"sync"
)

// Window is how many requests may be under way at once: it halves when the
// cluster pushes back and grows again by one for each window of requests that
// went well (additive increase, multiplicative decrease, as in RFC 5681), from 1
// to the number it was made with. It is safe for concurrent use.
type Window struct {
	slots chan struct{} // one token for each request that may start now

	mu    sync.Mutex
	size  int // how many tokens there are, those of requests under way included
	most  int
	debt  int // tokens to withhold as they come back
	going int // requests that went well since the size last changed
}

// NewWindow lets most requests, at least one, be under way.
func NewWindow(most int) *Window {
	most = max(most, 1)
	w := &Window{slots: make(chan struct{}, most), size: most, most: most}
	for range most {
		w.slots <- struct{}{}
	}
	return w
}

// Size is how many requests may be under way now.
func (w *Window) Size() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.size
}

// enter waits for its turn; who entered must leave.
func (w *Window) enter(ctx context.Context) error {
	select {
	case <-w.slots:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave ends a request; pushedBack says that the cluster had too much to do.
func (w *Window) leave(pushedBack bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if pushedBack {
		smaller := max(w.size/2, 1)
		w.debt += w.size - smaller
		w.size, w.going = smaller, 0
	} else if w.going++; w.going >= w.size && w.size < w.most {
		w.size++
		w.going = 0
		w.give()
	}
	w.give()
	for w.debt > 0 {
		select {
		case <-w.slots:
			w.debt--
		default:
			return // the others are under way, and are kept when they end
		}
	}
}

// give hands a token back, or keeps it where one is owed.
func (w *Window) give() {
	if w.debt > 0 {
		w.debt--
		return
	}
	w.slots <- struct{}{}
}
