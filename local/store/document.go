package store

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rehydrate/rehydrate/local/store/logdb"
)

// Names of the fields of a row, beside its message and those of where the event
// came from.
const (
	fieldIndex = "index"
	fieldID    = logdb.Identity

	// hidden begins the names of fields that only tell what the document's bytes
	// were. A row has one of these. The form is what stands around time and message
	// of a document that is made as ours are; it is the same for most rows, and
	// nearly nothing on disk. Any other document is kept whole in source, or, where
	// a row cannot hold it, in a file of its own that kept names.
	hidden      = "rehydrate."
	fieldForm   = hidden + "form"
	fieldSource = hidden + "source"
	fieldKept   = hidden + "kept"
	// fieldStream is that of a row which is no document.
	fieldStream = hidden + "stream"
)

// fieldsOfAll is how many fields a row has beside those of where the event came
// from: index, id, message, and the last, which tells what the bytes were.
const fieldsOfAll = 4

// origins are the members of a document that say where the event came from, and
// the fields that they become; the first two name the stream of a row.
func origins() [4][2]string {
	return [4][2]string{
		{"aws.cloudwatch.log_group", GroupField},
		{"aws.cloudwatch.log_stream", StreamField},
		{"cloud.account.id", "account"},
		{"cloud.region", "region"},
	}
}

// Fields of rows, by which people search.
const (
	GroupField  = "log_group"
	StreamField = "log_stream"
)

const (
	sourceHead   = `{"@timestamp":"`
	sourceMiddle = `","message":`
	sourceTail   = "}"
)

// maxText is how much of a message can be searched, in bytes: a row has at most
// logdb.MaxRowBytes, and there are other fields. CloudWatch's are half as long.
const maxText = logdb.MaxRowBytes * 3 / 4

// document is one that was read from a bulk request.
type document struct {
	index, id string
	source    []byte
	row       logdb.Row
	// kept: the source is in a file of its own.
	kept bool
}

// read makes the row of a document that m maps; source is JSON. A document that
// Elasticsearch would refuse is a *problem. One without a time is put at 1970.
func (m *mapping) read(index, id string, source []byte) (document, error) {
	d := document{index: index, id: id, source: source}
	if !isObject(source) {
		return d, badRequest("document_parsing_exception", "[1:1] failed to parse: the document is no JSON object")
	}
	var at time.Time
	var stamp, message []byte
	var origin [4]string
	seen := map[string]bool{}
	err := eachMember(source, func(name string, value []byte) error {
		if seen[name] {
			return badRequest("document_parsing_exception", "Duplicate field '%s'", name)
		}
		seen[name] = true
		if err := m.check(name, value, id); err != nil {
			return err
		}
		switch name {
		case timestamp:
			t, err := parseTime(text(value))
			if err != nil {
				return unparsable(name, "date", id, value, err.Error())
			}
			at, stamp = t, value
		case "message":
			message = value
		}
		for n, o := range origins() {
			if rest, ok := strings.CutPrefix(o[0], name); ok {
				origin[n] = member(value, rest)
			}
		}
		return nil
	})
	if err != nil {
		return d, err
	}
	if stamp == nil {
		at = time.Unix(0, 0)
	}
	d.row.Time = at.UnixNano()
	if at.Before(time.Unix(0, logdb.Oldest())) || at.After(time.Unix(0, logdb.Newest())) {
		return d, unparsable(timestamp, "date", id, stamp, "the embedded store keeps documents of 99 years before and after today")
	}
	words := text(message)
	if message == nil || isNull(message) {
		words = ""
	}
	d.fields(index, id, words, origin)
	d.keep(at, words)
	return d, nil
}

// member is the scalar under a path such as .account.id, empty where there is
// none. The names of members are matched as ours are written.
func member(value []byte, path string) string {
	if path == "" {
		if isObject(value) || isNull(value) || value[0] == '[' {
			return ""
		}
		return text(value)
	}
	name, rest, _ := strings.Cut(path[1:], ".")
	if rest != "" {
		rest = "." + rest
	}
	found := ""
	if path[0] == '.' && isObject(value) {
		// The function below never fails.
		_ = eachMember(value, func(n string, v []byte) error {
			if n == name {
				found = member(v, rest)
			}
			return nil
		})
	}
	return found
}

func (d *document) fields(index, id, words string, origin [4]string) {
	if len(words) > maxText {
		end := maxText
		for !utf8.RuneStart(words[end]) {
			end--
		}
		words = words[:end]
	}
	d.row.Fields = make([]logdb.Field, 0, len(origin)+fieldsOfAll)
	for n, o := range origins() {
		// A value that is no name is kept in the document alone.
		if v := origin[n]; v != "" && len(v) <= maxOrigin {
			d.row.Fields = append(d.row.Fields, logdb.Field{Name: o[1], Value: v})
			if n < 2 {
				d.row.Stream++
			}
		}
	}
	d.row.Fields = append(d.row.Fields, logdb.Field{Name: fieldIndex, Value: index}, logdb.Field{Name: fieldID, Value: id},
		logdb.Field{Name: logdb.Message, Value: words})
}

// maxOrigin is longer than any name that CloudWatch Logs gives out: 512
// characters.
const maxOrigin = 4096

// keep adds what is needed to give the source back byte for byte.
func (d *document) keep(at time.Time, words string) {
	form, ok := formOf(d.source, at, words)
	field := logdb.Field{Name: fieldForm, Value: form}
	if !ok {
		field = logdb.Field{Name: fieldSource, Value: string(d.source)}
	}
	size := 1024 + len(field.Value)
	for _, f := range d.row.Fields {
		size += len(f.Name) + len(f.Value)
	}
	if len(words) > maxText || size > logdb.MaxRowBytes {
		d.kept = true
		field = logdb.Field{Name: fieldKept, Value: keptName(d.id)}
	}
	d.row.Fields = append(d.row.Fields, field)
}

// formOf is the offset of the time and what follows the message, if that, the
// time and the text of the message are all that source is made of.
func formOf(source []byte, at time.Time, words string) (form string, ok bool) {
	rest, ok := bytes.CutPrefix(source, []byte(sourceHead))
	if !ok {
		return "", false
	}
	stamp, rest, ok := bytes.Cut(rest, []byte(sourceMiddle))
	if !ok || len(stamp) < len(layout) {
		return "", false
	}
	made := quote(make([]byte, 0, len(words)+len(words)/8+16), words)
	tail, ok := bytes.CutPrefix(rest, made)
	zone := string(stamp[len(layout):])
	if !ok || stampIn(at, zone) != string(stamp) {
		return "", false
	}
	return zone + string(tail), true
}

// stampIn is a time with an offset such as Z or +09:00; empty where zone is none.
func stampIn(at time.Time, zone string) string {
	offset, err := time.Parse("Z07:00", zone)
	if err != nil {
		return ""
	}
	return at.In(offset.Location()).Format(layout) + zone
}

// sourceOf is the opposite of formOf.
func sourceOf(form string, at time.Time, words string) []byte {
	n := strings.IndexAny(form, ",}")
	if n < 0 {
		return nil
	}
	b := append([]byte(sourceHead), stampIn(at, form[:n])...)
	return append(quote(append(b, sourceMiddle...), words), form[n:]...)
}

// quote appends text as a JSON string the way that CloudWatch Logs writes it:
// nothing is escaped that does not have to be.
func quote(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	done := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[done:i]...)
		done = i + 1
		if n := strings.IndexByte("\"\\\n\r\t\b\f", c); n >= 0 {
			dst = append(dst, '\\', `"\nrtbf`[n])
		} else {
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(dst, s[done:]...), '"')
}

func unparsable(name, kind, id string, value []byte, why string) *problem {
	preview := text(value)
	if len(preview) > 100 {
		preview = strings.ToValidUTF8(preview[:100], "")
	}
	p := badRequest("document_parsing_exception", "failed to parse field [%s] of type [%s] in document with id '%s'. Preview of field's value: '%s'", name, kind, id, preview)
	p.cause = badRequest("illegal_argument_exception", "%s", why)
	return p
}
