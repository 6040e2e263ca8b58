package asl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// call of an intrinsic function.
// https://states-language.net/spec.html#appendix-b
type call struct {
	text string
	run  func(args []any) (any, error)
	args []part
}

func (c call) value(f *frame, data any) (any, *failure) {
	args := make([]any, len(c.args))
	for i, a := range c.args {
		v, err := a.value(f, data)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	v, err := c.run(args)
	if err != nil {
		return nil, &failure{name: intrinsicFailure, cause: fmt.Sprintf("%s: %v", c.text, err)}
	}
	return v, nil
}

// function is an intrinsic function by its name; arity -1 is any.
func function(name string) (run func([]any) (any, error), arity int, err error) {
	switch name {
	case "States.Format":
		return format, -1, nil
	case "States.JsonToString":
		return func(args []any) (any, error) { return string(encode(args[0])), nil }, 1, nil
	case "States.StringToJson":
		return stringToJSON, 1, nil
	}
	return nil, 0, fmt.Errorf("intrinsic function %q is not implemented here", name)
}

func stringToJSON(args []any) (any, error) {
	s, ok := args[0].(string)
	if !ok {
		return nil, errors.New("its argument is no string")
	}
	return decode([]byte(s))
}

// format puts the arguments in the place of {} in the first.
func format(args []any) (any, error) {
	if len(args) == 0 {
		return nil, errors.New("it has no template")
	}
	text, ok := args[0].(string)
	if !ok {
		return nil, errors.New("its template is no string")
	}
	parts := strings.Split(text, "{}")
	if len(parts) != len(args) {
		return nil, fmt.Errorf("%d values for %d places", len(args)-1, len(parts)-1)
	}
	var b strings.Builder
	b.WriteString(parts[0])
	for i, v := range args[1:] {
		switch v := v.(type) {
		case string:
			b.WriteString(v)
		case map[string]any, []any:
			return nil, errors.New("a value is an object or a list")
		default:
			b.Write(encode(v))
		}
		b.WriteString(parts[i+1])
	}
	return b.String(), nil
}

// callParser reads a call from left to right.
type callParser struct {
	rest  string
	field string
}

func parseCall(text, field string) (part, error) {
	p := &callParser{rest: text, field: field}
	c, err := p.call()
	if err == nil && p.rest != "" {
		err = fmt.Errorf("%q stands after it", p.rest)
	}
	return c, err
}

func (p *callParser) call() (part, error) {
	name, rest, ok := strings.Cut(p.rest, "(")
	if !ok {
		return nil, errors.New("neither a path nor an intrinsic function")
	}
	run, arity, err := function(name)
	if err != nil {
		return nil, err
	}
	c := call{text: name, run: run}
	p.rest = rest
	for {
		p.space()
		if len(c.args) == 0 && p.skip(")") {
			break
		}
		a, err := p.argument()
		if err != nil {
			return nil, err
		}
		c.args = append(c.args, a)
		p.space()
		if p.skip(")") {
			break
		}
		if !p.skip(",") {
			return nil, fmt.Errorf("%q instead of a comma or the end of its arguments", p.rest)
		}
	}
	if arity >= 0 && len(c.args) != arity {
		return nil, fmt.Errorf("%s takes %d arguments, not %d", name, arity, len(c.args))
	}
	return c, nil
}

func (p *callParser) space() { p.rest = strings.TrimLeft(p.rest, " \t\n") }

func (p *callParser) skip(s string) bool {
	rest, ok := strings.CutPrefix(p.rest, s)
	p.rest = rest
	return ok
}

func (p *callParser) argument() (part, error) {
	if strings.HasPrefix(p.rest, "'") {
		return p.quoted()
	}
	if strings.HasPrefix(p.rest, "States.") {
		return p.call()
	}
	end := strings.IndexAny(p.rest, ",)")
	if end < 0 {
		return nil, errors.New("its arguments have no end")
	}
	text := strings.TrimRight(p.rest[:end], " \t\n")
	p.rest = p.rest[end:]
	if strings.HasPrefix(text, "$") {
		path, err := parsePath(text)
		if err != nil {
			return nil, fmt.Errorf("%q is %w", text, err)
		}
		return lookup{path, p.field}, nil
	}
	v, err := decode([]byte(text))
	if _, isNumber := v.(json.Number); err == nil && (v == nil || isNumber) {
		return constant{v}, nil
	}
	return nil, fmt.Errorf("%q is no argument", text)
}

// quoted reads 'text', in which \' and \\ stand for a quote and a backslash.
func (p *callParser) quoted() (part, error) {
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; c {
		case '\'':
			p.rest = p.rest[i+1:]
			return constant{b.String()}, nil
		case '\\':
			i++
			if i == len(p.rest) || p.rest[i] != '\'' && p.rest[i] != '\\' {
				return nil, errors.New("an escape other than \\' and \\\\ is not implemented here")
			}
			b.WriteByte(p.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	return nil, errors.New("a string has no end")
}
