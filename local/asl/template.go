package asl

import "strings"

// template is a payload template: JSON in which a member whose name ends in .$
// has a path or an intrinsic function as its value. The field that it stands in
// is where, for errors.
type template struct {
	where string
	root  part
}

// part of a template evaluates to a value.
type part interface {
	value(f *frame, data any) (any, *failure)
}

// constant is JSON that stands for itself.
type constant struct{ v any }

func (c constant) value(*frame, any) (any, *failure) { return c.v, nil }

// shape is an object with at least one member that is evaluated.
type shape struct {
	names []string
	parts []part
}

func (r shape) value(f *frame, data any) (any, *failure) {
	m := map[string]any{}
	for i, name := range r.names {
		v, err := r.parts[i].value(f, data)
		if err != nil {
			return nil, err
		}
		m[name] = v
	}
	return m, nil
}

// lookup is a path, in the field of this name.
type lookup struct {
	path  path
	field string
}

func (l lookup) value(f *frame, data any) (any, *failure) {
	return f.find(l.path, l.field, data)
}

// template takes a payload template, nil where there is none.
func (f *fields) template(name string) *template {
	n, ok := f.get(name)
	if !ok {
		return nil
	}
	return f.parseTemplate(name, n)
}

func (l *loader) parseTemplate(name string, n node) *template {
	if _, ok := n.value.(members); !ok {
		l.fault(n, "has to be an object; another value is not implemented here")
	}
	return &template{where: name, root: l.part(n)}
}

// part parses n; a value without anything to evaluate is a constant.
func (l *loader) part(n node) part {
	switch v := n.value.(type) {
	case members:
		return l.shape(n, v)
	case []node:
		for _, e := range v {
			if _, ok := l.part(e).(constant); !ok {
				l.fault(e, "a list whose elements are evaluated is not implemented here")
			}
		}
	}
	return constant{n.plain()}
}

func (l *loader) shape(n node, m members) part {
	r := shape{}
	seen := map[string]bool{}
	still := true
	for _, member := range m {
		name, evaluated := strings.CutSuffix(member.name, ".$")
		if seen[name] {
			l.fault(member.value, "%s stands twice, with and without .$", name)
		}
		seen[name] = true
		p := l.member(member, evaluated)
		if _, ok := p.(constant); !ok || evaluated {
			still = false
		}
		r.names, r.parts = append(r.names, name), append(r.parts, p)
	}
	if still {
		return constant{n.plain()}
	}
	return r
}

// member parses one that is evaluated, or may have such inside.
func (l *loader) member(m member, evaluated bool) part {
	if evaluated {
		return l.expression(m.value, m.name)
	}
	return l.part(m.value)
}

// expression parses a path or an intrinsic function, the value of field.
func (l *loader) expression(n node, field string) part {
	text, ok := n.value.(string)
	if !ok {
		l.fault(n, "has to be a path or an intrinsic function")
		return constant{}
	}
	if strings.HasPrefix(text, "$") {
		p, err := parsePath(text)
		if err != nil {
			l.fault(n, "%q is %v", text, err)
		}
		return lookup{p, field}
	}
	c, err := parseCall(text, field)
	if err != nil {
		l.fault(n, "%q: %v", text, err)
		return constant{}
	}
	return c
}
