package decode

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/timestamp"
)

// slowForm tells the form of a text the obvious way.
func slowForm(text []byte, source Source) (form Form, array bool) {
	rest := strings.TrimPrefix(string(text), byteOrderMark)
	trimmed := strings.TrimLeft(rest, " \t\r\n")
	if trimmed == "" || len(rest) < 3 && strings.HasPrefix(byteOrderMark, rest) {
		return Records, false
	}
	object := trimmed
	if object[0] == '[' {
		object = strings.TrimLeft(object[1:], " \t\r\n")
		if object == "" || object[0] == ']' {
			return Records, false
		}
		array = object[0] == '{'
	}
	if object[0] == '{' {
		o, problem := parseSlowly([]byte(object), array)
		switch {
		case o.isRecord, problem == "cut" && !strings.Contains(object, "\n"):
			return Records, false
		case problem != "":
		case slowEvents(o, source):
			return Events, array
		case slowContainer(o, source):
			return FluentBit, array
		default:
			return Messages, array
		}
	}
	line := text[lineStart(text, 0, len(text)-len(trimmed)):]
	line = line[:min(len(line), sniffed)]
	d := Decoder{source: source}
	switch {
	case !isText(text[:min(len(text), sniffed)]), hasRecord(firstLine(line)):
		return Records, false
	case d.isExport(line):
		return Export, false
	}
	if _, ok := splitFluentd(firstLine(line)); ok {
		return Fluentd, false
	}
	return Messages, false
}

// slowObject is a JSON object that stands for itself.
type slowObject struct {
	all      []pair
	end      int
	isRecord bool
}

// parseSlowly parses the object that text begins with. Its problem is cut, or that
// it is none that stands for itself.
func parseSlowly(text []byte, array bool) (o slowObject, problem string) {
	all, end, fault := pairs(text, 0)
	o = slowObject{all: all, end: end}
	for _, p := range all {
		kind := p.name == "messageType" && p.value != nil && p.value[0] == '"' && slices.Contains([]string{"DATA_MESSAGE", "CONTROL_MESSAGE"}, unquote(p.value))
		o.isRecord = o.isRecord || p.name == "logEvents" || p.name == "rawData" || kind
	}
	if fault >= 0 {
		if fault == len(text) {
			return o, "cut"
		}
		return o, "wrong"
	}
	next := strings.TrimLeft(string(text[end:]), " \t\r\x00")
	if next == "" || next[0] == '\n' || next[0] == '{' || array && (next[0] == ',' || next[0] == ']') {
		return o, ""
	}
	return o, "goes on"
}

// first is the first value of one of the names that is not null.
func (o *slowObject) first(names ...string) json.RawMessage {
	for _, p := range o.all {
		if slices.Contains(names, p.name) && !missing(p.value) {
			return p.value
		}
	}
	return nil
}

func (o *slowObject) text(names ...string) string {
	if v := o.first(names...); v != nil && v[0] == '"' {
		return unquote(v)
	}
	return ""
}

func (o *slowObject) has(kind byte, names ...string) bool {
	v := o.first(names...)
	return v != nil && v[0] == kind
}

func spellings() (id, at, message, group, stream, owner []string) {
	return []string{"id", "@id", "eventId", "event_id"}, []string{"timestamp", "@timestamp", "time"}, []string{"message", "@message", "msg"},
		[]string{"logGroup", "log_group", "@log_group", "logGroupName", "log_group_name"}, []string{"logStream", "log_stream", "@log_stream", "logStreamName", "log_stream_name"},
		[]string{"owner", "@owner", "awsAccountId", "account_id"}
}

// beyond tells whether the object says what none of these lists of names does, or
// says it twice in different ways.
func (o *slowObject) beyond(others []string, lists ...[]string) bool {
	for _, p := range o.all {
		if slices.Contains(others, p.name) {
			continue
		}
		found := false
		for _, names := range lists {
			if slices.Contains(names, p.name) {
				found = true
				if first := o.first(names...); !missing(p.value) && !same(first, p.value) {
					return true
				}
			}
		}
		if !found {
			return true
		}
	}
	return false
}

func (o *slowObject) beyondEvent() bool {
	id, at, message, group, stream, owner := spellings()
	return o.beyond([]string{"messageType", "subscriptionFilters", "ingestionTime", "ingestion_time", "@ingestion_time", "extractedFields", "awsRegion"}, id, at, message, group, stream, owner)
}

func (o *slowObject) beyondContainer() bool {
	_, at, message, _, _, _ := spellings()
	return o.beyond([]string{"source", "stream", "ec2_instance_id", "logtag", "_p", "partial_message", "partial_id", "partial_ordinal", "partial_last"},
		at, message, []string{"date"}, []string{"log"}, []string{"container_name"}, []string{"container_id"}, []string{"ecs_task_arn"},
		[]string{"ecs_task_definition"}, []string{"ecs_cluster"}, []string{"kubernetes"}, []string{"tag"})
}

func slowTime(v json.RawMessage, zone Source) (timestamp.Time, bool) {
	if v == nil {
		return timestamp.Time{}, false
	}
	r := timestamp.Reader{Zone: zone.AssumeZone, Near: zone.Begun}
	ok := false
	var t timestamp.Time
	switch {
	case v[0] == '"':
		text := unquote(v)
		if !bytes.ContainsRune(v, '\\') {
			text = string(v[1 : len(v)-1]) // as it stands, whatever it is
		}
		t, ok = r.Text([]byte(text))
	case '0' <= v[0] && v[0] <= '9':
		t, ok = timestamp.Number(v)
	}
	return t, ok && inBounds(t)
}

func slowEvents(o slowObject, source Source) bool {
	id, at, message, group, stream, _ := spellings()
	if len(o.all) > 0 && o.all[0].name == "@timestamp" && !missing(o.all[0].value) && o.given(id) && o.given(group) && o.given(stream) && o.given(message) {
		return true
	}
	v := o.first(id...)
	byID := o.has('"', message...) && v != nil && isEventID(bytes.Trim(v, `"`))
	if !byID && !o.has('"', group...) && !o.has('"', stream...) {
		return false
	}
	_, ok := slowTime(o.first(at...), source)
	return ok
}

func (o *slowObject) given(names []string) bool { return o.first(names...) != nil }

func slowContainer(o slowObject, source Source) bool {
	for _, name := range []string{"container_name", "container_id", "ecs_task_arn", "ecs_task_definition"} {
		if o.has('"', name) {
			return true
		}
	}
	if o.has('{', "kubernetes") || o.has('"', "log") && !o.beyondContainer() {
		return true
	}
	_, ok := slowTime(o.first("date"), source)
	return ok && o.all[0].name == "date"
}

// slowLines reads lines of any form.
type slowLines struct {
	slow
	form   Form
	source Source
	equal  map[string]uint32
}

func (l *slowLines) readAll(array bool) read {
	if strings.HasPrefix(string(l.text), byteOrderMark) {
		l.at = len(byteOrderMark)
	}
	if l.form == Export {
		l.exported()
		return l.read
	}
	if array {
		l.at += strings.IndexByte(string(l.text[l.at:]), '[') + 1
		l.array = "["
	}
	for l.Damage < 0 && l.at < len(l.text) {
		if l.array != "" {
			l.element()
		} else {
			l.line()
		}
	}
	if l.Damage < 0 && l.array != "" {
		l.Damage = int64(len(l.text))
	}
	return l.read
}

// element takes what stands in an array.
func (l *slowLines) element() {
	c := l.text[l.at]
	if c != '{' || l.array == "v" {
		l.next()
		return
	}
	if l.form == Events && strings.HasPrefix(string(l.text[l.at:]), singleStart) {
		if all, end, fault := pairs(l.text, l.at); fault < 0 && l.single(all, end) {
			l.at, l.array, l.any = end, "v", true
			return
		}
	}
	o, problem := parseSlowly(l.text[l.at:], true)
	switch {
	case o.isRecord && l.form == Events:
		l.record()
	case problem == "cut":
		l.Damage = int64(len(l.text))
		return
	case problem == "wrong":
		_, _, fault := pairs(l.text, l.at)
		l.Damage = int64(fault)
		return
	default:
		l.object(o, l.at)
		l.at += o.end
	}
	l.array, l.any = "v", true
}

// line takes the line at hand.
func (l *slowLines) line() {
	text := l.text
	i := l.at
	for i < len(text) && padding(text[i]) {
		if text[i] == '\n' {
			l.at = i + 1
		}
		i++
	}
	if i == len(text) {
		l.at = i
		return
	}
	l.any = true
	if text[i] == '[' && structured(l.form) {
		l.at, l.array = i+1, "["
		return
	}
	if text[i] == '{' && l.form != Fluentd {
		if l.form == Events && i == l.at && strings.HasPrefix(string(text[i:]), singleStart) {
			all, end, fault := pairs(text, i)
			if fault == len(text) {
				l.Damage = int64(len(text))
				return
			}
			l.at = i
			if fault < 0 && l.single(all, end) {
				l.at = end
				return
			}
		}
		o, problem := parseSlowly(text[i:], false)
		switch {
		case o.isRecord && l.form == Events:
			l.at = i
			l.record()
			return
		case problem == "":
			l.object(o, i)
			l.at = i + o.end
			return
		case problem == "cut" && !bytes.Contains(text[i:], []byte("\n")):
			l.Damage = int64(len(text))
			return
		}
	}
	end := len(text)
	if n := bytes.IndexByte(text[i:], '\n'); n >= 0 {
		end = i + n
	}
	l.textLine(l.at, end)
	l.at = end
}

func (l *slowLines) begin(at int) readEvent {
	l.Records++
	return readEvent{Start: run.Place{Offset: int64(at)}}
}

func (l *slowLines) textLine(from, to int) {
	e := l.begin(from)
	line := l.text[from:to]
	r := timestamp.Reader{Zone: l.source.AssumeZone, Near: l.source.Begun}
	switch {
	case structured(l.form):
		e.Raw, e.Malformed = quote(string(line)), lineNoJSON
	case l.form == Fluentd:
		f, ok := splitFluentd(line)
		var o slowObject
		problem := "none"
		if ok {
			o, problem = parseSlowly(line[f.record:], false)
		}
		if problem != "" || len(strings.TrimRight(string(line[f.record:]), " \t\r\n")) != o.end {
			e.Raw, e.Malformed = quote(string(line)), lineNoFluentd
			break
		}
		e.Raw = string(line[f.record : f.record+o.end])
		l.container(&e, o, string(f.tag))
		t, ok := r.Text(f.time)
		l.finish(&e, o, t, ok && inBounds(t))
		return
	default:
		e.set(string(line))
		e.Raw = e.Message
		l.finish(&e, slowObject{}, timestamp.Time{}, false)
		return
	}
	l.Events = append(l.Events, e)
}

func quote(s string) string {
	var c bytes.Buffer
	encoder := json.NewEncoder(&c)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(string([]rune(s)))
	b := bytes.TrimSuffix(c.Bytes(), []byte("\n"))
	for _, sign := range []string{"\u2028", "\u2029"} { // it escapes them, nothing else does
		b = bytes.ReplaceAll(b, []byte(strings.Trim(strconv.QuoteToASCII(sign), `"`)), []byte(sign))
	}
	return string(b)
}

func (e *readEvent) set(message string) {
	e.Message = quote(message)
	e.Repaired = !utf8.ValidString(message)
}

// object takes a JSON object.
func (l *slowLines) object(o slowObject, at int) {
	e := l.begin(at)
	e.Raw = string(l.text[at : at+o.end])
	id, when, message, group, stream, owner := spellings()
	var t timestamp.Time
	ok := false
	switch l.form {
	case Events:
		e.Group, e.Stream, e.Owner = o.text(group...), o.text(stream...), o.text(owner...)
		l.place(&e, o, "")
		l.member(&e, o.first(message...), o.beyondEvent())
		if v := o.first(id...); v != nil && !bytes.ContainsAny(v, `\`) && utf8.Valid(v) && (v[0] == '"' && len(v) <= 514 || v[0] != '"' && !bytes.ContainsAny(v, ".eE") && isNumber(v) && len(v) <= 512) {
			e.ID = strings.Trim(string(v), `"`)
		}
		t, ok = slowTime(o.first(when...), l.source)
	case FluentBit:
		l.container(&e, o, "")
		t, ok = slowTime(o.first("date"), Source{})
	default:
		e.set(e.Raw)
	}
	l.finish(&e, o, t, ok)
}

func (l *slowLines) container(e *readEvent, o slowObject, tag string) {
	_, _, message, group, stream, owner := spellings()
	e.Group, e.Stream, e.Owner = o.text(group...), o.text(stream...), o.text(owner...)
	l.place(e, o, tag)
	v := o.first("log")
	if v == nil {
		v = o.first(message...)
	} else if o.first(message...) != nil {
		v = nil
	}
	l.member(e, v, o.beyondContainer())
}

// place says where a container's line is from.
func (l *slowLines) place(e *readEvent, o slowObject, tag string) {
	var pod struct {
		Namespace_name, Pod_name, Container_name string
	}
	if v := o.first("kubernetes"); v != nil && v[0] == '{' {
		_ = json.Unmarshal(v, &pod)
	}
	container := strings.TrimPrefix(o.text("container_name"), "/")
	task := o.text("ecs_task_arn")
	task = task[strings.LastIndexByte(task, '/')+1:]
	family, _, _ := strings.Cut(o.text("ecs_task_definition"), ":")
	for _, group := range []string{family, o.text("ecs_cluster"), pod.Namespace_name} {
		if e.Group == "" {
			e.Group = group
		}
	}
	either := func(a, b string) string { return strings.Trim(a+"/"+b, "/") }
	for _, stream := range []struct {
		text string
		is   bool
	}{{either(container, task), task != ""}, {either(pod.Pod_name, pod.Container_name), pod.Pod_name != ""}, {container, true}, {o.text("container_id"), true}, {tag, true}, {o.text("tag"), true}} {
		if e.Stream == "" && stream.is {
			e.Stream = stream.text
		}
	}
}

func (l *slowLines) member(e *readEvent, v json.RawMessage, beyond bool) {
	if beyond || v == nil || v[0] != '"' {
		e.set(e.Raw)
		return
	}
	e.Message = string([]rune(string(v)))
	e.Repaired = !utf8.Valid(v)
}

// finish gives an event its time and id.
func (l *slowLines) finish(e *readEvent, o slowObject, t timestamp.Time, given bool) {
	message := unquote(json.RawMessage(e.Message))
	ok := given
	r := timestamp.Reader{Zone: l.source.AssumeZone, Near: l.source.Begun}
	for _, name := range l.source.TimeFields {
		for _, p := range o.all {
			if !ok && p.name == name {
				t, ok = slowTime(p.value, l.source)
				break
			}
		}
	}
	if !ok {
		t, ok = r.Leading([]byte(message))
		ok = ok && inBounds(t)
	}
	if !ok {
		t, ok = timestamp.Time{Ms: l.source.Begun}, l.source.Begun != 0
	}
	if !ok {
		*e = readEvent{Start: e.Start, Group: e.Group, Stream: e.Stream, Owner: e.Owner, Raw: e.Raw, Malformed: timeNowhere}
		l.Events = append(l.Events, *e)
		return
	}
	e.Time = t.Ms
	if e.ID == "" && given && t.Fine && e.Stream != "" {
		key := ContentID(e.Stream, e.Time, message, 0)
		e.ID = ContentID(e.Stream, e.Time, message, l.equal[key])
		l.equal[key]++
	}
	if e.ID == "" {
		e.ID = PlaceID(l.source.Key, e.Start, message)
	}
	if e.Repaired {
		l.Repaired++
	}
	l.Events = append(l.Events, *e)
}

// exported takes an export task's text.
func (l *slowLines) exported() {
	text := string(l.text)
	for l.at < len(text) && padding(text[l.at]) || strings.TrimLeft(text[l.at:], "\n \r\t\x00") != text[l.at:] && blankLine(text[l.at:]) {
		n := strings.IndexByte(text[l.at:], '\n')
		if n < 0 {
			break
		}
		if strings.Trim(text[l.at:l.at+n], " \r\t\x00") != "" {
			break
		}
		l.at += n + 1
	}
	if strings.Trim(text[l.at:], "\n \r\t\x00") == "" {
		return
	}
	from := l.at
	for from < len(text) {
		end := len(text)
		for i := from; i < len(text); i++ {
			if text[i] == '\n' && isExported(l.text, i+1) {
				end = i
				break
			}
		}
		message := text[from:end]
		if end == len(text) {
			message = strings.TrimSuffix(message, "\n")
		}
		e := l.begin(from)
		e.Stream = streamOfKey(l.source.Key)
		t, ok := timestamp.Time{}, isExported(l.text, from)
		if ok {
			if t, ok = (timestamp.Reader{}).Text([]byte(message[:len(exportTime)])); ok {
				message = message[len(exportTime):]
			}
		}
		e.set(message)
		e.Raw = e.Message
		l.finish(&e, slowObject{}, t, ok)
		from = end + 1
	}
}

func blankLine(text string) bool {
	n := strings.IndexByte(text, '\n')
	return n >= 0 && strings.Trim(text[:n], " \r\t\x00") == ""
}
