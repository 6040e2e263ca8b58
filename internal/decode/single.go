package decode

import (
	"bytes"
	"time"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
)

// singleStart begins an event that stands for itself, a line of what a run into
// files writes (see package document, Lines):
//
//	{"@timestamp":"2018-12-10T03:57:44.183Z","id":…,"logGroup":…,"logStream":…,"message":…}
//
// Its other members may stand in any order, and more beside them, but none of a
// subscription record.
const singleStart = `{"@timestamp":"`

// single is such an event.
type single struct {
	parts
	group, stream jsonscan.Value
	// foreign: it has a member of a subscription record.
	foreign bool
}

// scan scans a JSON object from its opening brace to behind its closing one, or
// to a member that makes it foreign.
func (s *single) scan(nest *jsonscan.Nest, b []byte, i int) (int, jsonscan.Problem) {
	const depth = 1 // inside of the event
	s.object, s.dated = true, true
	i, done, p := jsonscan.First(b, i)
	for p == "" && !done {
		var name, value jsonscan.Value
		if i, name, p = jsonscan.Name(b, i); p != "" {
			return i, p
		}
		slot := s.slot(b, name)
		if s.foreign {
			return i, ""
		}
		if value, i, p = nest.Value(b, i, depth); p != "" {
			return i, p
		}
		if slot != nil && !keep(b, slot, value) {
			s.differs = true
		}
		i, done, p = jsonscan.Next(b, i, '}')
	}
	return i, p
}

func (s *single) slot(b []byte, name jsonscan.Value) *jsonscan.Value {
	switch {
	case name.Is(b, "@timestamp"):
		return &s.timestamp
	case name.Is(b, "id"):
		return &s.id
	case name.Is(b, "logGroup"):
		return &s.group
	case name.Is(b, "logStream"):
		return &s.stream
	case name.Is(b, "message"):
		return &s.message
	}
	for _, of := range []string{"messageType", "owner", "subscriptionFilters", "logEvents", "rawData"} {
		s.foreign = s.foreign || name.Is(b, of)
	}
	return nil
}

// complete tells whether it has all that makes it an event.
func (s *single) complete() bool {
	return s.id.Kind != 0 && s.group.Kind != 0 && s.stream.Kind != 0 && s.message.Kind != 0
}

// readSingle reads the event at the brace at hand, if it stands for itself: it is
// a record of one event. Where it is none, nothing is done.
func (d *Decoder) readSingle(e *Event) (is bool, err error) {
	for {
		b := d.visible()
		here := b[d.at:]
		if len(here) < len(singleStart) && bytes.HasPrefix([]byte(singleStart), here) && d.more() == nil {
			continue // a beginning that may become one
		}
		if !bytes.HasPrefix(here, []byte(singleStart)) {
			return false, nil
		}
		var s single
		n, p := s.scan(&d.nest, b, d.at)
		switch {
		case p == jsonscan.Short:
			if err := d.more(); err != nil {
				return true, d.stop(err)
			}
			continue
		case p != "" && d.form == Events:
			return false, nil // its line is malformed
		case p != "":
			return true, d.wrong(n, p)
		case s.foreign || !s.complete():
			return false, nil
		}
		m := d.known.ofSingle(b, &s)
		*e = Event{Form: Events, Header: m.header, Raw: b[d.at:n], Malformed: m.unusable}
		if e.Malformed == "" {
			s.fill(b, e, &d.repaired, d.source.DeriveIDs)
		}
		d.place(e, n)
		d.deriveAgain(e)
		d.at, d.state = n, behind
		return true, nil
	}
}

// ofSingle gives where an event is from. Those of a log stream are written alike.
func (m meanings) ofSingle(b []byte, s *single) meaning {
	h := heading{group: s.group, stream: s.stream}
	from, to := s.group.From-1, s.stream.To+1 // with their quotes
	if s.group.Kind != '"' || s.stream.Kind != '"' || s.stream.From < s.group.To || to-from > maxHeading {
		return h.read(b)
	}
	if known, ok := m[string(b[from:to])]; ok {
		return known
	}
	if len(m) >= maxMeanings {
		clear(m)
	}
	fresh := h.read(b)
	m[string(b[from:to])] = fresh
	return fresh
}

// milliseconds reads an RFC 3339 time.
func milliseconds(text []byte) (ms int64, malformed string) {
	var t time.Time
	if t.UnmarshalText(text) != nil || t.Nanosecond()%int(time.Millisecond) != 0 {
		return 0, timestampText
	}
	return t.UnixMilli(), ""
}
