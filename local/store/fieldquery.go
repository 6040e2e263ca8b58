package store

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Queries on one field.

func (t target) isTimestamp() bool { return t.Type == typeDate && t.path == timestamp }

// indexed tells whether a value is searched at all.
func (t target) indexed(value []byte) bool {
	return t.Type != typeKeyword || t.IgnoreAbove == nil || utf16Length(text(value)) <= *t.IgnoreAbove
}

// match looks for the words of a text, on any other field for the value.
func (p *parser) match(kind, name string, body []byte) (clause, error) {
	q := struct {
		Query    json.RawMessage `json:"query"`
		Operator string          `json:"operator"`
		Slop     int             `json:"slop"`
	}{Query: body, Operator: "or"}
	if isObject(body) {
		q.Query = nil
		if err := decodeStrict(kind, body, &q); err != nil {
			return nil, err
		}
	}
	operator := strings.ToLower(q.Operator)
	switch {
	case len(q.Query) == 0 || strings.IndexByte("{[n", q.Query[0]) >= 0:
		return nil, badRequest("parsing_exception", "[%s] query on [%s] needs a text to look for", kind, name)
	case q.Slop != 0 || kind == "match_phrase" && operator != "or":
		return nil, unsupported("slop or operator in [match_phrase]")
	case operator != "or" && operator != "and":
		return nil, badRequest("parsing_exception", "operator [%s] is neither and nor or", q.Operator)
	}
	return p.matching(name, text(q.Query), kind == "match_phrase", operator == "or")
}

func (p *parser) matching(name, s string, inOrder, one bool) (clause, error) {
	t, ok := p.mapping.find(name)
	if !ok {
		return p.unmapped(name, s), nil
	}
	if t.Type != typeText {
		return t.equal(s)
	}
	p.words = true
	found := split(s)
	switch {
	case len(found) == 0:
		return all{none: true}, nil
	case inOrder && len(found) > 1:
		return phrase{t.path, found}, nil
	}
	return having{t.path, found, one}, nil
}

// unmapped is a query on what is no field of the mapping: _id, or nothing.
func (p *parser) unmapped(name, value string) clause {
	if name == "_id" {
		return ids{value}
	}
	return all{none: true}
}

// terms looks for exact values: of a text, for one word as it is indexed.
func (p *parser) terms(kind, name string, body []byte) (clause, error) {
	values := [][]byte{body}
	fold := false
	if kind == "terms" {
		values = nil
		if body[0] != '[' {
			return nil, badRequest("parsing_exception", "[terms] query takes an array of values")
		}
		if err := eachElement(body, func(v []byte) error { values = append(values, v); return nil }); err != nil {
			return nil, err
		}
	} else if isObject(body) {
		var q struct {
			Value json.RawMessage `json:"value"`
			Fold  bool            `json:"case_insensitive"`
		}
		if err := decodeStrict(kind, body, &q); err != nil {
			return nil, err
		}
		values, fold = [][]byte{q.Value}, q.Fold
	}
	some := boolean{atLeast: 1}
	for _, v := range values {
		if len(v) == 0 || strings.IndexByte("{[n", v[0]) >= 0 {
			return nil, badRequest("parsing_exception", "[%s] query on [%s] needs a value", kind, name)
		}
		c, err := p.term(name, text(v), fold)
		if err != nil {
			return nil, err
		}
		some.should = append(some.should, c)
	}
	if len(some.should) == 0 {
		return all{none: true}, nil
	}
	return some, nil
}

func (p *parser) term(name, value string, fold bool) (clause, error) {
	t, ok := p.mapping.find(name)
	switch {
	case !ok:
		return p.unmapped(name, value), nil
	case fold:
		return p.accepting(t, func(s string) bool { return strings.EqualFold(s, value) }), nil
	case t.Type == typeText:
		p.words = true
		return having{t.path, []string{value}, true}, nil
	}
	return t.equal(value)
}

// pattern is a wildcard, prefix or regexp query.
func (p *parser) pattern(kind, name string, body []byte) (clause, error) {
	var q struct {
		Value    *string `json:"value"`
		Wildcard *string `json:"wildcard"`
		Fold     bool    `json:"case_insensitive"`
	}
	if isObject(body) {
		if err := decodeStrict(kind, body, &q); err != nil {
			return nil, err
		}
	} else {
		s := text(body)
		q.Value = &s
	}
	if q.Value == nil && kind == "wildcard" {
		q.Value = q.Wildcard
	}
	if q.Value == nil {
		return nil, badRequest("parsing_exception", "[%s] query on [%s] needs a value", kind, name)
	}
	var re *regexp.Regexp
	var err error
	switch kind {
	case "wildcard":
		re, err = wildcard(*q.Value, q.Fold)
	case "prefix":
		re, err = whole(regexp.QuoteMeta(*q.Value)+".*", q.Fold)
	default:
		re, err = lucene(*q.Value, q.Fold)
	}
	if err != nil {
		return nil, err
	}
	t, ok := p.mapping.find(name)
	if !ok {
		if name == "_id" {
			return nil, unsupported("[%s] on [_id]", kind)
		}
		return all{none: true}, nil
	}
	if t.Type != typeText && t.Type != typeKeyword && !t.flat() {
		return nil, badRequest("query_shard_exception", "Can only use %s queries on keyword, text and flattened fields - not on [%s] which is of type [%s]", kind, name, t.Type)
	}
	return p.accepting(t, re.MatchString), nil
}

// accepting looks for values, or the words of a text, that a test accepts.
func (p *parser) accepting(t target, accept func(string) bool) clause {
	if t.Type == typeText {
		p.words = true
		return like{t.path, accept}
	}
	return scan{t.path, func(v []byte) bool { return t.indexed(v) && accept(text(v)) }}
}

// equal looks for one value. A date such as 2018-12-10 equals all of its day.
func (t target) equal(value string) (clause, error) {
	if t.Type == typeDate || t.isNumber() {
		same := bound{value: value, given: true}
		return t.between(bounds{low: same, high: same, zone: time.UTC})
	}
	if t.Type == typeBoolean && !slices.Contains([]string{"true", "false", ""}, value) {
		return nil, badRequest("query_shard_exception", "failed to create query: Can't parse boolean value [%s], expected [true] or [false]", value)
	}
	return scan{t.path, func(v []byte) bool { return t.indexed(v) && text(v) == value }}, nil
}

// between looks for values inside of bounds.
func (t target) between(b bounds) (clause, error) {
	switch {
	case t.Type == typeDate:
		first, last, err := b.milliseconds()
		if err != nil || t.isTimestamp() {
			return span{first, last}, err
		}
		return scan{t.path, func(v []byte) bool {
			at, _, err := parseDate(text(v), time.UTC)
			return err == nil && first <= at && at <= last
		}}, nil
	case t.isNumber():
		low, high, err := b.numbers()
		if err != nil {
			return nil, err
		}
		return scan{t.path, func(v []byte) bool {
			n, err := strconv.ParseFloat(text(v), 64)
			return err == nil && (low < n || low == n && !b.low.open) && (n < high || n == high && !b.high.open)
		}}, nil
	case t.Type == typeKeyword:
		return scan{t.path, func(v []byte) bool { return t.indexed(v) && b.hold(text(v)) }}, nil
	}
	return nil, unsupported("a range on [%s], which is of type [%s]", t.path, t.Type)
}

func (b *bounds) numbers() (low, high float64, err error) {
	low, high = math.Inf(-1), math.Inf(1)
	if b.low.given {
		if low, err = strconv.ParseFloat(b.low.value, 64); err != nil {
			return 0, 0, badRequest("number_format_exception", "For input string: %q", b.low.value)
		}
	}
	if b.high.given {
		if high, err = strconv.ParseFloat(b.high.value, 64); err != nil {
			return 0, 0, badRequest("number_format_exception", "For input string: %q", b.high.value)
		}
	}
	return low, high, nil
}

// hold compares texts, byte by byte as Lucene does.
func (b *bounds) hold(s string) bool {
	above := !b.low.given || b.low.value < s || b.low.value == s && !b.low.open
	below := !b.high.given || s < b.high.value || s == b.high.value && !b.high.open
	return above && below
}
