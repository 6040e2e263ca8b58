package decode

import "github.com/rehydrate/rehydrate/internal/run"

// Decoder gives the log events of one object. It is used by one goroutine.
type Decoder struct {
	plain  plain
	object *object
	from   run.Place
	limit  int64
	nested int // how many Firehose error records it is in

	// buf holds the text from offset base on; at is the first byte that is still
	// needed. No step moves at before it is done, so that one that ran short can
	// be taken again with more text.
	buf  []byte
	base int64
	at   int
	// ended is what the text ended with, nil while there is more.
	ended error

	state   state
	array   array
	record  record
	records int64 // whole ones so far, from the object's start
	reached int64 // offset up to which the text is counted
	found   bool  // a record started at from
	newline bool  // in the gap before the record at hand
	framing []string

	nest     nest
	parts    parts
	known    meanings
	repaired []byte

	inner *Decoder // of the error record at hand
	seen  Stats    // inner's, as counted so far

	starts [maxLayers]int64 // as of the text in buf
	taken  [maxLayers]int64 // events that ended behind starts

	stats Stats // so far
	told  Stats // as of the last event given
	err   error
}

// state is where in the text at is.
type state uint8

const (
	between  state = iota // records
	heads                 // at a record's brace
	inEvents              // behind the bracket of logEvents or one of its values
	rest                  // behind the bracket that closes logEvents
	wrapped               // at the brace of an error record whose events are being given
)

// record is the record at hand, or the gap before the next.
type record struct {
	start  int64
	events int64 // of its events passed so far
	// end is the index behind an error record; told, that what cannot be read of
	// it was given.
	end  int
	told bool

	head heading
	meaning
}

// readHeading reads the record at hand up to its events.
func (d *Decoder) readHeading() error {
	for {
		b := d.visible()
		var h heading
		n, p := d.nest.scanRecord(b, d.at, &h)
		if p == short {
			if err := d.more(); err != nil {
				return d.stop(err)
			}
			continue
		}
		if p != none {
			return d.wrong(n, p)
		}
		if h.closed {
			return d.readEventless(b, n, &h)
		}
		d.record.head = h
		if h.complete() {
			d.record.meaning = d.known.of(b, &h, d.at, n)
		} else if again, err := d.lookAhead(b, n, h); err != nil {
			return err
		} else if again {
			continue
		}
		d.at = n + 1
		d.state = inEvents
		return nil
	}
}

// lookAhead reads what the record says of its events behind them. Where the
// record breaks off before it has said enough, its events cannot be given.
func (d *Decoder) lookAhead(b []byte, events int, h heading) (again bool, err error) {
	const depth = 1 // inside of the record
	n, p := d.nest.skipValue(b, events, depth)
	if p == none {
		n, p = d.nest.scanRest(b, n, &h)
	}
	var end error
	if p == short {
		if end = d.more(); end == nil {
			return true, nil
		}
	}
	switch {
	case p == none || h.sufficient():
		d.record.meaning = h.read(b)
		return false, nil
	case p == short:
		return false, d.stop(end)
	default:
		return false, d.wrong(n, p)
	}
}

// readEventless reads a record without logEvents, whose end is at n.
func (d *Decoder) readEventless(b []byte, n int, h *heading) error {
	if h.raw.kind == '"' {
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
		n, p := scanSpace(b, d.at), short
		switch {
		case n == len(b):
		case b[n] == ']':
			d.at, d.state = n+1, rest
			return false, nil
		case d.record.events == 0:
			p = none
		case b[n] == ',':
			n, p = scanSpace(b, n+1), none
		default:
			p = badArray
		}
		start := n
		if p == none {
			n, p = d.nest.scanEvent(b, start, &d.parts)
		}
		if p == short {
			if err := d.more(); err != nil {
				return false, d.stop(err)
			}
			continue
		}
		if p != none {
			return false, d.wrong(n, p)
		}
		d.at = n
		if d.record.control {
			d.record.events++
			return false, nil
		}
		*e = Event{Header: d.record.header, Raw: b[start:n], Malformed: d.record.unusable}
		if e.Malformed == "" {
			d.parts.fill(b, e, &d.repaired)
		}
		d.place(e, n)
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

// readRest reads the record at hand from behind its events to its end.
func (d *Decoder) readRest() error {
	for {
		b := d.visible()
		h := d.record.head
		n, p := d.nest.scanRest(b, d.at, &h)
		if p == short {
			if err := d.more(); err != nil {
				return d.stop(err)
			}
			continue
		}
		if p != none {
			return d.wrong(n, p)
		}
		d.at = n
		return d.endRecord()
	}
}
