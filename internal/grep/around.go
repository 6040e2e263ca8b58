package grep

import (
	"container/list"
	"slices"
)

// maxBefore is how many bytes of events and log streams are kept that may come
// to stand before a selected event; the streams that were met longest ago go
// first.
const maxBefore = 8 << 20

// around chooses the events that stand around selected ones in their log
// streams. It is given all events in order.
type around struct {
	before, after int
	streams       map[stream]*list.Element // of recent
	recent        *list.List               // of *neighbours, the stream met last in front
	bytes         int
	last          *neighbours // of the event given last
}

type stream struct{ group, name string }

// neighbours are what is kept of a log stream.
type neighbours struct {
	key    stream
	before []Event // not given, the oldest first
	after  int     // still to be given
	left   bool    // an event was left out since the last that was given
}

// fixed is about what a log stream takes by itself.
const fixed = 300

func newAround(before, after int) around {
	return around{before: before, after: after, streams: map[stream]*list.Element{}, recent: list.New()}
}

// of gives the events to be given for the next one, in order.
func (a *around) of(e Event) []Event {
	if a.before == 0 && a.after == 0 {
		return []Event{e}
	}
	n := a.stream(e)
	switch {
	case e.Selected:
		for i := range n.before {
			a.bytes -= size(&n.before[i])
		}
		out := slices.Concat(n.before, []Event{e})
		out[0].Apart = a.last != nil && (a.last != n || n.left)
		n.before, n.left, n.after = nil, false, a.after
		a.last = n
		return out
	case n.after > 0:
		n.after--
		e.Apart = a.last != n
		a.last = n
		return []Event{e}
	}
	n.before = append(n.before, e)
	a.bytes += size(&e)
	if len(n.before) > a.before {
		a.bytes -= size(&n.before[0])
		n.before[0] = Event{}
		n.before, n.left = n.before[1:], true
	}
	for a.bytes > maxBefore && a.recent.Len() > 1 {
		a.forget(a.recent.Back())
	}
	return nil
}

// stream gives what is kept of an event's log stream, and takes notice of it.
func (a *around) stream(e Event) *neighbours {
	key := stream{e.Header.LogGroup, e.Header.LogStream}
	if at := a.streams[key]; at != nil {
		a.recent.MoveToFront(at)
		return at.Value.(*neighbours)
	}
	n := &neighbours{key: key}
	a.streams[key] = a.recent.PushFront(n)
	a.bytes += fixed
	return n
}

func (a *around) forget(at *list.Element) {
	n := a.recent.Remove(at).(*neighbours)
	delete(a.streams, n.key)
	a.bytes -= fixed
	for i := range n.before {
		a.bytes -= size(&n.before[i])
	}
}
