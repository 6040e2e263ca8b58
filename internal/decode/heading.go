package decode

import (
	"encoding/json"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
)

// heading is what a record holds beside its events. Its values are valid only
// for the bytes that were scanned.
type heading struct {
	kind, owner, group, stream, filters, raw jsonscan.Value
	// differs is the first value that stands where another was given before.
	differs jsonscan.Value
	// closed: the record's closing brace was met.
	closed bool
}

// complete tells whether nothing more is to come that events need.
func (h *heading) complete() bool { return h.sufficient() && h.filters.Kind != 0 }

// sufficient tells whether events can be used although the rest of the record
// cannot be read: whether they are log events, and whose, is known.
func (h *heading) sufficient() bool {
	return h.kind.Kind != 0 && h.owner.Kind != 0 && h.group.Kind != 0 && h.stream.Kind != 0
}

func (h *heading) slot(b []byte, name jsonscan.Value) *jsonscan.Value {
	switch {
	case name.Is(b, "messageType"):
		return &h.kind
	case name.Is(b, "owner"):
		return &h.owner
	case name.Is(b, "logGroup"):
		return &h.group
	case name.Is(b, "logStream"):
		return &h.stream
	case name.Is(b, "subscriptionFilters"):
		return &h.filters
	case name.Is(b, "rawData"):
		return &h.raw
	}
	return nil
}

// badEvents is what a record may not hold although it is sound JSON.
const badEvents jsonscan.Problem = "logEvents is no array"

// scan scans a record from its opening brace to the value of logEvents or, where
// it has none, to behind its closing brace.
func (h *heading) scan(nest *jsonscan.Nest, b []byte, i int) (int, jsonscan.Problem) {
	i, done, p := jsonscan.First(b, i)
	return h.members(nest, b, i, done, p)
}

// scanRest scans a record from behind the value of logEvents to the next one's
// or to behind its closing brace.
func (h *heading) scanRest(nest *jsonscan.Nest, b []byte, i int) (int, jsonscan.Problem) {
	i, done, p := jsonscan.Next(b, i, '}')
	return h.members(nest, b, i, done, p)
}

func (h *heading) members(nest *jsonscan.Nest, b []byte, i int, done bool, p jsonscan.Problem) (int, jsonscan.Problem) {
	const depth = 1 // inside of the record
	for p == "" && !done {
		var name, value jsonscan.Value
		if i, name, p = jsonscan.Name(b, i); p != "" {
			return i, p
		}
		if name.Is(b, "logEvents") {
			switch {
			case i >= len(b):
				return i, jsonscan.Short
			case b[i] != '[':
				return i, badEvents
			}
			return i, ""
		}
		if value, i, p = nest.Value(b, i, depth); p != "" {
			return i, p
		}
		if slot := h.slot(b, name); slot != nil && !keep(b, slot, value) && h.differs.Kind == 0 {
			h.differs = value
		}
		i, done, p = jsonscan.Next(b, i, '}')
	}
	h.closed = done
	return i, p
}

// Why all events of a record are malformed.
const (
	recordTwice  = "a member of the record is given twice, with different values"
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
	// text is the record up to its events, where nothing behind these was looked at
	// yet.
	text string
}

// read gives the heading's meaning.
func (h *heading) read(b []byte) meaning {
	m := meaning{header: &Header{}}
	switch {
	case h.differs.Kind != 0:
		m.unusable = recordTwice
	case absent(h.kind), h.kind.Kind == '"' && h.kind.Is(b, "DATA_MESSAGE"):
	case h.kind.Kind != '"':
		m.unusable = kindNoString
	case h.kind.Is(b, "CONTROL_MESSAGE"):
		m.control = true
	default:
		m.unusable = kindUnknown
	}
	for _, name := range []struct {
		from jsonscan.Value
		to   *string
	}{{h.owner, &m.header.Owner}, {h.group, &m.header.LogGroup}, {h.stream, &m.header.LogStream}} {
		switch {
		case absent(name.from):
		case name.from.Kind == '"':
			*name.to = name.from.Text(b)
		case m.unusable == "":
			m.unusable = nameNoString
		}
	}
	if h.filters.Kind == '[' && json.Unmarshal(h.filters.Of(b), &m.header.SubscriptionFilters) != nil {
		m.header.SubscriptionFilters = nil // no list of names: nothing depends on it
	}
	return m
}

// meanings remembers headings: records of a log stream begin alike.
type meanings map[string]meaning

// What is remembered: how many headings, and of how many bytes at most.
const (
	maxMeanings = 256
	maxHeading  = 4 << 10
)

// of gives the meaning of a complete heading that stands in b.
func (m meanings) of(b []byte, h *heading, start, end int) meaning {
	if known, ok := m[string(b[start:end])]; ok {
		return known
	}
	if len(m) >= maxMeanings {
		clear(m)
	}
	fresh := h.read(b)
	fresh.text = string(b[start:end])
	m[fresh.text] = fresh
	return fresh
}

// contradiction is the JSON value in rest, what a record says behind its events,
// that differs from what its heading said, or nil.
func (m meaning) contradiction(nest *jsonscan.Nest, rest []byte) []byte {
	record := append([]byte(m.text+"[]"), rest...)
	var h heading
	i, _ := h.scan(nest, record, 0)
	_, _ = h.scanRest(nest, record, i+len("[]"))
	if h.differs.Kind == '"' {
		return record[h.differs.From-1 : h.differs.To+1]
	}
	return record[h.differs.From:h.differs.To]
}
