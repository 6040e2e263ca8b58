package asl

import (
	"context"
	"sync"
)

// gate lets so many through at once. The number can be changed while it is open:
// those that are through stay so, as UpdateMapRun does in AWS.
type gate struct {
	mu      sync.Mutex
	changed *sync.Cond
	limit   int
	inside  int
}

func newGate(limit int) *gate {
	g := &gate{limit: limit}
	g.changed = sync.NewCond(&g.mu)
	return g
}

// enter waits for a place, and tells whether it got one before ctx ended.
func (g *gate) enter(ctx context.Context) bool {
	stop := context.AfterFunc(ctx, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.changed.Broadcast()
	})
	defer stop()
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.inside >= g.limit && ctx.Err() == nil {
		g.changed.Wait()
	}
	if ctx.Err() != nil {
		return false
	}
	g.inside++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	g.changed.Broadcast()
}

// set changes the limit; 0 is as many as there may be.
func (g *gate) set(limit int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.limit = limit; limit == 0 {
		g.limit = MaxChildren
	}
	g.changed.Broadcast()
}

func (g *gate) state() (limit, inside int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.limit, g.inside
}
