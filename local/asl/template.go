package asl

import "strings"

// part of a payload template evaluates to a value.
type part interface {
	value(f *frame, data any) (any, *failure)
}

// constant is JSON that stands for itself.
type constant struct{ v any }

func (c constant) value(*frame, any) (any, *failure) { return c.v, nil }

// shape is an object.
type shape struct {
	names []string
	parts []part
}

func (s shape) value(f *frame, data any) (any, *failure) {
	m := make(map[string]any, len(s.names))
	for i, name := range s.names {
		v, err := s.parts[i].value(f, data)
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

// jsonToString is the intrinsic function of this name.
// https://states-language.net/spec.html#appendix-b
type jsonToString struct{ of lookup }

func (j jsonToString) value(f *frame, data any) (any, *failure) {
	v, err := j.of.value(f, data)
	if err != nil {
		return nil, err
	}
	return string(encode(v)), nil
}

// template takes a payload template: an object in which a member whose name ends
// in .$ has a path or an intrinsic function as its value.
func (f *fields) template(name string) part {
	n, ok := f.need(name)
	if !ok {
		return nil
	}
	m, ok := n.value.(members)
	if !ok {
		f.fault(n, "has to be an object; another value is not implemented here")
	}
	return f.shape(m)
}

func (l *loader) shape(m members) part {
	s := shape{}
	seen := map[string]bool{}
	for _, member := range m {
		name, evaluated := strings.CutSuffix(member.name, ".$")
		if seen[name] {
			l.fault(member.value, "%s stands twice, with and without .$", name)
		}
		seen[name] = true
		s.names = append(s.names, name)
		if evaluated {
			s.parts = append(s.parts, l.expression(member.value, member.name))
		} else {
			s.parts = append(s.parts, l.fixed(member.value))
		}
	}
	return s
}

// fixed parses a value that is not evaluated, but may have such inside.
func (l *loader) fixed(n node) part {
	switch v := n.value.(type) {
	case members:
		return l.shape(v)
	case []node:
		l.fault(n, "a list in a template is not implemented here")
	}
	return constant{n.value}
}

// expression parses a path or an intrinsic function, the value of field.
func (l *loader) expression(n node, field string) part {
	const function = "States.JsonToString("
	text, _ := n.value.(string)
	argument, called := strings.CutPrefix(text, function)
	if called {
		argument = strings.TrimSuffix(argument, ")")
	}
	p, err := parsePath(argument)
	if err != nil || called && !strings.HasSuffix(text, ")") {
		l.fault(n, "has to be a path as $.name.name, or %s$.name.name); others are not implemented here", function)
	}
	if called {
		return jsonToString{lookup{p, field}}
	}
	return lookup{p, field}
}

// either takes a string that is given, or one that is evaluated, in a field of
// another name. One of the two has to be there.
func (f *fields) either(given, evaluated string) part {
	g, isGiven := f.get(given)
	e, isEvaluated := f.get(evaluated)
	switch {
	case isGiven && isEvaluated:
		f.fault(e, "stands beside %s", given)
	case isGiven:
		return constant{f.string(g)}
	case isEvaluated:
		return f.expression(e, evaluated)
	default:
		f.fault(f.node, "%s or %s is missing", given, evaluated)
	}
	return nil
}

// text is the string that p evaluates to, the value of field.
func (f *frame) text(p part, field string, input any) (string, *failure) {
	v, err := p.value(f, input)
	if err != nil {
		return "", err
	}
	s, ok := v.(string)
	if !ok {
		return "", f.runtime("The field '%s' has to be a string, but is '%s'", field, encode(v))
	}
	return s, nil
}
