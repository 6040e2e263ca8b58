package decode

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rehydrate/rehydrate/internal/run"
)

// read is what an object or text was read as, in a form that can be compared.
type read struct {
	Events []readEvent
	// Damage is where it was damaged, -1 if it was not.
	Damage                                       int64
	Records, ControlRecords, Recovered, Repaired int64
}

type readEvent struct {
	Group, Stream, Owner, Filters string
	ID, Message, Raw, Malformed   string
	Time                          int64
	Repaired                      bool
	Start                         run.Place
}

// slow reads plain text the obvious way: all at once, by encoding/json. It is
// what the decoder is held to.
type slow struct {
	text   []byte
	at     int
	array  string // of "[v,v" what was seen since the last value that closed
	any    bool   // a record was read
	nested int
	read
}

func readSlowly(text []byte, nested int, source Source) read {
	s := slow{text: text, nested: nested, read: read{Damage: -1}}
	if form, array := slowForm(text, source); nested == 0 && form != Records {
		l := slowLines{slow: s, form: form, source: source, equal: map[string]uint32{}}
		return l.readAll(array)
	}
	for s.Damage < 0 && s.at < len(text) {
		s.next()
	}
	if s.Damage < 0 && s.array != "" {
		s.Damage = int64(len(text))
	}
	return s.read
}

// next takes what stands at the top level.
func (s *slow) next() {
	rest := string(s.text[s.at:])
	switch c := rest[0]; {
	case strings.ContainsRune(" \t\r\n", rune(c)), c == 0 && s.any:
		s.at++
	case s.array == "" && strings.HasPrefix(rest, "\ufeff"):
		s.at += 3
	case s.array == "" && len(rest) < 3 && strings.HasPrefix(byteOrderMark, rest):
		s.Damage = int64(len(s.text))
	case c == '{' && (s.array == "" || s.array == "[" || s.array == ","):
		s.record()
		s.any = true
		if s.array != "" {
			s.array = "v"
		}
	case c == '[' && s.array == "":
		s.array = "["
		s.at++
	case c == ',' && s.array == "v":
		s.array = ","
		s.at++
	case c == ']' && (s.array == "[" || s.array == "v"):
		s.array = ""
		s.at++
	default:
		s.Damage = int64(s.at)
	}
}

// pair is a member of an object: its name's and value's places.
type pair struct {
	name    string
	at      int
	value   json.RawMessage // nil when the text broke off
	valueAt int
}

// pairs are the members of the object at an offset of text, as far as they can
// be read, and whether its end can.
func pairs(text []byte, at int) (all []pair, end int, fault int) {
	d := json.NewDecoder(bytes.NewReader(text[at:]))
	var raw json.RawMessage
	err := d.Decode(&raw)
	fault = -1
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		fault = at + int(syntax.Offset) - 1
	case err != nil:
		fault = len(text)
	}
	end = at + int(d.InputOffset())
	part := text[:end]
	if fault >= 0 {
		part = text[:fault]
	}
	d = json.NewDecoder(bytes.NewReader(part[at:]))
	if _, err := d.Token(); err != nil {
		return nil, end, fault
	}
	for d.More() {
		p := pair{at: at + int(d.InputOffset())}
		p.at += bytes.IndexByte(part[p.at:], '"')
		name, err := d.Token()
		if err != nil {
			break
		}
		p.name = name.(string)
		p.valueAt = blanks(part, at+int(d.InputOffset()))
		if p.valueAt == len(part) || part[p.valueAt] != ':' {
			break
		}
		p.valueAt = blanks(part, p.valueAt+1)
		err = d.Decode(&p.value)
		if err != nil || at+int(d.InputOffset()) == len(text) && isNumber(p.value) {
			p.value = nil // it may go on where the text ends
		}
		all = append(all, p)
		if p.value == nil {
			break
		}
	}
	return all, end, fault
}

func blanks(text []byte, i int) int {
	for i < len(text) && strings.IndexByte(" \t\r\n", text[i]) >= 0 {
		i++
	}
	return i
}

// record reads the record at s.at.
func (s *slow) record() {
	all, end, fault := pairs(s.text, s.at)
	if fault < 0 && s.single(all, end) {
		s.at = end
		return
	}
	known := map[string]json.RawMessage{}
	var events []element
	var contradiction, raw json.RawMessage // contradiction: to what was said before the events
	isRecord, complete, differs, told := false, false, false, false
	tell := func() {
		kind := known["messageType"]
		control := !missing(kind) && kind[0] == '"' && unquote(kind) == "CONTROL_MESSAGE"
		if contradiction != nil && !told && !differs && !control {
			events = append(events, element{contradiction, recordTwice})
			told = true
		}
	}
	for _, p := range all {
		switch p.name {
		case "logEvents", "messageType", "owner", "logGroup", "logStream", "subscriptionFilters", "rawData":
		default:
			continue
		}
		if p.name == "logEvents" {
			if p.valueAt == len(s.text) {
				break
			}
			if s.text[p.valueAt] != '[' {
				fault = p.valueAt
				break
			}
			if !isRecord {
				complete = hasAll(known, "messageType", "owner", "logGroup", "logStream", "subscriptionFilters") && p.valueAt-s.at <= maxHeading
				raw = known["rawData"]
			}
			if complete {
				known["rawData"] = raw // another one is compared within what stands between lists
			}
			isRecord = true
			tell()
			events = append(events, elements(s.text, p.valueAt, fault)...)
			continue
		}
		switch first := known[p.name]; {
		case p.value == nil:
		case first == nil:
			known[p.name] = p.value
		case same(first, p.value):
		case isRecord && complete && contradiction == nil:
			contradiction = p.value
		case !isRecord || !complete:
			differs = true
		}
	}
	if fault >= 0 {
		s.Damage = int64(fault)
		if !hasAll(known, "messageType", "owner", "logGroup", "logStream") {
			return
		}
	} else {
		tell()
	}
	s.give(known, events, isRecord, differs, s.text[s.at:end], fault < 0)
	s.at = end
}

// single takes an event that stands for itself.
func (s *slow) single(all []pair, end int) bool {
	if !strings.HasPrefix(string(s.text[s.at:]), `{"@timestamp":"`) {
		return false
	}
	known, differs := map[string]json.RawMessage{}, false
	for _, p := range all {
		switch p.name {
		case "messageType", "owner", "subscriptionFilters", "logEvents", "rawData":
			return false
		case "@timestamp", "id", "logGroup", "logStream", "message":
			if first := known[p.name]; first == nil {
				known[p.name] = p.value
			} else {
				differs = differs || !same(first, p.value)
			}
		}
	}
	if !hasAll(known, "id", "logGroup", "logStream", "message") {
		return false
	}
	raw := s.text[s.at:end]
	e := readEvent{Start: run.Place{Offset: int64(s.at)}, Raw: string(raw)}
	for name, to := range map[string]*string{"logGroup": &e.Group, "logStream": &e.Stream} {
		switch v := known[name]; {
		case missing(v):
		case v[0] == '"':
			*to = unquote(v)
		default:
			e.Malformed = nameNoString
		}
	}
	stamp := string(known["@timestamp"][1 : len(known["@timestamp"])-1])
	at, err := time.Parse(time.RFC3339, stamp)
	// The rest as in a record, with another timestamp.
	inner := `{"id":` + string(known["id"]) + `,"timestamp":` + strconv.FormatInt(at.UnixMilli(), 10) + `,"message":` + string(known["message"]) + `}`
	switch {
	case e.Malformed != "":
	case differs:
		e.Malformed = givenTwice
	default:
		whole := e
		e.read([]byte(inner))
		e.Raw = whole.Raw
		if bad := err != nil || at.Nanosecond()%1_000_000 != 0; bad && (e.Malformed == "" || e.Malformed == noMessage || e.Malformed == messageNoText || e.Malformed == timestampBound) {
			e = whole
			e.Malformed = timestampText
		}
	}
	s.Records++
	if e.Repaired {
		s.Repaired++
	}
	s.Events = append(s.Events, e)
	return true
}

// element is an event, or something that is told as a malformed one.
type element struct {
	raw       json.RawMessage
	malformed string
}

func hasAll(known map[string]json.RawMessage, names ...string) bool {
	for _, name := range names {
		if known[name] == nil {
			return false
		}
	}
	return true
}

// same tells whether two values of a member are the same.
func same(a, b json.RawMessage) bool {
	if a[0] == '"' && b[0] == '"' {
		return unquote(a) == unquote(b)
	}
	return bytes.Equal(a, b)
}

// give takes a record's events.
func (s *slow) give(known map[string]json.RawMessage, events []element, isRecord, differs bool, raw []byte, whole bool) {
	control, unusable := false, ""
	kind := known["messageType"]
	switch {
	case differs:
		unusable = recordTwice
	case missing(kind):
	case kind[0] != '"':
		unusable = kindNoString
	case unquote(kind) == "CONTROL_MESSAGE":
		control = true
	case unquote(kind) != "DATA_MESSAGE":
		unusable = kindUnknown
	}
	if !isRecord && len(known["rawData"]) > 0 && known["rawData"][0] == '"' {
		if whole {
			s.wrapped(unquote(known["rawData"]), string(raw), differs)
		}
		return
	}
	if !isRecord && !control {
		if whole {
			s.Damage = int64(s.at)
		}
		return
	}
	if whole && control {
		s.ControlRecords++
	} else if whole {
		s.Records++
	}
	if control {
		return
	}
	header := readEvent{}
	for name, to := range map[string]*string{"owner": &header.Owner, "logGroup": &header.Group, "logStream": &header.Stream} {
		switch v := known[name]; {
		case missing(v):
		case v[0] == '"':
			*to = unquote(v)
		case unusable == "":
			unusable = nameNoString
		}
	}
	var filters []string
	if v := known["subscriptionFilters"]; v != nil && v[0] == '[' && json.Unmarshal(v, &filters) == nil {
		header.Filters = strings.Join(filters, "|")
	}
	for i, event := range events {
		e := header
		e.Start = run.Place{Offset: int64(s.at), Events: int64(i)}
		e.Raw = string(event.raw)
		e.Malformed = unusable
		if event.malformed != "" {
			e.Malformed = event.malformed
		}
		if e.Malformed == "" {
			e.read(event.raw)
		}
		if e.Repaired {
			s.Repaired++
		}
		s.Events = append(s.Events, e)
	}
}

// elements are those of the array at an offset of text that are whole before
// the fault, if there is one.
func elements(text []byte, at, fault int) (all []element) {
	part := text
	if fault >= 0 {
		part = text[:fault]
	}
	d := json.NewDecoder(bytes.NewReader(part[at:]))
	if _, err := d.Token(); err != nil {
		return nil
	}
	for d.More() {
		var e json.RawMessage
		if err := d.Decode(&e); err != nil {
			break
		}
		if last := at + int(d.InputOffset()); last == len(text) && isNumber(e) {
			break // it may go on where the text ends
		}
		all = append(all, element{raw: e})
	}
	return all
}

func isNumber(v json.RawMessage) bool { return v[0] == '-' || v[0] >= '0' && v[0] <= '9' }

func missing(v json.RawMessage) bool { return v == nil || v[0] == 'n' }

func unquote(v json.RawMessage) (s string) {
	if err := json.Unmarshal(v, &s); err != nil {
		panic(err)
	}
	return s
}

// read reads one event.
func (e *readEvent) read(raw json.RawMessage) {
	if raw[0] != '{' {
		e.Malformed = notAnObject
		return
	}
	all, _, _ := pairs(append(raw[:len(raw):len(raw)], ' '), 0)
	m := map[string]json.RawMessage{}
	for _, p := range all {
		switch p.name {
		case "id", "timestamp", "message":
		default:
			continue
		}
		if m[p.name] != nil && !same(m[p.name], p.value) {
			e.Malformed = givenTwice
			return
		}
		if m[p.name] == nil {
			m[p.name] = p.value
		}
	}
	id, timestamp, message := m["id"], m["timestamp"], m["message"]
	ms, err := strconv.ParseInt(string(timestamp), 10, 64)
	switch {
	case missing(id) || string(id) == `""`:
		e.Malformed = noID
	case id[0] != '"':
		e.Malformed = idNoString
	case len(id)-2 > 512:
		e.Malformed = idTooLong
	case bytes.ContainsRune(id, '\\') || !utf8.Valid(id):
		e.Malformed = idOdd
	case missing(timestamp):
		e.Malformed = noTimestamp
	case !regexp.MustCompile(`^-?[0-9]+$`).Match(timestamp):
		e.Malformed = timestampOdd
	case err != nil || ms < minTime || ms > maxTime:
		e.Malformed = timestampBound
	case missing(message):
		e.Malformed = noMessage
	case message[0] != '"':
		e.Malformed = messageNoText
	default:
		e.ID = string(id[1 : len(id)-1])
		e.Time = ms
		e.Message = string([]rune(string(message)))
		e.Repaired = !utf8.Valid(message)
	}
}

// wrapped reads the original record of an error record.
func (s *slow) wrapped(data, raw string, differs bool) {
	reason := errNotBase64.Error()
	payload, err := base64.StdEncoding.DecodeString(data)
	start := run.Place{Offset: int64(s.at)}
	switch {
	case s.nested == maxNested:
		reason = errNested.Error()
	case differs:
		reason = errDiffers.Error()
	case err != nil:
	case len(payload) == 0:
		reason = errEmpty.Error()
	default:
		layers := newStack(bytes.NewReader(payload), Options{RecordLimit: DefaultRecordLimit, ReaderAt: bytes.NewReader(payload), Size: int64(len(payload))})
		plain, broken := io.ReadAll(reader{layers})
		inner := readSlowly(plain, s.nested+1, Source{})
		for _, e := range inner.Events {
			e.Start = start
			start.Events++
			s.Events = append(s.Events, e)
		}
		s.Records += inner.Records
		s.Recovered += inner.Records
		s.ControlRecords += inner.ControlRecords
		s.Repaired += inner.Repaired
		if broken == nil && inner.Damage < 0 {
			if inner.Records+inner.ControlRecords > 0 || len(inner.Events) > 0 {
				return
			}
			reason = errEmpty.Error()
		} else {
			reason = ""
		}
	}
	e := readEvent{Raw: raw, Start: start, Malformed: "in a Firehose error record: " + reason}
	s.Events = append(s.Events, e)
}

// reader is plain text as an io.Reader.
type reader struct{ plain }

func (r reader) Read(p []byte) (int, error) { return r.read(p) }
