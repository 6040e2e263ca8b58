package asl

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// path is a reference path: it names one value, as $.a['b c'][0] does. Filters,
// wildcards, slices and descent are not part of it.
type path struct {
	text string
	// context says that it begins with $$ and so leads into the context object.
	context bool
	steps   []step
}

// step is a member's name, or an index where name is empty.
type step struct {
	name    string
	index   int
	isIndex bool
}

var errPath = errors.New("no reference path as $.name, $['name'] or $.list[0]; others are not implemented here")

func parsePath(text string) (path, error) {
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return path{}, errPath
	}
	p := path{text: text}
	if after, ok := strings.CutPrefix(rest, "$"); ok {
		p.context, rest = true, after
	}
	for rest != "" {
		s, after, err := parseStep(rest)
		if err != nil {
			return path{}, err
		}
		p.steps, rest = append(p.steps, s), after
	}
	return p, nil
}

func parseStep(text string) (s step, rest string, err error) {
	if after, ok := strings.CutPrefix(text, "['"); ok {
		name, rest, ok := strings.Cut(after, "']")
		if !ok || name == "" || strings.ContainsAny(name, `'\`) {
			return step{}, "", errPath
		}
		return step{name: name}, rest, nil
	}
	if after, ok := strings.CutPrefix(text, "["); ok {
		digits, rest, ok := strings.Cut(after, "]")
		index, err := strconv.Atoi(digits)
		if !ok || err != nil || index < 0 || digits[0] == '+' {
			return step{}, "", errPath
		}
		return step{index: index, isIndex: true}, rest, nil
	}
	after, ok := strings.CutPrefix(text, ".")
	if !ok {
		return step{}, "", errPath
	}
	end := strings.IndexAny(after, ".[")
	if end < 0 {
		end = len(after)
	}
	name := after[:end]
	if name == "" || strings.ContainsAny(name, "*?@()$ ,:'\"]\\-+&|<>=!") {
		return step{}, "", errPath
	}
	return step{name: name}, after[end:], nil
}

// in finds the value that p names in v.
func (p path) in(v any) (any, bool) {
	for _, s := range p.steps {
		if s.isIndex {
			l, ok := v.([]any)
			if !ok || s.index >= len(l) {
				return nil, false
			}
			v = l[s.index]
			continue
		}
		m, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = m[s.name]; !ok {
			return nil, false
		}
	}
	return v, true
}

// put is v with value at the place that p names; objects on the way that are
// not there are made. v itself is not changed.
func (p path) put(v, value any) (any, error) {
	if len(p.steps) == 0 {
		return value, nil
	}
	m, ok := v.(map[string]any)
	if !ok && v != nil {
		return nil, fmt.Errorf("%s leads through a value that is no object", p.text)
	}
	name := p.steps[0].name
	inner, err := path{text: p.text, steps: p.steps[1:]}.put(m[name], value)
	if err != nil {
		return nil, err
	}
	m = maps.Clone(m)
	if m == nil {
		m = map[string]any{}
	}
	m[name] = inner
	return m, nil
}

// pathField takes a path, $ where there is none.
func (f *fields) pathField(name string) path {
	n, ok := f.get(name)
	if !ok {
		return path{text: "$"}
	}
	text, ok := n.value.(string)
	if !ok {
		f.fault(n, "has to be a path")
		return path{}
	}
	p, err := parsePath(text)
	if err != nil {
		f.fault(n, "%q is %v", text, err)
	}
	return p
}

// nullable takes a path that may be null, which means nothing at all.
func (f *fields) nullable(name string) (p path, none bool) {
	if n, ok := f.open[name]; ok && n.value == nil {
		delete(f.open, name)
		return path{}, true
	}
	return f.pathField(name), false
}

// resultPath takes a ResultPath, which leads into the state's own data through
// members only.
func (f *fields) resultPath() (p path, none bool) {
	n := f.open["ResultPath"]
	p, none = f.nullable("ResultPath")
	for _, s := range p.steps {
		if s.isIndex {
			f.fault(n, "a place in a list is not implemented here")
		}
	}
	if p.context {
		f.fault(n, "the context object cannot be written to")
	}
	return p, none
}
