package store

import (
	"bytes"
	"errors"
	"time"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
	"github.com/rehydrate/rehydrate/local/store/logdb"
)

// reader makes the rows of one bulk request's documents. Those of our Lambdas
// differ within a stream in time and message only: what follows the message is
// read in the first of them, and only compared in the others.
type reader struct {
	store          *Store
	oldest, newest time.Time
	tails          map[tail]origin
}

// tail is what a document is made of beside its time and message.
type tail struct{ index, zone, rest string }

// origin is what a tail says: the fields that begin a row, those of its stream
// first, and the form.
type origin struct {
	fields []logdb.Field
	stream int
	form   string
}

// Limits of what a reader keeps.
const (
	maxTails = 10_000   // in number
	maxTail  = 64 << 10 // bytes
)

func newReader(s *Store) *reader {
	return &reader{store: s, oldest: time.Unix(0, logdb.Oldest()), newest: time.Unix(0, logdb.Newest()), tails: map[tail]origin{}}
}

// read makes the row of an item; what is wrong with its document becomes its
// problem.
func (r *reader) read(i *item) error {
	if r.plain(i) {
		return nil
	}
	if !validJSON(i.source) {
		i.problem = badRequest("document_parsing_exception", "failed to parse")
		i.problem.cause = badRequest("x_content_parse_exception", "the document is no JSON in UTF-8")
		return nil
	}
	ix, err := r.store.ensure(i.index)
	if err == nil {
		i.document, err = ix.mapping.read(i.index, i.id, i.source)
	}
	if p, ok := errors.AsType[*problem](err); ok {
		i.problem = p
		return nil
	}
	if err == nil && ix.mapping.takesText() {
		r.remember(&i.document)
	}
	return err
}

// remember keeps what the document says behind its message for the next one.
func (r *reader) remember(d *document) {
	before := len(d.row.Fields) - fieldsOfAll
	form := d.row.Fields[len(d.row.Fields)-1]
	p, ok := takeApart(d.source)
	if form.Name != fieldForm || !ok || len(p.rest) > maxTail || len(r.tails) == maxTails {
		return
	}
	r.tails[tail{d.index, string(p.zone), string(p.rest)}] = origin{
		fields: d.row.Fields[:before:before], stream: d.row.Stream, form: form.Value,
	}
}

// plain makes the row of a document that differs from an earlier one in time and
// message only; false where it cannot tell.
func (r *reader) plain(i *item) bool {
	p, ok := takeApart(i.source)
	if !ok || p.message.To-p.message.From > maxText {
		return false
	}
	known, ok := r.tails[tail{i.index, string(p.zone), string(p.rest)}]
	if !ok {
		return false
	}
	at, err := time.Parse(time.RFC3339, string(p.stamp))
	if err != nil || at.Before(r.oldest) || at.After(r.newest) {
		return false
	}
	i.row.Time, i.row.Stream = at.UnixNano(), known.stream
	i.row.Fields = make([]logdb.Field, 0, len(known.fields)+fieldsOfAll)
	i.row.Fields = append(append(i.row.Fields, known.fields...),
		logdb.Field{Name: fieldIndex, Value: i.index}, logdb.Field{Name: fieldID, Value: i.id},
		logdb.Field{Name: logdb.Message, Value: p.message.Text(i.source)}, logdb.Field{Name: fieldForm, Value: known.form})
	return true
}

// parts of a document whose bytes its time, the text of its message, and what
// follows give back.
type parts struct {
	stamp, zone []byte
	message     jsonscan.Value
	rest        []byte
}

// takeApart finds the parts of a document that is made as ours are. What follows
// the message may be anything.
func takeApart(source []byte) (p parts, ok bool) {
	rest, ok := bytes.CutPrefix(source, []byte(sourceHead))
	if !ok {
		return p, false
	}
	p.stamp, rest, ok = bytes.Cut(rest, []byte(sourceMiddle))
	// The package time would take a comma, too, and any number of digits behind it.
	if !ok || len(p.stamp) <= len(layout) || p.stamp[len(layout)-len(".000")] != '.' {
		return p, false
	}
	if p.zone = p.stamp[len(layout):]; p.zone[0] >= '0' && p.zone[0] <= '9' {
		return p, false
	}
	var end int
	var problem jsonscan.Problem
	p.message, end, problem = jsonscan.Scalar(source, len(source)-len(rest))
	// Whatever else is written with an escape is written as CloudWatch Logs does.
	if problem != "" || p.message.Kind != '"' || p.message.Traits&(jsonscan.Coded|jsonscan.Invalid) != 0 {
		return p, false
	}
	p.rest = source[end:]
	return p, true
}
