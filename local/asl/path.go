package asl

import (
	"errors"
	"fmt"
	"maps"
	"strings"
)

// path is a reference path through the members of objects: it names one value,
// as $.a.b does. One without names is the whole.
type path struct {
	text string
	// context says that it begins with $$ and so leads into the context object.
	context bool
	names   []string
}

// whole tells whether the path leads to all of the data.
func (p path) whole() bool { return len(p.names) == 0 && !p.context }

var errPath = errors.New("no reference path as $.name.name; others are not implemented here")

func parsePath(text string) (path, error) {
	p := path{text: text}
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return path{}, errPath
	}
	rest, p.context = strings.CutPrefix(rest, "$")
	if rest == "" {
		return p, nil
	}
	names := strings.Split(rest, ".")
	if names[0] != "" {
		return path{}, errPath
	}
	p.names = names[1:]
	for _, name := range p.names {
		if name == "" || strings.ContainsAny(name, "*?@()$ ,:'\"[]\\-+&|<>=!") {
			return path{}, errPath
		}
	}
	return p, nil
}

// in finds the value that p names in v.
func (p path) in(v any) (any, bool) {
	for _, name := range p.names {
		m, _ := v.(map[string]any)
		inner, ok := m[name]
		if !ok {
			return nil, false
		}
		v = inner
	}
	return v, true
}

// put is v with value where p leads; objects on the way that are not there are
// made. v itself is not changed.
func (p path) put(v, value any) (any, error) {
	if len(p.names) == 0 {
		return value, nil
	}
	m, ok := v.(map[string]any)
	if !ok && v != nil {
		return nil, fmt.Errorf("%s leads through a value that is no object", p.text)
	}
	name := p.names[0]
	inner, err := path{text: p.text, names: p.names[1:]}.put(m[name], value)
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

func (l *loader) path(n node) path {
	text, ok := n.value.(string)
	if !ok {
		l.fault(n, "has to be a path")
		return path{}
	}
	p, err := parsePath(text)
	if err != nil {
		l.fault(n, "%q is %v", text, err)
	}
	return p
}

// needPath takes a path that has to be there.
func (f *fields) needPath(name string) path {
	n, ok := f.need(name)
	if !ok {
		return path{}
	}
	return f.path(n)
}

// outputPath takes OutputPath, by default the whole.
func (f *fields) outputPath() path {
	n, ok := f.get("OutputPath")
	if !ok {
		return path{}
	}
	return f.path(n)
}

// resultPath takes a ResultPath, by default the whole; none says that it is
// null.
func (f *fields) resultPath() (p path, none bool) {
	n, ok := f.get("ResultPath")
	if !ok || n.value == nil {
		return path{}, ok
	}
	if p = f.path(n); p.context {
		f.fault(n, "the context object cannot be written to")
	}
	return p, false
}
