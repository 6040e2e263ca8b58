package report

import (
	"crypto/sha256"

	"github.com/rehydrate/rehydrate/internal/run"
)

// ledger holds the class of each object of the manifest in 17 bytes, whatever
// the length of its key.
type ledger struct {
	classes []run.End // by state-1
	states  map[identity]byte
	counts  map[run.End]int64
	ended   int64
}

// identity stands for an object; of a million, two share one with a
// probability of 1 in 10²⁶.
type identity [16]byte

func identify(o run.Object) identity {
	sum := sha256.Sum256([]byte(o.Bucket + "\x00" + o.Key))
	return identity(sum[:16])
}

func newLedger() *ledger {
	l := &ledger{classes: run.Ends(), states: map[identity]byte{}, counts: map[run.End]int64{}}
	for _, c := range l.classes {
		l.counts[c] = 0
	}
	return l
}

// list enters an object without a result; false where it is already there.
func (l *ledger) list(o run.Object) bool {
	id := identify(o)
	if _, ok := l.states[id]; ok {
		return false
	}
	l.states[id] = 0
	return true
}

// without is how many objects have no result yet.
func (l *ledger) without() int64 { return int64(len(l.states)) - l.ended }

// open tells whether o has no result yet.
func (l *ledger) open(o run.Object) bool {
	state, ok := l.states[identify(o)]
	return ok && state == 0
}

// class is that of o, empty where o is not of the manifest or has no result.
func (l *ledger) class(o run.Object) run.End {
	if state := l.states[identify(o)]; state > 0 {
		return l.classes[state-1]
	}
	return ""
}

// What end found.
type entry int

const (
	// first: the object had no result before.
	first entry = iota
	// again: it had one, and stays in the class of that, or is in Twice now if that
	// was Indexed.
	again
	// stranger: the object is not of the manifest.
	stranger
)

// end puts o in the class of its result. Its second value is the class in which
// o was before, if any.
func (l *ledger) end(o run.Object, c run.End) (entry, run.End) {
	id := identify(o)
	state, ok := l.states[id]
	if !ok {
		return stranger, ""
	}
	if state > 0 {
		before := l.classes[state-1]
		if before == run.Indexed {
			l.counts[run.Indexed]--
			l.set(id, run.Twice)
		}
		return again, before
	}
	l.ended++
	l.set(id, c)
	return first, ""
}

func (l *ledger) set(id identity, c run.End) {
	for i, known := range l.classes {
		if known == c {
			l.states[id] = byte(i + 1)
		}
	}
	l.counts[c]++
}
