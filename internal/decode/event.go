package decode

import "strconv"

// Why an event is malformed.
const (
	notAnObject    = "the event is no object"
	givenTwice     = "a member is given twice"
	noID           = "no id"
	idNoString     = "the id is no string"
	idTooLong      = "the id has more than 512 bytes"
	idOdd          = "the id holds quotes, backslashes, control characters or bytes that are not UTF-8"
	noTimestamp    = "no timestamp"
	timestampOdd   = "the timestamp is no integer of milliseconds"
	timestampBound = "the timestamp lies outside of the years 0 to 9999"
	noMessage      = "no message"
	messageNoText  = "the message is no string"
)

// maxID is the longest _id in bytes that Elasticsearch and OpenSearch take.
const maxID = 512

// The first and last millisecond whose year RFC 3339 can write.
const (
	minTime = -62_167_219_200_000
	maxTime = 253_402_300_799_999
)

// member is a value that was met in an object. Null counts as absent.
type member struct {
	span

	kind byte // its first byte; 0 when absent, 'i' for an integer
}

// parts are those of an event in the record.
type parts struct {
	object                 bool
	twice                  bool
	id, timestamp, message member
}

// scanEvent scans a value of logEvents, an event or not, and gives the index
// behind it.
func (s *nest) scanEvent(b []byte, i int, e *parts) (int, problem) {
	const depth = 2 // inside of the record and of logEvents
	*e = parts{}
	if i >= len(b) {
		return i, short
	}
	if b[i] != '{' {
		return s.skipValue(b, i, depth)
	}
	e.object = true
	if i = scanSpace(b, i+1); i < len(b) && b[i] == '}' {
		return i + 1, none
	}
	for {
		n, name, p := scanName(b, i)
		if p != none {
			return n, p
		}
		var m member
		if i, p = s.scanMember(b, n, depth+1, &m); p != none {
			return i, p
		}
		switch {
		case name.is(b, "id"):
			e.keep(&e.id, m)
		case name.is(b, "timestamp"):
			e.keep(&e.timestamp, m)
		case name.is(b, "message"):
			e.keep(&e.message, m)
		}
		if i = scanSpace(b, i); i >= len(b) {
			return i, short
		}
		switch b[i] {
		case '}':
			return i + 1, none
		case ',':
			i = scanSpace(b, i+1)
		default:
			return i, badObject
		}
	}
}

func (e *parts) keep(at *member, m member) {
	if at.kind != 0 {
		e.twice = true
	}
	*at = m
}

// scanMember scans a member's value, and keeps what it is once it is whole.
func (s *nest) scanMember(b []byte, i, depth int, keep *member) (end int, p problem) {
	if i >= len(b) {
		return i, short
	}
	m := member{kind: b[i]}
	switch c := b[i]; {
	case c == '"':
		end, m.traits, p = scanString(b, i+1)
		m.from, m.to = i+1, end-1
	case c >= '0' && c <= '9' || c == '-':
		var integer bool
		end, integer, p = scanNumber(b, i)
		m.from, m.to = i, end
		if integer {
			m.kind = 'i'
		}
	default:
		end, p = s.skipValue(b, i, depth)
		m.from, m.to = i, end
	}
	if p == none {
		*keep = m
	}
	return end, p
}

func (m member) absent() bool { return m.kind == 0 || m.kind == 'n' }

// is compares a name, whose escapes count as what they stand for.
func (s span) is(b []byte, name string) bool {
	if s.traits&escaped == 0 {
		return string(s.of(b)) == name
	}
	return text(b, s) == name
}

// judge tells why the event cannot be used, or "", and its time.
func (e *parts) judge(b []byte) (ms int64, malformed string) {
	switch {
	case !e.object:
		return 0, notAnObject
	case e.twice:
		return 0, givenTwice
	case e.id.absent() || e.id.kind == '"' && e.id.from == e.id.to:
		return 0, noID
	case e.id.kind != '"':
		return 0, idNoString
	case e.id.to-e.id.from > maxID:
		return 0, idTooLong
	case e.id.traits != 0:
		return 0, idOdd
	case e.timestamp.absent():
		return 0, noTimestamp
	case e.timestamp.kind != 'i':
		return 0, timestampOdd
	}
	ms, err := strconv.ParseInt(string(e.timestamp.of(b)), 10, 64)
	switch {
	case err != nil || ms < minTime || ms > maxTime:
		return 0, timestampBound
	case e.message.absent():
		return 0, noMessage
	case e.message.kind != '"':
		return 0, messageNoText
	}
	return ms, ""
}

// fill makes the event of its parts in b; repaired is where a message is put
// together that cannot be used as it stands.
func (e *parts) fill(b []byte, out *Event, repaired *[]byte) {
	ms, malformed := e.judge(b)
	if malformed != "" {
		out.Malformed = malformed
		return
	}
	out.Time = ms
	out.ID = e.id.of(b)
	out.Message = b[e.message.from-1 : e.message.to+1]
	if e.message.traits&invalid != 0 {
		*repaired = appendRepaired((*repaired)[:0], out.Message)
		out.Message = *repaired
		out.Repaired = true
	}
}
