package archive

import (
	"context"
	"sync"

	"github.com/rehydrate/rehydrate/internal/run"
)

// order runs calls beside each other and hands on what they found one after the
// other, as if they had been made so. The calls are a list in key order; one
// that was made may put others in its place behind it.
type order struct {
	listing  *listing
	branches []branch // not yet in the list

	mu      sync.Mutex
	changed sync.Cond
	first   *call // whose objects are handed on next
	last    *call
	held    int // objects that calls of the list hold, or may come to hold
	waiting int // workers that found no call to make
	err     error
	over    bool
}

// run lists branches and hands on their objects.
func (l *listing) run(ctx context.Context, branches []branch, each func(run.Object) error) error {
	ctx, cancel := context.WithCancel(ctx)
	o := &order{listing: l, branches: branches}
	o.changed.L = &o.mu
	var workers sync.WaitGroup
	for range concurrency {
		workers.Go(func() { o.work(ctx) })
	}
	err := o.handOn(each)
	cancel()
	workers.Wait()
	return err
}

// work makes calls until there are none left.
func (o *order) work(ctx context.Context) {
	for {
		c := o.next()
		if c == nil {
			return
		}
		behind, err := o.listing.make(ctx, c, o.idle)
		o.done(c, behind, err)
	}
}

// next waits for a call to make: the foremost that nobody has begun. The first
// of all can always be begun, so that there is no standing still.
func (o *order) next() *call {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.over {
		c := o.first
		for c != nil && c.begun {
			c = c.next
		}
		if c == nil && len(o.branches) > 0 && o.held < ahead {
			b := o.branches[0]
			o.branches = o.branches[1:]
			c = &call{prefix: b.prefix, window: b.window}
			o.append(c)
		}
		if c != nil && (c == o.first || o.held < ahead) {
			c.begun = true
			o.held += pageSize
			return c
		}
		o.waiting++
		o.changed.Wait()
		o.waiting--
	}
	return nil
}

// idle tells whether half of the workers have nothing to do.
func (o *order) idle() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.waiting >= concurrency/2
}

func (o *order) append(c *call) {
	if o.first == nil {
		o.first = c
	} else {
		o.last.next = c
	}
	o.last = c
}

// done puts the calls that follow from c behind it.
func (o *order) done(c *call, behind []*call, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c.done = true
	o.held += len(c.objects) - pageSize
	if err != nil && o.err == nil {
		o.err = err
	}
	at := c
	for _, b := range behind {
		b.window = c.window
		o.held += len(b.objects)
		b.next, at.next = at.next, b
		if o.last == at {
			o.last = b
		}
		at = b
	}
	o.changed.Broadcast()
}

// handOn hands on the objects of the calls in order, until none is left.
func (o *order) handOn(each func(run.Object) error) error {
	defer o.end()
	for {
		c, err := o.front()
		if c == nil || err != nil {
			return err
		}
		for _, object := range c.objects {
			if err := o.listing.take(object, c.window, each); err != nil {
				return err
			}
		}
		o.pop()
	}
}

// front waits for the first call to be done; nil when there are no more.
func (o *order) front() (*call, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		switch {
		case o.err != nil:
			return nil, o.err
		case o.first == nil && len(o.branches) == 0:
			return nil, nil //nolint:nilnil // the end
		case o.first != nil && o.first.done:
			return o.first, nil
		}
		o.changed.Wait()
	}
}

func (o *order) pop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held -= len(o.first.objects)
	o.first = o.first.next
	o.changed.Broadcast()
}

func (o *order) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over = true
	o.changed.Broadcast()
}
