package archive

import (
	"context"
	"sync"

	"github.com/rehydrate/rehydrate/internal/run"
)

const (
	// concurrency is how many branches are listed at once, each page by page.
	concurrency = 32
	// ahead is how many branches are listed from that whose turn it is: more than at
	// once, so that calls do not all wait for the slowest of them.
	ahead = 2 * concurrency
	// depth is how many pages of a branch may wait for their turn, one less for
	// each branch before it, but minPages at least. So a branch has mostly been listed
	// when its turn comes, and no more than some 1,100 pages wait in all, of 1,000
	// objects and some 110 KB each.
	depth    = 48
	minPages = 2
)

// order hands on what branches hold one after the other, while they are listed
// beside each other.
type order struct {
	branches []branch

	mu      sync.Mutex
	changed sync.Cond
	waiting []waiting // by branch
	begun   int       // branches
	front   int       // the branch whose objects are handed on
	err     error
	over    bool
}

// waiting is what has been listed of a branch and not been handed on.
type waiting struct {
	pages []packed
	ended bool
}

// run lists branches and hands on their objects.
func (l *listing) run(ctx context.Context, branches []branch, each func(run.Object) error) error {
	ctx, cancel := context.WithCancel(ctx)
	o := &order{branches: branches, waiting: make([]waiting, len(branches))}
	o.changed.L = &o.mu
	var workers sync.WaitGroup
	for range min(concurrency, len(branches)) {
		workers.Go(func() {
			for {
				i, more := o.begin()
				if !more {
					return
				}
				o.end(i, l.branch(ctx, branches[i], func(page packed) bool { return o.put(i, page) }))
			}
		})
	}
	err := l.handOn(o, each)
	cancel()
	o.stop()
	workers.Wait()
	return err
}

// branch lists one branch until put wants no more.
func (l *listing) branch(ctx context.Context, b branch, put func(packed) bool) error {
	var objects []run.Object
	var scratch []byte
	for page, err := range pages(ctx, l.client, l.bucket, b.prefix, "") {
		if err != nil {
			return err
		}
		objects = objects[:0]
		for _, o := range page.Contents {
			objects = append(objects, listed(o))
		}
		if !put(pack(b.prefix, objects, &scratch)) {
			return nil
		}
	}
	return nil
}

// handOn hands on the objects of the branches in order, until none is left.
func (l *listing) handOn(o *order, each func(run.Object) error) error {
	for i, b := range o.branches {
		for {
			page, more, err := o.take(i)
			if err != nil {
				return err
			}
			if !more {
				break
			}
			if err := page.each(b.prefix, func(object run.Object) error { return l.take(object, &b, each) }); err != nil {
				return err
			}
		}
		if l.progress != nil {
			l.progress(i+1, len(o.branches))
		}
	}
	return nil
}

// begin waits for a branch to list: none that is too far from its turn.
func (o *order) begin() (i int, more bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.over && o.begun < len(o.branches) && o.begun >= o.front+ahead {
		o.changed.Wait()
	}
	if o.over || o.begun == len(o.branches) {
		return 0, false
	}
	o.begun++
	return o.begun - 1, true
}

// put adds a page to a branch, when there is room; false if it is not wanted any
// more.
func (o *order) put(i int, page packed) (wanted bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.over && len(o.waiting[i].pages) >= max(minPages, depth-(i-o.front)) {
		o.changed.Wait()
	}
	o.waiting[i].pages = append(o.waiting[i].pages, page)
	o.changed.Broadcast()
	return !o.over
}

// end says that a branch has been listed.
func (o *order) end(i int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting[i].ended = true
	if o.err == nil {
		o.err = err
	}
	o.changed.Broadcast()
}

// take waits for the next page of the branch at the front; there are no more
// when its end has been reached.
func (o *order) take(i int) (page packed, more bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.front != i {
		o.front = i
		o.changed.Broadcast()
	}
	w := &o.waiting[i]
	for o.err == nil && len(w.pages) == 0 && !w.ended {
		o.changed.Wait()
	}
	if o.err != nil || len(w.pages) == 0 {
		return nil, false, o.err
	}
	page = w.pages[0]
	w.pages[0] = nil // not to be held by what is left
	w.pages = w.pages[1:]
	o.changed.Broadcast()
	return page, true, nil
}

func (o *order) stop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over = true
	o.changed.Broadcast()
}
