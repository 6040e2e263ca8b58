package store

import (
	"strings"
	"time"
)

// value reads what is looked for in the fields: a word, a phrase, a pattern, a
// regular expression or a range.
func (l *lucenequery) value(fields []string) (clause, error) {
	onField, err := l.maker()
	if err != nil {
		return nil, err
	}
	some := boolean{atLeast: 1}
	for _, name := range fields {
		if strings.ContainsAny(name, "*^") {
			return nil, unsupported("the field [%s] in a query_string; name a field", name)
		}
		c, err := onField(name)
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

// maker reads a value and gives what makes a clause of it on a field.
func (l *lucenequery) maker() (func(field string) (clause, error), error) {
	switch c := l.rest[0]; c {
	case '"':
		s, err := l.quoted()
		return func(name string) (clause, error) { return l.parser.matching(name, s, true, false) }, err
	case '[', '{':
		b, err := l.brackets()
		return l.within(b), err
	case '<', '>':
		return l.within(l.comparison()), nil
	case '/':
		return l.expression()
	}
	word, wild, err := l.word()
	if err != nil {
		return nil, err
	}
	return func(name string) (clause, error) {
		switch {
		case name == "_exists_":
			return l.parser.existing(unescape(word)), nil
		case word == "*":
			return l.parser.existing(name), nil
		case wild:
			return l.wild(name, word)
		}
		return l.parser.matching(name, unescape(word), false, !l.and)
	}, nil
}

// expression reads /a regular expression/, which the whole value has to match.
func (l *lucenequery) expression() (func(field string) (clause, error), error) {
	for i := 1; i < len(l.rest); i++ {
		switch l.rest[i] {
		case '\\':
			i++
		case '/':
			re, err := lucene(l.rest[1:i], false)
			l.rest = l.rest[i+1:]
			return func(name string) (clause, error) {
				t, ok := l.parser.mapping.find(name)
				if !ok || t.Type != typeText && t.Type != typeKeyword && !t.flat() {
					return all{none: true}, nil
				}
				return l.parser.accepting(t, re.MatchString), nil
			}, err
		}
	}
	return nil, l.refuse("a missing /")
}

func (l *lucenequery) wild(name, word string) (clause, error) {
	t, ok := l.parser.mapping.find(name)
	if !ok {
		return all{none: true}, nil
	}
	if t.Type == typeText {
		word = strings.ToLower(word)
	}
	re, err := wildcard(word, false)
	if err != nil {
		return nil, err
	}
	return l.parser.accepting(t, re.MatchString), nil
}

func (l *lucenequery) within(b bounds) func(string) (clause, error) {
	b.zone = time.UTC
	return func(name string) (clause, error) {
		t, ok := l.parser.mapping.find(name)
		if !ok {
			return all{none: true}, nil
		}
		return t.between(b)
	}
}

// word reads up to a space or a sign of the language, escapes and all; wild
// tells that it has * or ? of its own.
func (l *lucenequery) word() (word string, wild bool, err error) {
	i := 0
	for ; i < len(l.rest); i++ {
		c := l.rest[i]
		if c == '\\' {
			if i++; i == len(l.rest) {
				return "", false, l.refuse("a \\ at the end")
			}
			continue
		}
		if strings.IndexByte(" \t\r\n:()\"", c) >= 0 {
			break
		}
		if strings.IndexByte("^~[]{}/", c) >= 0 {
			return "", false, unsupported("[%c] in the word of a query_string; put a \\ before it if it stands for itself", c)
		}
		wild = wild || c == '*' || c == '?'
	}
	if i == 0 {
		return "", false, l.refuse("an unexpected [" + l.rest[:1] + "]")
	}
	word, l.rest = l.rest[:i], l.rest[i:]
	return word, wild, nil
}

func (l *lucenequery) quoted() (string, error) {
	for i := 1; i < len(l.rest); i++ {
		switch l.rest[i] {
		case '\\':
			i++
		case '"':
			s := unescape(l.rest[1:i])
			l.rest = l.rest[i+1:]
			if l.rest != "" && strings.IndexByte("~^", l.rest[0]) >= 0 {
				return "", unsupported("[%c] behind a phrase", l.rest[0])
			}
			return s, nil
		}
	}
	return "", l.refuse("a missing \"")
}

// brackets reads [a TO b], with { or } where a bound is outside.
func (l *lucenequery) brackets() (bounds, error) {
	end := strings.IndexAny(l.rest, "]}")
	if end < 0 {
		return bounds{}, l.refuse("a missing ]")
	}
	inner, opening, closing := l.rest[1:end], l.rest[0], l.rest[end]
	low, high, ok := strings.Cut(inner, " TO ")
	if !ok {
		return bounds{}, l.refuse("a range without TO")
	}
	l.rest = l.rest[end+1:]
	return bounds{low: limit(low, opening == '{'), high: limit(high, closing == '}')}, nil
}

// comparison reads >a, >=a, <a or <=a.
func (l *lucenequery) comparison() bounds {
	above := l.rest[0] == '>'
	l.rest = l.rest[1:]
	open := !l.take("=")
	end := strings.IndexAny(l.rest, " \t\r\n)")
	if end < 0 {
		end = len(l.rest)
	}
	b := limit(l.rest[:end], open)
	l.rest = l.rest[end:]
	if above {
		return bounds{low: b}
	}
	return bounds{high: b}
}

func limit(s string, open bool) bound {
	s = strings.TrimSpace(s)
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	if s == "*" {
		return bound{}
	}
	return bound{unescape(s), true, open}
}

func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
