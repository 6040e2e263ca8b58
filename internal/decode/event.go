package decode

import (
	"bytes"
	"strconv"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
)

// Why an event is malformed.
const (
	notAnObject    = "the event is no object"
	givenTwice     = "a member is given twice, with different values"
	noID           = "no id"
	idNoString     = "the id is no string"
	idTooLong      = "the id has more than 512 bytes" // MaxID
	idOdd          = "the id holds quotes, backslashes, control characters or bytes that are not UTF-8"
	noTimestamp    = "no timestamp"
	timestampOdd   = "the timestamp is no integer of milliseconds"
	timestampText  = "the @timestamp is no RFC 3339 time of whole milliseconds"
	timestampBound = "the timestamp lies outside of the years 0 to 9999"
	noMessage      = "no message"
	messageNoText  = "the message is no string"
)

// MaxID is the longest _id in bytes that Elasticsearch and OpenSearch take.
const MaxID = 512

// The first and last millisecond whose year RFC 3339 can write.
const (
	minTime = -62_167_219_200_000
	maxTime = 253_402_300_799_999
)

// parts are those of an event in the record.
type parts struct {
	object                 bool
	dated                  bool // the timestamp is text
	differs                bool // one of these was given again, with another value
	id, timestamp, message jsonscan.Value
}

// scan scans a value of logEvents, an event or not, and gives the index behind
// it.
func (e *parts) scan(nest *jsonscan.Nest, b []byte, i int) (int, jsonscan.Problem) {
	const depth = 2 // inside of the record and of logEvents
	*e = parts{}
	if i >= len(b) || b[i] != '{' {
		_, n, p := nest.Value(b, i, depth)
		return n, p
	}
	var done bool
	var p jsonscan.Problem
	e.object = true
	if n, ok := e.scanUsual(b, i); ok {
		i, done, p = jsonscan.Next(b, n, '}')
	} else {
		i, done, p = jsonscan.First(b, i)
	}
	for p == "" && !done {
		var name, value jsonscan.Value
		if i, name, p = jsonscan.Name(b, i); p != "" {
			break
		}
		if value, i, p = nest.Value(b, i, depth+1); p != "" {
			break
		}
		switch {
		case name.Is(b, "id"):
			e.differs = !keep(b, &e.id, value) || e.differs
		case name.Is(b, "timestamp"):
			e.differs = !keep(b, &e.timestamp, value) || e.differs
		case name.Is(b, "message"):
			e.differs = !keep(b, &e.message, value) || e.differs
		}
		i, done, p = jsonscan.Next(b, i, '}')
	}
	return i, p
}

// scanUsual scans the members of the event whose brace is at i, as CloudWatch
// Logs writes them, and gives the index behind the last: nearly all events are
// such, and it takes half of the time. Where they stand otherwise, or are short,
// it has done nothing.
func (e *parts) scanUsual(b []byte, i int) (end int, ok bool) {
	const id, timestamp, message = `{"id":"`, `,"timestamp":`, `,"message":"`
	n := i + len(id)
	if len(b) < n || string(b[i:n]) != id {
		return i, false
	}
	u := parts{object: true}
	var p jsonscan.Problem
	u.id, i, p = jsonscan.Scalar(b, n-1)
	if n = i + len(timestamp); p != "" || len(b) < n || string(b[i:n]) != timestamp {
		return i, false
	}
	u.timestamp, i, p = jsonscan.Scalar(b, n)
	if n = i + len(message); p != "" || len(b) < n || string(b[i:n]) != message {
		return i, false
	}
	if u.message, i, p = jsonscan.Scalar(b, n-1); p != "" {
		return i, false
	}
	*e = u
	return i, true
}

// keep keeps the value of a member in its slot, and tells whether it is the
// first or the same as the first: a string of the same text, else the same bytes.
func keep(b []byte, slot *jsonscan.Value, value jsonscan.Value) bool {
	switch {
	case slot.Kind == 0:
		*slot = value
		return true
	case slot.Kind == '"' && value.Kind == '"':
		return slot.Text(b) == value.Text(b)
	}
	return bytes.Equal(slot.Of(b), value.Of(b)) && slot.Kind == value.Kind
}

// absent tells whether a member was not given. Null counts as absent.
func absent(v jsonscan.Value) bool { return v.Kind == 0 || v.Kind == 'n' }

// check tells why the event cannot be used, or "", and its time.
func (e *parts) check(b []byte, derive bool) (ms int64, malformed string) {
	switch {
	case !e.object:
		return 0, notAnObject
	case e.differs:
		return 0, givenTwice
	case derive: // then no id is asked for
	case absent(e.id) || e.id.Kind == '"' && e.id.From == e.id.To:
		return 0, noID
	case e.id.Kind != '"':
		return 0, idNoString
	case e.id.To-e.id.From > MaxID:
		return 0, idTooLong
	case e.id.Traits != 0:
		return 0, idOdd
	}
	if absent(e.timestamp) {
		return 0, noTimestamp
	}
	ms, malformed = e.time(b)
	switch {
	case malformed != "":
		return 0, malformed
	case absent(e.message):
		return 0, noMessage
	case e.message.Kind != '"':
		return 0, messageNoText
	}
	return ms, ""
}

// time reads the timestamp, in milliseconds since the epoch.
func (e *parts) time(b []byte) (ms int64, malformed string) {
	var err error
	switch {
	case e.dated:
		ms, malformed = milliseconds(e.timestamp.Of(b))
	case e.timestamp.Kind != jsonscan.Integer:
		malformed = timestampOdd
	default:
		ms, err = strconv.ParseInt(string(e.timestamp.Of(b)), 10, 64)
	}
	if err != nil || malformed == "" && (ms < minTime || ms > maxTime) {
		malformed = timestampBound
	}
	return ms, malformed
}

// fill makes the event of its parts in b; repaired is where a message is put
// together that cannot be used as it stands, derive says that ids are derived.
func (e *parts) fill(b []byte, out *Event, repaired *[]byte, derive bool) {
	ms, malformed := e.check(b, derive)
	if malformed != "" {
		out.Malformed = malformed
		return
	}
	out.Time = ms
	out.ID = idOf(b, e.id)
	out.Message = b[e.message.From-1 : e.message.To+1]
	out.Coded = e.message.Traits&jsonscan.Coded != 0
	if e.message.Traits&jsonscan.Invalid != 0 {
		*repaired = jsonscan.AppendRepaired((*repaired)[:0], out.Message)
		out.Message = *repaired
		out.Repaired = true
	}
}
