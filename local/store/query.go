package store

import (
	"encoding/json"
	"math"
	"strings"
	"time"
)

// parser turns a query into clauses for one index.
type parser struct {
	mapping *mapping
	// words tells, after parsing, that a clause needs the word index.
	words bool
}

// parse reads a query of the search API. What is not implemented is refused.
func (p *parser) parse(raw []byte) (clause, error) {
	if !isObject(raw) {
		return nil, badRequest("parsing_exception", "a query is an object, such as {\"match_all\":{}}")
	}
	var kind string
	var body []byte
	n := 0
	err := eachMember(raw, func(name string, value []byte) error {
		kind, body = name, value
		n++
		return nil
	})
	if err != nil {
		return nil, err
	}
	if n != 1 {
		return nil, badRequest("parsing_exception", "a query object names one query, this one %d", n)
	}
	if !isObject(body) {
		return nil, badRequest("parsing_exception", "[%s] query malformed, no start_object after query name", kind)
	}
	switch kind {
	case "match_all":
		return all{}, decodeStrict(kind, body, &struct{}{})
	case "match_none":
		return all{none: true}, decodeStrict(kind, body, &struct{}{})
	case "ids":
		var q struct{ Values []string }
		err := decodeStrict(kind, body, &q)
		return ids(q.Values), err
	case "exists":
		return p.exists(body)
	case "bool":
		return p.boolean(body)
	case "constant_score":
		var q struct{ Filter json.RawMessage }
		if err := decodeStrict(kind, body, &q); err != nil {
			return nil, err
		}
		return p.parse(q.Filter)
	case "query_string":
		return p.queryString(body)
	case "match", "match_phrase", "term", "terms", "range", "wildcard", "prefix", "regexp":
		return p.onField(kind, body)
	}
	return nil, unsupported("the query [%s]", kind)
}

func (p *parser) onField(kind string, body []byte) (clause, error) {
	var name string
	var value []byte
	n := 0
	err := eachMember(body, func(member string, v []byte) error {
		name, value = member, v
		n++
		return nil
	})
	if err != nil {
		return nil, err
	}
	if n != 1 {
		return nil, badRequest("parsing_exception", "[%s] query takes one field and nothing beside it, not %d members", kind, n)
	}
	switch kind {
	case "match", "match_phrase":
		return p.match(kind, name, value)
	case "term", "terms":
		return p.terms(kind, name, value)
	case "range":
		return p.interval(name, value)
	}
	return p.pattern(kind, name, value)
}

func (p *parser) exists(body []byte) (clause, error) {
	var q struct{ Field string }
	if err := decodeStrict("exists", body, &q); err != nil {
		return nil, err
	}
	return p.existing(q.Field), nil
}

func (p *parser) existing(name string) clause {
	t, ok := p.mapping.find(name)
	switch {
	case !ok:
		if f, _, rest := step(p.mapping.Properties, name); f == nil || rest != "" || !f.isObject() {
			return all{none: true}
		}
		return scan{name, func([]byte) bool { return true }}
	case t.isTimestamp():
		return span{noTime + 1, math.MaxInt64}
	}
	return scan{t.path, t.indexed}
}

func (p *parser) boolean(body []byte) (clause, error) {
	var q struct {
		Must               json.RawMessage `json:"must"`
		Filter             json.RawMessage `json:"filter"`
		Should             json.RawMessage `json:"should"`
		MustNot            json.RawMessage `json:"must_not"`
		MinimumShouldMatch *int            `json:"minimum_should_match"`
	}
	if err := decodeStrict("bool", body, &q); err != nil {
		return nil, err
	}
	var b boolean
	for _, part := range []struct {
		raw  []byte
		into *[]clause
	}{{q.Must, &b.must}, {q.Filter, &b.must}, {q.Should, &b.should}, {q.MustNot, &b.mustNot}} {
		if part.raw == nil {
			continue
		}
		err := eachElement(part.raw, func(raw []byte) error {
			c, err := p.parse(raw)
			*part.into = append(*part.into, c)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	// Beside must or filter, should only counts for scores.
	if len(b.should) > 0 && len(b.must) == 0 {
		b.atLeast = 1
	}
	if q.MinimumShouldMatch != nil {
		b.atLeast = *q.MinimumShouldMatch
		if b.atLeast < 0 {
			return nil, unsupported("a negative minimum_should_match")
		}
		if b.atLeast > len(b.should) {
			return all{none: true}, nil
		}
	}
	return b, nil
}

func (p *parser) interval(name string, body []byte) (clause, error) {
	var q struct {
		GT       json.RawMessage `json:"gt"`
		GTE      json.RawMessage `json:"gte"`
		LT       json.RawMessage `json:"lt"`
		LTE      json.RawMessage `json:"lte"`
		TimeZone string          `json:"time_zone"`
		Format   string          `json:"format"`
	}
	if err := decodeStrict("range", body, &q); err != nil {
		return nil, err
	}
	switch q.Format {
	case "", defaultDateFormat, "strict_date_optional_time", "epoch_millis", "date_optional_time":
	default:
		return nil, unsupported("the format [%s] in a range", q.Format)
	}
	b := bounds{zone: time.UTC}
	if q.TimeZone != "" {
		var err error
		if b.zone, err = parseZone(q.TimeZone); err != nil {
			return nil, err
		}
	}
	b.set(&b.low, q.GTE, false)
	b.set(&b.low, q.GT, true)
	b.set(&b.high, q.LTE, false)
	b.set(&b.high, q.LT, true)
	t, ok := p.mapping.find(name)
	if !ok {
		return all{none: true}, nil
	}
	return t.between(b)
}

// bounds are those of a range, of any type.
type bounds struct {
	low, high bound
	zone      *time.Location
}

type bound struct {
	value string
	given bool
	// open: the value itself is outside.
	open bool
}

func (b *bounds) set(which *bound, raw []byte, open bool) {
	if raw != nil && !isNull(raw) {
		*which = bound{text(raw), true, open}
	}
}

// milliseconds are the first and last millisecond inside. A date such as
// 2018-12-10 is a whole day: later than it is the next day, and not later
// includes all of it.
func (b *bounds) milliseconds() (first, last int64, err error) {
	first, last = noTime+1, math.MaxInt64
	if b.low.given {
		begin, end, err := parseDate(b.low.value, b.zone)
		if err != nil {
			return 0, 0, badDate(b.low.value, err)
		}
		if first = begin; b.low.open {
			first = end + 1
		}
	}
	if b.high.given {
		begin, end, err := parseDate(b.high.value, b.zone)
		if err != nil {
			return 0, 0, badDate(b.high.value, err)
		}
		if last = end; b.high.open {
			last = begin - 1
		}
	}
	return first, last, nil
}

func badDate(value string, err error) error {
	if strings.HasPrefix(value, "now") || strings.Contains(value, "||") {
		return unsupported("date math such as [%s]; give a date", value)
	}
	return badRequest("parse_exception", "%s", err.Error())
}
