package steer

import (
	"fmt"
	"math"
	"slices"

	"github.com/rehydrate/rehydrate/internal/run"
)

const (
	// looks at the cluster are judged together: one alone is chance.
	looks = 3
	// fullQueue bulk requests wait for each thread of a cluster that has too many: what
	// one more child sends only waits longer, and so do the bulk requests of others. A
	// queue of a request or two a thread keeps the threads at work.
	fullQueue = 3
	// Heap that stays above these after collections, in percent: nothing is added, and
	// something is taken away. Elasticsearch's parent breaker trips at 95, Amazon's
	// service blocks writes at 92.
	muchHeap, fullHeap = 80, 88
	// shrink is what stays of the concurrency when the cluster pushes back.
	shrink = 0.7
	// steady is in how many judgements in a row a few refusals are no chance.
	steady = 3
	// patience is how many judgements without pushback pass before what was too much is
	// tried again: at first, twice as many after each time, and at most.
	patience     = 20
	mostPatience = 640
)

// governor decides how many objects are indexed at once: twice as many while the
// cluster has threads to spare, then one more at a time until all of them are at work
// at each look or bulk requests wait; fewer at once when it pushes back.
// That is when it refuses more bulk requests than children run, for each of which one
// is waited for, when too many wait, and when it runs out of heap.
type governor struct {
	most int
	// eager until the cluster had enough to do for the first time.
	eager bool
	// tooMuch is the least concurrency at which the cluster pushed back, 0 for none.
	tooMuch int
	// calm are the judgements since, patience those to wait for.
	calm, patience int

	trickle  int   // judgements in a row in which something was refused
	rejected int64 // of the cluster ever, as of the last look
	known    bool
	seen     []look
}

// look is what one look at the cluster showed.
type look struct {
	queue, heap float64 // requests a thread, percent
	idle        bool    // some thread has nothing to do
	refused     int64   // since the look before
}

func newGovernor(most int) *governor {
	return &governor{most: most, eager: true, patience: patience / 2}
}

// add takes a look. Judge has something to go by when it gives true.
func (g *governor) add(r run.Room) bool {
	l := look{
		queue: float64(r.WriteQueue) / float64(max(r.WriteThreads, 1)), heap: float64(r.HeapPercent),
		idle: r.WriteActive < max(r.WriteThreads, 1),
	}
	if g.known {
		l.refused = max(0, r.Rejected-g.rejected) // a node that restarts begins at 0
	}
	g.rejected, g.known = r.Rejected, true
	g.seen = append(g.seen, l)
	return len(g.seen) >= looks
}

// forget drops what was seen: it is of another concurrency.
func (g *governor) forget() { g.seen = g.seen[:0] }

// judge gives the concurrency that is to take the place of now, and why.
func (g *governor) judge(now int) (next int, why string) {
	var refused int64
	idle := 0
	queues, heaps := []float64{}, []float64{}
	for _, l := range g.seen {
		refused += l.refused
		if l.idle {
			idle++
		}
		queues, heaps = append(queues, l.queue), append(heaps, l.heap)
	}
	g.forget()
	slices.Sort(queues)
	// The least heap is that after a collection.
	queue, heap := queues[len(queues)/2], slices.Min(heaps)
	switch {
	case refused > int64(now):
		why = fmt.Sprintf("%d bulk requests were refused", refused)
	case queue > fullQueue:
		why = fmt.Sprintf("%.0f bulk requests wait for each thread", queue)
	case heap >= fullHeap:
		why = fmt.Sprintf("%.0f%% of the heap are in use", heap)
	}
	if g.trickle++; refused == 0 {
		g.trickle = 0
	}
	if why == "" && g.trickle >= steady && now > 1 {
		g.eager, g.calm, g.trickle, g.tooMuch = false, 0, 0, now
		g.patience = min(2*g.patience, mostPatience)
		return now - 1, "some bulk requests are refused again and again"
	}
	if why != "" {
		g.eager, g.calm, g.tooMuch = false, 0, now
		g.patience = min(2*g.patience, mostPatience)
		return max(1, min(now-1, int(math.Ceil(float64(now)*shrink)))), why
	}
	if g.calm++; g.calm > g.patience {
		g.tooMuch = 0
	}
	switch {
	case now >= g.most:
		return now, "it is the most that was asked for"
	case queue >= 1 || refused > 0 || idle == 0:
		g.eager = false
		return now, "the cluster has enough to do"
	case heap >= muchHeap:
		return now, fmt.Sprintf("%.0f%% of the heap are in use", heap)
	case g.eager && 2*idle > looks:
		return min(2*now, g.most), "the cluster has threads to spare"
	case g.tooMuch > 0 && now+1 >= g.tooMuch:
		return now, fmt.Sprintf("with %d the cluster pushed back", g.tooMuch)
	}
	g.eager = false
	return now + 1, "the cluster has nothing waiting"
}
