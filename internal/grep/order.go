package grep

import (
	"container/heap"
	"math"
	"time"
)

const (
	// lateness is how much later than an event the objects must have begun that are
	// read, before it is given: one that comes later than that stands out of order.
	lateness = time.Hour
	// aheadText is how much plain text behind an event is waited for at most,
	// windowBytes how many bytes of events wait, before the earliest is given.
	aheadText   = 128 << 20
	windowBytes = 16 << 20
)

// sorter brings events in the order of time, as far as a bounded number of them
// allows: of those that wait the earliest is given first, of equal ones the one
// that was read first.
type sorter struct {
	waiting []waiting
	bytes   int
	text    int64 // read so far
	until   int64 // events before this time, in milliseconds, need not wait
	read    uint64
	// left are the events that wait from the present run of aheadText, and
	// from the one before.
	left [2]int
	turn int64
}

type waiting struct {
	Event

	read uint64
	turn int64
}

func (w *sorter) Len() int { return len(w.waiting) }

func (w *sorter) Less(i, j int) bool {
	a, b := &w.waiting[i], &w.waiting[j]
	return a.Time < b.Time || a.Time == b.Time && a.read < b.read
}

func (w *sorter) Swap(i, j int) { w.waiting[i], w.waiting[j] = w.waiting[j], w.waiting[i] }

// Push is for container/heap.
func (w *sorter) Push(x any) { w.waiting = append(w.waiting, x.(waiting)) }

// Pop is for container/heap.
func (w *sorter) Pop() any {
	last := len(w.waiting) - 1
	x := w.waiting[last]
	w.waiting[last] = waiting{}
	w.waiting = w.waiting[:last]
	return x
}

// size is about what an event takes.
func size(e *Event) int {
	const fixed = 160
	return fixed + len(e.ID) + len(e.Message)
}

func (w *sorter) add(e Event) {
	w.bytes += size(&e)
	w.left[0]++
	w.read++
	heap.Push(w, waiting{e, w.read, w.turn})
}

// passed says that so much more text was read.
func (w *sorter) passed(text int64) {
	w.text += text
}

// began says that objects are read which began at t.
func (w *sorter) began(t time.Time) { w.until = t.Add(-lateness).UnixMilli() }

// end says that no event need wait any longer.
func (w *sorter) end() { w.until = math.MaxInt64 }

// next gives the earliest event if it need not wait any longer.
func (w *sorter) next() (Event, bool) {
	if len(w.waiting) == 0 {
		return Event{}, false
	}
	if w.text/aheadText > w.turn && w.left[1] == 0 {
		w.turn = w.text / aheadText
		w.left[0], w.left[1] = 0, w.left[0]
	}
	late := w.text/aheadText > w.turn
	if w.waiting[0].Time >= w.until && !late && w.bytes < windowBytes {
		return Event{}, false
	}
	first := heap.Pop(w).(waiting)
	w.bytes -= size(&first.Event)
	w.left[min(w.turn-first.turn, 1)]--
	return first.Event, true
}
