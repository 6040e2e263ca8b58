package decode

import "encoding/json"

// heading is what a record holds beside its events. Spans are valid only for
// the bytes that were scanned.
type heading struct {
	kind, owner, group, stream, filters, raw member
	// events: logEvents was met; closed: the record's closing brace was.
	events, closed bool
}

// complete tells whether nothing more is to come that events need.
func (h *heading) complete() bool { return h.sufficient() && h.filters.kind != 0 }

// sufficient tells whether events can be used although the rest of the record
// cannot be read: whether they are log events, and whose, is known.
func (h *heading) sufficient() bool {
	return h.kind.kind != 0 && h.owner.kind != 0 && h.group.kind != 0 && h.stream.kind != 0
}

func (h *heading) slot(b []byte, name span) *member {
	switch {
	case name.is(b, "messageType"):
		return &h.kind
	case name.is(b, "owner"):
		return &h.owner
	case name.is(b, "logGroup"):
		return &h.group
	case name.is(b, "logStream"):
		return &h.stream
	case name.is(b, "subscriptionFilters"):
		return &h.filters
	case name.is(b, "rawData"):
		return &h.raw
	}
	return nil
}

// scanRecord scans a record from its opening brace to the value of logEvents
// or, where it has none, to behind its closing brace.
func (s *nest) scanRecord(b []byte, i int, h *heading) (int, problem) {
	i = scanSpace(b, i+1)
	if i < len(b) && b[i] == '}' {
		h.closed = true
		return i + 1, none
	}
	return s.scanMembers(b, i, h)
}

// scanRest scans a record from behind the value of logEvents to behind its
// closing brace.
func (s *nest) scanRest(b []byte, i int, h *heading) (int, problem) {
	i, done, p := h.goOn(b, i)
	if done || p != none {
		return i, p
	}
	return s.scanMembers(b, i, h)
}

func (s *nest) scanMembers(b []byte, i int, h *heading) (int, problem) {
	const depth = 1 // inside of the record
	for {
		n, name, p := scanName(b, i)
		if p != none {
			return n, p
		}
		if name.is(b, "logEvents") {
			switch {
			case h.events:
				return i, badTwice
			case n >= len(b):
				return n, short
			case b[n] != '[':
				return n, badEvents
			}
			h.events = true
			return n, none
		}
		var m member
		slot := h.slot(b, name)
		if slot == nil {
			slot = &m
		} else if slot.kind != 0 {
			return i, badTwice
		}
		if i, p = s.scanMember(b, n, depth, slot); p != none {
			return i, p
		}
		var done bool
		if i, done, p = h.goOn(b, i); done || p != none {
			return i, p
		}
	}
}

// goOn goes from behind a value to the next name, or behind the closing brace.
func (h *heading) goOn(b []byte, i int) (n int, done bool, p problem) {
	i = scanSpace(b, i)
	switch {
	case i >= len(b):
		return i, false, short
	case b[i] == '}':
		h.closed = true
		return i + 1, true, none
	case b[i] == ',':
		return scanSpace(b, i+1), false, none
	}
	return i, false, badObject
}

// Why all events of a record are malformed.
const (
	kindNoString = "the record's messageType is no string"
	kindUnknown  = "the record's messageType is neither DATA_MESSAGE nor CONTROL_MESSAGE"
	nameNoString = "the record's owner, logGroup or logStream is no string"
)

// meaning is what a heading says of the record's events.
type meaning struct {
	header  *Header
	control bool
	// unusable is why all events are malformed.
	unusable string
}

// read gives the heading's meaning.
func (h *heading) read(b []byte) meaning {
	m := meaning{header: &Header{}}
	switch {
	case h.kind.absent(), h.kind.kind == '"' && h.kind.is(b, "DATA_MESSAGE"):
	case h.kind.kind != '"':
		m.unusable = kindNoString
	case h.kind.is(b, "CONTROL_MESSAGE"):
		m.control = true
	default:
		m.unusable = kindUnknown
	}
	for _, name := range []struct {
		from *member
		to   *string
	}{{&h.owner, &m.header.Owner}, {&h.group, &m.header.LogGroup}, {&h.stream, &m.header.LogStream}} {
		switch {
		case name.from.absent():
		case name.from.kind == '"':
			*name.to = text(b, name.from.span)
		case m.unusable == "":
			m.unusable = nameNoString
		}
	}
	if h.filters.kind == '[' && json.Unmarshal(h.filters.of(b), &m.header.SubscriptionFilters) != nil {
		m.header.SubscriptionFilters = nil // no list of names: nothing depends on it
	}
	return m
}

// meanings remembers headings: records of a log stream begin alike.
type meanings map[string]meaning

// maxMeanings bounds what is remembered.
const maxMeanings = 256

// of gives the meaning of a heading that stands in b.
func (m meanings) of(b []byte, h *heading, start, end int) meaning {
	if known, ok := m[string(b[start:end])]; ok {
		return known
	}
	if len(m) >= maxMeanings {
		clear(m)
	}
	fresh := h.read(b)
	if end-start <= 4096 {
		m[string(b[start:end])] = fresh
	}
	return fresh
}
