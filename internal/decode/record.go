package decode

import (
	"github.com/rehydrate/rehydrate/internal/jsonscan"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/timestamp"
)

// Decoder gives the log events of one object. It is used by one goroutine.
type Decoder struct {
	plain   plain
	buffers *Buffers
	object  *object
	from    run.Place
	limit   int64
	nested  int // how many Firehose error records it is in

	// buf holds the text from offset base on; at is the first byte that is still
	// needed. No step moves at before it is done, so that one that ran short can
	// be taken again with more text.
	buf  []byte
	base int64
	at   int
	// ended is what the text ended with, nil while there is more.
	ended error

	state   state
	form    Form // empty while it is not told
	array   array
	record  record
	records int64 // whole ones so far, from the object's start
	reached int64 // offset up to which the text is counted
	found   bool  // a record started at from
	newline bool  // in the gap before the record at hand
	framing []string

	nest     jsonscan.Nest
	parts    parts
	known    meanings
	repaired []byte

	inner *Decoder // of the error record at hand
	seen  Stats    // inner's, as counted so far

	starts [maxLayers]int64 // as of the text in buf
	taken  [maxLayers]int64 // events that ended behind starts

	source    Source
	reader    timestamp.Reader
	timeNames map[string]int     // in source.TimeFields
	times     []jsonscan.Value   // by these
	line      jsonObject         // of the line at hand
	headers   map[string]*Header // by where lines are from
	whole     *Header            // of an object whose lines tell nothing
	// What identifies the line at hand: its message as text, somewhere, and whether
	// its time is known to the millisecond.
	text    []byte
	escaped bool // text is as it stands in JSON
	fine    bool
	equal   ordinals
	// Buffers.
	key, hashed, id, unescaped []byte

	stats Stats // so far
	told  Stats // as of the last event given
	err   error
}

// state is where in the text at is.
type state uint8

const (
	between  state = iota // records
	heads                 // at a record's brace
	inEvents              // at the bracket of logEvents or behind one of its values
	lines                 // at a line
	rest                  // behind the bracket that closes logEvents
	behind                // an event that stands for itself
	wrapped               // at the brace of an error record whose events are being given
)

// record is the record at hand, or the gap before the next.
type record struct {
	start  int64
	events int64 // of its events passed so far
	begun  bool  // an event of the list at hand was passed
	// told: what cannot be used of the record itself was given as an event.
	told bool
	// end is the index behind an error record, fault why its original cannot be
	// read.
	end   int
	fault error

	meaning
}

// readHeading reads the record at hand up to its events.
func (d *Decoder) readHeading() error {
	for {
		b := d.visible()
		var h heading
		n, p := h.scan(&d.nest, b, d.at)
		if p == jsonscan.Short {
			if err := d.more(); err != nil {
				return d.stop(err)
			}
			continue
		}
		if p != "" {
			return d.wrong(n, p)
		}
		if h.closed {
			return d.readEventless(b, n, &h)
		}
		if h.complete() && n-d.at <= maxHeading {
			d.record.meaning = d.known.of(b, &h, d.at, n)
		} else if again, err := d.lookAhead(b, n, h); err != nil {
			return err
		} else if again {
			continue
		}
		d.beginEvents(n)
		return nil
	}
}

// beginEvents goes to the list of events at index n.
func (d *Decoder) beginEvents(n int) {
	d.at, d.state, d.record.begun = n, inEvents, false
}

// lookAhead reads what the record says of its events behind them. Where the
// record breaks off before it has said enough, its events cannot be given.
func (d *Decoder) lookAhead(b []byte, events int, h heading) (again bool, err error) {
	const depth = 1 // inside of the record
	n, p := events, jsonscan.Problem("")
	for p == "" && !h.closed {
		if _, n, p = d.nest.Value(b, n, depth); p == "" {
			n, p = h.scanRest(&d.nest, b, n)
		}
	}
	var end error
	if p == jsonscan.Short {
		if end = d.more(); end == nil {
			return true, nil
		}
	}
	switch {
	case p == "" || h.sufficient():
		d.record.meaning = h.read(b)
		return false, nil
	case p == jsonscan.Short:
		return false, d.stop(end)
	default:
		return false, d.wrong(n, p)
	}
}

// readEventless reads a record without logEvents, whose end is at n.
func (d *Decoder) readEventless(b []byte, n int, h *heading) error {
	if h.raw.Kind == '"' {
		d.record.end = n
		d.unwrap(b, h)
		return nil
	}
	d.record.meaning = h.read(b)
	if !d.record.control {
		return d.foreignObject(h)
	}
	d.at = n
	return d.endRecord()
}

// readEvent reads the next event of the record at hand.
func (d *Decoder) readEvent(e *Event) (given bool, err error) {
	for {
		b := d.visible()
		var start int
		var done bool
		var p jsonscan.Problem
		if d.record.begun {
			start, done, p = jsonscan.Next(b, d.at, ']')
		} else {
			start, done, p = jsonscan.First(b, d.at)
		}
		if p == "" && done {
			d.at, d.state = start, rest
			return false, nil
		}
		n := start
		if p == "" {
			n, p = d.parts.scan(&d.nest, b, start)
		}
		if p == jsonscan.Short {
			if err := d.more(); err != nil {
				return false, d.stop(err)
			}
			continue
		}
		if p != "" {
			return false, d.wrong(n, p)
		}
		d.record.begun = true
		d.at = n
		if d.record.control {
			d.record.events++
			return false, nil
		}
		*e = Event{Form: Records, Header: d.record.header, Raw: b[start:n], Malformed: d.record.unusable}
		if e.Malformed == "" {
			d.parts.fill(b, e, &d.repaired, d.source.DeriveIDs)
		}
		d.place(e, n)
		d.deriveAgain(e)
		return true, nil
	}
}

// place says where the event that was just read stands, and counts it for the
// members it came from: its text ends at index end.
func (d *Decoder) place(e *Event, end int) {
	e.Start = run.Place{Offset: d.record.start, Events: d.record.events}
	d.record.events++
	e.End = run.Place{Offset: d.record.start, Events: d.record.events}
	for l := range d.starts {
		if d.offset(end) > d.starts[l] {
			d.taken[l]++
		}
	}
}

// contradictable tells whether h, from behind events that were given by what
// stood before them, may say something else of them.
func (d *Decoder) contradictable(h *heading) bool {
	r := &d.record
	return *h != heading{closed: h.closed} && r.text != "" && !r.control && !r.told && r.unusable != recordTwice
}

// readRest reads the record at hand from behind its events to its end, or to
// where more of them are listed. Its events were given by what the record said
// before: where it says something else here, that is a malformed event more.
func (d *Decoder) readRest(e *Event) (given bool, err error) {
	for {
		b := d.visible()
		var h heading
		n, p := h.scanRest(&d.nest, b, d.at)
		if p == jsonscan.Short {
			if err := d.more(); err != nil {
				return false, d.stop(err)
			}
			continue
		}
		if p != "" {
			return false, d.wrong(n, p)
		}
		if d.contradictable(&h) {
			if raw := d.record.contradiction(&d.nest, b[d.at:n]); len(raw) > 0 {
				*e = Event{Form: Records, Header: d.record.header, Raw: raw, Malformed: recordTwice}
				d.record.told = true
				d.place(e, n)
				return true, nil
			}
		}
		if !h.closed {
			d.beginEvents(n)
			return false, nil
		}
		d.at = n
		return false, d.endRecord()
	}
}
