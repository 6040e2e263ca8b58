package decode

import (
	"bytes"
	"unicode/utf8"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
	"github.com/rehydrate/rehydrate/internal/timestamp"
)

// Why a line is malformed.
const (
	lineNoJSON    = "the line is no JSON object, as the first of its object is"
	lineNoFluentd = "the line is not time, tag and JSON object with tabs between, as the first of its object is"
	timeNowhere   = "no time: neither the event nor its message has one, nor the object's key"
)

// giveObject makes the event of the JSON object from i to n, as d.line holds it:
// one of its members is the message or, where others would be lost, all of it.
func (d *Decoder) giveObject(e *Event, b []byte, i, n int) {
	*e = Event{Form: d.form, Header: d.whole, Raw: b[i:n]}
	o := &d.line
	switch d.form {
	case Events:
		e.Header = d.headerOf(b, o, "")
		e.ID = idOf(b, o.id)
		d.setMessage(e, b, o.message, o.beyondEvent)
		t, ok := d.timeOf(b, o.timestamp, &d.reader)
		d.setTime(e, t, ok)
	case FluentBit:
		e.Header = d.headerOf(b, o, "")
		d.setContainerMessage(e, b)
		// One of its formats is in UTC without saying so.
		t, ok := d.timeOf(b, o.date, &timestamp.Reader{})
		d.setTime(e, t, ok)
	default:
		d.setText(e, b[i:n])
		d.setTime(e, timestamp.Time{}, false)
	}
}

// setContainerMessage makes the message of what Docker, Fluent Bit or Fluentd
// wrote: the line that was logged stands under log or message.
func (d *Decoder) setContainerMessage(e *Event, b []byte) {
	o := &d.line
	message := o.text
	if message.Kind == 0 {
		message = o.message
	}
	d.setMessage(e, b, message, o.beyondContainer || o.text.Kind != 0 && o.message.Kind != 0)
}

// setMessage makes a member of the object the message, or all of it: where there
// is no such text, or where there is more that would be lost.
func (d *Decoder) setMessage(e *Event, b []byte, v jsonscan.Value, beyond bool) {
	if beyond || v.Kind != '"' {
		d.setText(e, e.Raw)
		return
	}
	e.Message = b[v.From-1 : v.To+1]
	e.Coded = v.Traits&jsonscan.Coded != 0
	d.text, d.escaped = v.Of(b), v.Traits&jsonscan.Escaped != 0
	if v.Traits&jsonscan.Invalid != 0 {
		d.repaired = jsonscan.AppendRepaired(d.repaired[:0], e.Message)
		e.Message, e.Repaired = d.repaired, true
	}
}

// setText makes text the message.
func (d *Decoder) setText(e *Event, text []byte) {
	d.text, d.escaped = text, false
	d.repaired = append(jsonscan.AppendEscaped(append(d.repaired[:0], '"'), text), '"')
	e.Message, e.Repaired = d.repaired, !utf8.Valid(text)
}

// messageText is the message of the line at hand as text.
func (d *Decoder) messageText(e *Event) []byte {
	if d.escaped {
		d.unescaped, _ = jsonscan.AppendUnescaped(d.unescaped[:0], d.text)
		d.text, d.escaped = d.unescaped, false
	}
	if e.Repaired {
		d.text = []byte(string([]rune(string(d.text))))
	}
	return d.text
}

// giveText makes the event of a line of text, which may begin with blanks.
func (d *Decoder) giveText(e *Event, line []byte) {
	*e = Event{Form: d.form, Header: d.whole}
	if d.form == Fluentd {
		if d.giveFluentd(e, line) {
			return
		}
		d.refuse(e, line, lineNoFluentd)
		return
	}
	if structured(d.form) {
		d.refuse(e, line, lineNoJSON)
		return
	}
	d.setText(e, line)
	e.Raw = e.Message
	d.setTime(e, timestamp.Time{}, false)
}

// refuse makes the event malformed; what it is of, a JSON string.
func (d *Decoder) refuse(e *Event, line []byte, reason string) {
	d.repaired = append(jsonscan.AppendEscaped(append(d.repaired[:0], '"'), line), '"')
	*e = Event{Form: d.form, Header: e.Header, Raw: d.repaired, Malformed: reason}
}

// fluentd are the parts of a line of Fluentd's out_file format, from where they
// begin to where they end in it.
// https://docs.fluentd.org/formatter/out_file
type fluentd struct {
	time, tag []byte
	record    int // index of its opening brace
}

// splitFluentd parts a line, of which the record may be cut off.
func splitFluentd(line []byte) (f fluentd, ok bool) {
	first := bytes.IndexByte(line, '\t')
	if first < 0 {
		return f, false
	}
	second := bytes.IndexByte(line[first+1:], '\t')
	if second <= 0 {
		return f, false
	}
	f = fluentd{time: line[:first], tag: line[first+1 : first+1+second], record: first + 1 + second + 1}
	if f.record >= len(line) || line[f.record] != '{' {
		return f, false
	}
	_, ok = timestamp.Reader{Near: 1}.Text(f.time)
	return f, ok
}

// giveFluentd makes the event of a line of Fluentd's, unless it is none.
func (d *Decoder) giveFluentd(e *Event, line []byte) bool {
	f, ok := splitFluentd(line)
	if !ok {
		return false
	}
	o := &d.line
	n, p := o.scan(d, line, f.record)
	if p != "" || jsonscan.Space(line, n) != len(line) {
		return false
	}
	e.Header = d.headerOf(line, o, string(f.tag))
	e.Raw = line[f.record:n]
	d.setContainerMessage(e, line)
	t, ok := d.reader.Text(f.time)
	d.setTime(e, t, ok && inBounds(t))
	return true
}

// setTime gives the event its own time t, if ok; else that of its message; else
// that of the object's key. Where there is none at all it is malformed.
func (d *Decoder) setTime(e *Event, t timestamp.Time, ok bool) {
	if !ok {
		e.TimeKind = TimeOfMessage
		t, ok = d.timeInMessage(e)
	}
	if !ok {
		e.TimeKind = TimeOfKey
		t, ok = timestamp.Time{Ms: d.source.Begun}, d.source.Begun != 0
	}
	if !ok {
		*e = Event{Form: e.Form, Header: e.Header, Raw: e.Raw, Malformed: timeNowhere}
		return
	}
	e.Time, d.fine = t.Ms, t.Fine
}

// timeInMessage is what a member says that is named for it, or how the text
// begins.
func (d *Decoder) timeInMessage(e *Event) (t timestamp.Time, ok bool) {
	if len(e.Raw) > 0 && e.Raw[0] == '{' {
		d.findTimes(e.Raw)
		for _, v := range d.times {
			if t, ok = d.timeOf(e.Raw, v, &d.reader); ok {
				return t, true
			}
		}
	}
	t, ok = d.reader.Leading(d.messageText(e))
	return t, ok && inBounds(t)
}

// findTimes finds the members of an object that may tell its time, in the order of
// the names.
func (d *Decoder) findTimes(object []byte) {
	const depth = 1 // inside of the object
	clear(d.times)
	i, done, p := jsonscan.First(object, 0)
	for p == "" && !done {
		var name, value jsonscan.Value
		if i, name, p = jsonscan.Name(object, i); p != "" {
			return
		}
		if value, i, p = d.nest.Value(object, i, depth); p != "" {
			return
		}
		if k, ok := d.timeNames[string(name.Of(object))]; ok && d.times[k].Kind == 0 {
			d.times[k] = value
		}
		i, done, p = jsonscan.Next(object, i, '}')
	}
}

// timeOf reads the time that a member's value says.
func (d *Decoder) timeOf(b []byte, v jsonscan.Value, r *timestamp.Reader) (t timestamp.Time, ok bool) {
	switch {
	case v.Kind == '"' && v.Traits&jsonscan.Escaped == 0:
		t, ok = r.Text(v.Of(b))
	case v.Kind == '"':
		t, ok = r.Text([]byte(v.Text(b)))
	case v.Kind == jsonscan.Integer, '0' <= v.Kind && v.Kind <= '9':
		t, ok = timestamp.Number(v.Of(b))
	}
	return t, ok && inBounds(t)
}

func inBounds(t timestamp.Time) bool { return t.Ms >= minTime && t.Ms <= maxTime }

// idOf is an id as it can be used: a text, or a whole number, that takes no
// escapes. An event with any other has none.
func idOf(b []byte, v jsonscan.Value) []byte {
	if v.Kind != '"' && v.Kind != jsonscan.Integer || v.Traits != 0 || v.To-v.From > MaxID {
		return nil
	}
	return v.Of(b)
}

// headerOf is where the event of an object is from.
func (d *Decoder) headerOf(b []byte, o *jsonObject, tag string) *Header {
	d.key = o.origin(append(append(d.key[:0], tag...), 0), b)
	if h, ok := d.headers[string(d.key)]; ok {
		return h
	}
	if len(d.headers) >= maxMeanings {
		clear(d.headers)
	}
	h := o.header(b, tag)
	if len(d.key) <= maxHeading {
		d.headers[string(d.key)] = h
	}
	return h
}
