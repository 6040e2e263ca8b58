package store

import (
	"strings"
)

// queryString parses the basics of Lucene's query language:
//
//	word "a phrase" field:word field:"a phrase" field:wild*card field:* _exists_:field
//	field:[a TO b} field:>=a field:/regexp/ (a b) +must -not AND OR NOT && || !
//
// with Lucene's own meaning of AND and OR, which know no precedence. Fuzziness,
// boosts and distances are refused.
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/query-dsl-query-string-query.html
func (p *parser) queryString(body []byte) (clause, error) {
	q := struct {
		Query           string   `json:"query"`
		DefaultField    string   `json:"default_field"`
		Fields          []string `json:"fields"`
		DefaultOperator string   `json:"default_operator"`
		AnalyzeWildcard bool     `json:"analyze_wildcard"`
	}{DefaultOperator: "or"}
	if err := decodeStrict("query_string", body, &q); err != nil {
		return nil, err
	}
	fields := q.Fields
	if q.DefaultField != "" {
		fields = append(fields, q.DefaultField)
	}
	and := strings.EqualFold(q.DefaultOperator, "and")
	if !and && !strings.EqualFold(q.DefaultOperator, "or") {
		return nil, badRequest("parsing_exception", "default_operator [%s] is neither and nor or", q.DefaultOperator)
	}
	l := lucenequery{parser: p, rest: q.Query, and: and, fields: p.expand(fields)}
	c, err := l.clauses("", false)
	if err != nil {
		return nil, err
	}
	if l.space(); l.rest != "" {
		return nil, l.refuse("an unexpected [" + l.rest[:1] + "]")
	}
	return c, nil
}

// expand gives the fields that are looked into where none is named: all texts.
func (p *parser) expand(fields []string) []string {
	if len(fields) == 0 || len(fields) == 1 && fields[0] == "*" {
		return p.mapping.texts()
	}
	return fields
}

type lucenequery struct {
	parser *parser
	rest   string
	and    bool
	fields []string
	depth  int
}

func (l *lucenequery) refuse(what string) error {
	return badRequest("query_shard_exception", "Failed to parse query: %s before [%s]", what, l.rest)
}

func (l *lucenequery) space() { l.rest = strings.TrimLeft(l.rest, " \t\r\n") }

func (l *lucenequery) take(prefix string) bool {
	if !strings.HasPrefix(l.rest, prefix) {
		return false
	}
	// A word operator ends where the word does.
	if 'A' <= prefix[0] && prefix[0] <= 'Z' && len(l.rest) > len(prefix) && !strings.ContainsRune(" \t\r\n(", rune(l.rest[len(prefix)])) {
		return false
	}
	l.rest = l.rest[len(prefix):]
	return true
}

// How a clause counts in its list.
type occur int

const (
	should occur = iota
	must
	mustNot
)

// clauses reads a list up to its end, or to a closing parenthesis.
func (l *lucenequery) clauses(field string, inside bool) (clause, error) {
	if l.depth++; l.depth > depthLimit {
		return nil, l.refuse("too many parentheses")
	}
	defer func() { l.depth-- }()
	var list []clause
	var how []occur
	for {
		l.space()
		if l.rest == "" || inside && l.rest[0] == ')' {
			return gather(list, how), nil
		}
		joined := ""
		switch {
		case l.take("AND"), l.take("&&"):
			joined = "and"
		case l.take("OR"), l.take("||"):
			joined = "or"
		}
		if joined != "" && len(list) == 0 {
			return nil, l.refuse("an operator without anything")
		}
		own := l.sign()
		c, err := l.one(field)
		if err != nil {
			return nil, err
		}
		// As Lucene's classic parser: an operator also says how the clause before
		// it counts.
		if last := len(how) - 1; last >= 0 && how[last] != mustNot {
			switch {
			case joined == "and":
				how[last] = must
			case joined == "or" && l.and:
				how[last] = should
			}
		}
		if own == should && (joined == "and" || l.and && joined != "or") {
			own = must
		}
		list, how = append(list, c), append(how, own)
	}
}

// sign reads how a clause itself says that it counts.
func (l *lucenequery) sign() occur {
	l.space()
	defer l.space()
	switch {
	case l.take("+"):
		return must
	case l.take("-"), l.take("!"), l.take("NOT"):
		return mustNot
	}
	return should
}

func gather(list []clause, how []occur) clause {
	var b boolean
	for i, c := range list {
		switch how[i] {
		case must:
			b.must = append(b.must, c)
		case mustNot:
			b.mustNot = append(b.mustNot, c)
		default:
			b.should = append(b.should, c)
		}
	}
	if len(b.must) == 0 && len(b.should) > 0 {
		b.atLeast = 1
	}
	if len(list) == 0 {
		return all{none: true}
	}
	return b
}

// one reads a clause; field is the one named outside of its parentheses.
func (l *lucenequery) one(field string) (clause, error) {
	if l.rest == "" {
		return nil, l.refuse("nothing")
	}
	if l.take("(") {
		c, err := l.clauses(field, true)
		if err == nil && !l.take(")") {
			err = l.refuse("a missing )")
		}
		return c, err
	}
	if strings.IndexByte("\"[{<>/)", l.rest[0]) < 0 {
		before := l.rest
		name, _, err := l.word()
		if err != nil {
			return nil, err
		}
		if l.take(":") {
			l.space()
			if l.rest == "" {
				return nil, l.refuse("a field without a value")
			}
			if l.rest[0] == '(' {
				return l.one(name)
			}
			return l.value([]string{name})
		}
		l.rest = before
	}
	if field != "" {
		return l.value([]string{field})
	}
	return l.value(l.fields)
}
