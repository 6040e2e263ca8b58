package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// timestamp is the field whose times are held in memory: searches of logs ask
// for little else.
const timestamp = "@timestamp"

// reading is one document on its way through the mapping.
type reading struct {
	id     string
	source []byte
	// time is that of @timestamp in milliseconds, or noTime.
	time int64
	// undo takes back the fields that dynamic mapping has added.
	undo []func()
}

// read checks a document, which validJSON has passed, against the mapping, and
// adds fields to it where it is dynamic. A document that Elasticsearch would
// refuse is a *problem.
func (m *mapping) read(id string, source []byte) (reading, error) {
	r := reading{id: id, source: source, time: noTime}
	if !isObject(source) {
		return r, badRequest("document_parsing_exception", "[1:1] failed to parse: the document is no JSON object")
	}
	if m.Properties == nil {
		m.Properties = map[string]*field{}
	}
	return r, r.object("", source, m.Properties, m.Dynamic)
}

// depthLimit is that of index.mapping.depth.limit.
const depthLimit = 20

func (r *reading) object(path string, object []byte, fields map[string]*field, dyn dynamic) error {
	if strings.Count(path, ".") >= depthLimit {
		return r.refuse(object, "the document has more than %d objects inside of each other at [%s]", depthLimit, path)
	}
	seen := map[string]bool{}
	return eachMember(object, func(name string, value []byte) error {
		if seen[name] {
			return r.refuse(value, "Duplicate field '%s'", name)
		}
		seen[name] = true
		if strings.Trim(name, ". ") == "" {
			return r.refuse(value, "field name cannot contain only whitespace or points: ['%s']", name)
		}
		return r.member(path, name, value, fields, dyn)
	})
}

func (r *reading) member(path, name string, value []byte, fields map[string]*field, dyn dynamic) error {
	f, short, rest := step(fields, name)
	full := join(path, name)
	switch {
	case isNull(value):
		return nil
	case f != nil && rest != "":
		if f.Dynamic != "" {
			dyn = f.Dynamic
		}
		if !f.isObject() {
			return r.refuse(value, "field [%s] of type [%s] has no members", join(path, short), f.Type)
		}
		return r.member(join(path, short), rest, value, f.Properties, dyn)
	case f == nil && dyn == "false":
		return nil
	case f == nil && dyn == "strict":
		p := r.refuse(value, "mapping set to strict, dynamic introduction of [%s] within [%s] is not allowed", name, path)
		p.kind = "strict_dynamic_mapping_exception"
		return p
	case f == nil:
		if f = guess(value); f == nil {
			return nil // an empty array tells nothing yet
		}
		fields[name] = f
		r.undo = append(r.undo, func() { delete(fields, name) })
	}
	if f.Dynamic != "" {
		dyn = f.Dynamic
	}
	return eachElement(value, func(value []byte) error {
		if isNull(value) {
			return nil
		}
		if f.isObject() {
			if !isObject(value) {
				return r.refuse(value, "object mapping for [%s] tried to parse field [%s] as object, but found a concrete value", full, name)
			}
			if f.Properties == nil {
				f.Properties = map[string]*field{}
			}
			return r.object(full, value, f.Properties, dyn)
		}
		return r.leaf(full, f, value)
	})
}

// leaf checks a value against its field's type.
func (r *reading) leaf(full string, f *field, value []byte) error {
	var cause error
	switch {
	case f.flat():
		cause = f.checkFlat(value, 1)
	case isObject(value):
		cause = errors.New("the value is an object")
	case f.Type == typeDate:
		first, _, err := parseDate(text(value), time.UTC)
		if err == nil && full == timestamp {
			r.time = first
		}
		cause = err
	case f.Type == typeBoolean:
		if s := text(value); s != "true" && s != "false" && s != "" {
			cause = errors.New("only true and false are booleans")
		}
	case f.isNumber():
		_, cause = strconv.ParseFloat(text(value), 64)
	}
	if cause == nil {
		return r.terms(full, f, value)
	}
	preview := text(value)
	if len(preview) > 100 {
		preview = preview[:100]
	}
	p := r.refuse(value, "failed to parse field [%s] of type [%s] in document with id '%s'. Preview of field's value: '%s'",
		full, f.Type, r.id, preview)
	p.cause = badRequest("illegal_argument_exception", "%s", cause.Error())
	return p
}

// maxTerm is the longest value that Lucene can hold as one term, in bytes.
const maxTerm = 32_766

// terms refuses a value that a keyword would have to hold and cannot.
func (r *reading) terms(full string, f *field, value []byte) error {
	if len(value) <= maxTerm {
		return nil // an escape is never shorter than what it stands for
	}
	for name, sub := range f.Fields {
		if err := r.terms(join(full, name), sub, value); err != nil {
			return err
		}
	}
	if s := text(value); f.Type == typeKeyword && len(s) > maxTerm && (target{field: *f}).indexed(value) {
		return r.refuse(value, "Document contains at least one immense term in field=\"%s\" (whose UTF8 encoding is longer than the max length %d)", full, maxTerm)
	}
	return nil
}

// checkFlat checks the depth of a flattened object, which is at depth.
func (f *field) checkFlat(object []byte, depth int) error {
	limit := depthLimit
	if f.DepthLimit != nil {
		limit = *f.DepthLimit
	}
	switch {
	case !isObject(object) && depth == 1:
		return errors.New("a " + f.Type + " field takes an object")
	case f.Type == typeFlattened && depth > limit:
		return fmt.Errorf("the provided object has exceeded the maximum depth limit of [%d]", limit)
	}
	return eachMember(object, func(_ string, value []byte) error {
		return eachElement(value, func(value []byte) error {
			switch {
			case isObject(value):
				return f.checkFlat(value, depth+1)
			case f.Type == typeFlattened && f.IgnoreAbove == nil && len(text(value)) > maxTerm:
				return fmt.Errorf("a value is longer than %d bytes", maxTerm)
			}
			return nil
		})
	})
}

func (f *field) isNumber() bool {
	switch f.Type {
	case typeLong, typeInteger, typeFloat, typeDouble:
		return true
	}
	return false
}

// refuse is a problem that names the place of the value: value is a part of
// source.
func (r *reading) refuse(value []byte, format string, args ...any) *problem {
	place := cap(r.source) - cap(value) + 1
	return badRequest("document_parsing_exception", "[1:"+strconv.Itoa(place)+"] "+format, args...)
}

// guess is the field that Elasticsearch maps a new member to, nil if the value
// tells nothing.
func guess(value []byte) *field {
	var f *field
	// The first element that is not null decides; eachElement has no other end
	// than an error.
	_ = eachElement(value, func(value []byte) error {
		if f == nil && !isNull(value) {
			f = guessOne(value)
		}
		return nil
	})
	return f
}

func guessOne(value []byte) *field {
	switch value[0] {
	case '{':
		return &field{Type: typeObject}
	case 't', 'f':
		return &field{Type: typeBoolean}
	case '"':
		s := text(value)
		if _, err := strconv.Atoi(s); err != nil {
			if _, _, err := parseDate(s, time.UTC); err == nil {
				return &field{Type: typeDate}
			}
		}
		limit := 256
		return &field{Type: typeText, Fields: map[string]*field{"keyword": {Type: typeKeyword, IgnoreAbove: &limit}}}
	}
	if _, err := strconv.ParseInt(string(value), 10, 64); err == nil {
		return &field{Type: typeLong}
	}
	return &field{Type: typeFloat}
}

// clone is a copy that can be changed while m is in use.
func (m *mapping) clone() (*mapping, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	var c mapping
	return &c, json.Unmarshal(raw, &c)
}
