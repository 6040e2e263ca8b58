package decode

import (
	"bytes"
	"regexp"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
)

// sniffed is how many bytes of the text are looked at, where it is no JSON, to
// tell what it is.
const sniffed = 4 << 10

// usual is how nearly all records begin.
const usual = `{"messageType":"DATA_MESSAGE"`

// tellForm decides which form the object has, by the rules in the package's comment,
// and moves nothing but over the marks before the first value.
func (d *Decoder) tellForm() error {
	for {
		b := d.visible()
		if bytes.HasPrefix(b[d.at:], []byte(usual)) {
			d.form = Records
			return nil
		}
		d.readyForLines()
		at := d.at
		if bytes.HasPrefix(b[at:], []byte(byteOrderMark)) {
			at += len(byteOrderMark)
		}
		i := jsonscan.Space(b, at)
		mark := i == at && len(b) < at+len(byteOrderMark) && bytes.HasPrefix([]byte(byteOrderMark), b[at:])
		if i == len(b) || mark {
			if d.more() == nil {
				continue
			}
			d.form = Records // nothing, or not even that: damage
			return nil
		}
		form, array, enough := d.tellFrom(b, i)
		if !enough && d.more() == nil {
			continue
		}
		d.form = form
		if form == Records {
			return nil
		}
		if form == Export {
			d.whole = &Header{LogStream: streamOfKey(d.source.Key)}
		}
		if d.at = at; array {
			d.at, d.array = i+1, arrayOpened
		}
		return nil
	}
}

// tellFrom decides by the text b, in which the first value begins at i, and tells
// whether it is the first of an array. What it gives where that is not enough is
// right only if nothing follows b.
func (d *Decoder) tellFrom(b []byte, i int) (form Form, array, enough bool) {
	at := i
	if b[i] == '[' {
		if at = jsonscan.Space(b, i+1); at == len(b) {
			return Records, false, false
		}
		if b[at] == ']' {
			return Records, false, true
		}
		array = b[at] == '{'
	}
	if b[at] == '{' {
		form, enough = d.tellObject(b, at, array)
	}
	if form == "" {
		form, enough = d.tellText(b, i)
		array = false
	}
	return form, array, enough
}

// tellObject decides by an object, perhaps the first of an array; "" says that it
// is text.
func (d *Decoder) tellObject(b []byte, i int, array bool) (form Form, enough bool) {
	o := &d.line
	n, p := o.scan(d, b, i)
	switch {
	case o.record, p == jsonscan.BadDepth:
		return Records, true
	case p == jsonscan.Short:
		if bytes.IndexByte(b[i:], '\n') >= 0 {
			return "", false // if this is all, its first line is whole and no JSON
		}
		return Records, false // cut off
	case p != "":
		return "", true
	}
	ends, enough := lineEnds(b, n, array)
	switch {
	case !ends:
		return "", true
	case o.isSingle(), o.isEvent(b, d):
		return Events, enough
	case o.isFluentBit(b, d):
		return FluentBit, enough
	}
	return Messages, enough
}

// lineEnds tells whether a JSON object that ends at n stands for itself: the line
// ends there, or another object begins, or what goes on in an array. It is not
// known where more text may follow.
func lineEnds(b []byte, n int, array bool) (ends, known bool) {
	for n < len(b) && (b[n] == ' ' || b[n] == '\t' || b[n] == '\r' || b[n] == 0) {
		n++
	}
	if n == len(b) {
		return true, false
	}
	return b[n] == '\n' || b[n] == '{' || array && (b[n] == ',' || b[n] == ']'), true
}

// tellText decides by what is no JSON and begins at i.
func (d *Decoder) tellText(b []byte, i int) (form Form, enough bool) {
	head := b[d.at:]
	enough = len(head) >= sniffed
	head = head[:min(len(head), sniffed)]
	text := b[lineStart(b, d.at, i):]
	text = text[:min(len(text), sniffed)]
	switch {
	case !isText(head) || hasRecord(firstLine(text)):
		return Records, enough
	case d.isExport(text):
		return Export, enough
	}
	if _, ok := splitFluentd(firstLine(text)); ok {
		return Fluentd, enough
	}
	return Messages, enough
}

// lineStart is where the line begins that i lies in, not before from.
func lineStart(b []byte, from, i int) int { return from + bytes.LastIndexByte(b[from:i], '\n') + 1 }

func firstLine(b []byte) []byte {
	if n := bytes.IndexByte(b, '\n'); n >= 0 {
		return b[:n]
	}
	return b
}

// isText tells whether b begins what may be lines of text: no other format that
// is known, and no control characters but those that logs have.
func isText(b []byte) bool {
	if knownBinary(b) != "" || breaksOff(b) || bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return false
	}
	for _, page := range []string{"<!DOCTYPE", "<html"} {
		if len(b) >= len(page) && bytes.EqualFold(b[:len(page)], []byte(page)) {
			return false
		}
	}
	for _, c := range b[:min(len(b), 512)] {
		if c < ' ' && bytes.IndexByte([]byte("\t\n\v\f\r\b\x1b"), c) < 0 {
			return false
		}
	}
	return true
}

// hasRecord tells whether a subscription record can be seen in a line that does not
// begin as one: its beginning was damaged.
func hasRecord(b []byte) bool {
	return bytes.Contains(b, []byte(`"subscriptionFilters":[`)) && bytes.Contains(b, []byte(`"logEvents":[`)) ||
		bytes.Contains(b, []byte(`"messageType":"DATA_MESSAGE","owner":`)) || hasEvent(b)
}

// hasEvent tells whether an event of a subscription record begins in b.
func hasEvent(b []byte) bool {
	const begin, end = `{"id":"`, `","timestamp":`
	for {
		_, rest, found := bytes.Cut(b, []byte(begin))
		if !found {
			return false
		}
		n := jsonscan.Digits(rest, 0)
		if isEventID(rest[:n]) && bytes.HasPrefix(rest[n:], []byte(end)) {
			return true
		}
		b = rest
	}
}

// exportKey is the form of the last part of an export task's key.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateExportTask.html
const exportKey = `^[0-9]{6}(\.gz)?$`

// isExport tells whether the text is an export task's: a line begins as its events
// do, the first unless the object's key is an export task's, too. Lines of messages
// may begin the same, so that a key of another form speaks against it.
func (d *Decoder) isExport(text []byte) bool {
	if d.source.Key == "" {
		return isExported(text, 0)
	}
	named, err := regexp.MatchString(exportKey, d.source.Key[lastSlash(d.source.Key)+1:])
	if err != nil || !named {
		return false
	}
	for {
		if isExported(text, 0) {
			return true
		}
		n := bytes.IndexByte(text, '\n')
		if n < 0 {
			return false
		}
		text = text[n+1:]
	}
}
