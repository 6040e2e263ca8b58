package asl

import (
	"context"
	"encoding/json"
	"strings"
)

// choice goes on to the state of the first rule that holds.
type choice struct {
	rules     []rule
	otherwise string
}

// rule holds or not, and leads to a state; inner rules lead nowhere.
type rule struct {
	// One of these: a combination of rules, or a comparison.
	combine string // And, Or, Not
	inner   []rule
	compare comparison
	next    string
}

// comparison tests the variable with the operator, by its name in the language.
type comparison struct {
	variable path
	operator string
	operand  any
}

func (f *fields) choice() (work, []target) {
	c := choice{}
	var targets []target
	for _, n := range f.needList("Choices") {
		r := f.commented(n)
		one := r.rule()
		targets = r.target("Next", &one.next, targets)
		r.close()
		c.rules = append(c.rules, one)
	}
	targets = f.target("Default", &c.otherwise, targets)
	return c, targets
}

// rule takes a combination or a comparison.
func (f *fields) rule() rule {
	for _, combine := range []string{"And", "Or"} {
		if _, ok := f.open[combine]; ok {
			r := rule{combine: combine}
			for _, n := range f.list(combine) {
				r.inner = append(r.inner, f.innerRule(n))
			}
			return r
		}
	}
	if n, ok := f.get("Not"); ok {
		return rule{combine: "Not", inner: []rule{f.innerRule(n)}}
	}
	return rule{compare: f.comparison()}
}

func (l *loader) innerRule(n node) rule {
	f := l.commented(n)
	r := f.rule()
	f.close()
	return r
}

func (f *fields) comparison() comparison {
	c := comparison{variable: f.needPath("Variable")}
	for _, name := range f.names {
		n, ok := f.open[name]
		if !ok {
			continue
		}
		var fits bool
		switch name {
		case "StringEquals":
			_, fits = n.value.(string)
		case "StringMatches":
			var pattern string
			pattern, fits = n.value.(string)
			fits = fits && !strings.Contains(pattern, `\`) // escapes are not implemented here
		case "BooleanEquals", "IsPresent":
			_, fits = n.value.(bool)
		case "NumericEquals", "NumericGreaterThanEquals":
			_, fits = number(n.value)
		default:
			continue
		}
		if !fits {
			f.fault(n, "is not what %s compares with", name)
		}
		if c.operator != "" {
			f.fault(n, "stands beside %s", c.operator)
		}
		c.operator, c.operand = name, n.value
		delete(f.open, name)
	}
	if c.operator == "" {
		f.fault(f.node, "an operator that is implemented here is missing")
	}
	return c
}

func (c choice) do(_ context.Context, f *frame, input any) (any, string, *failure) {
	for _, r := range c.rules {
		holds, err := r.holds(f, input)
		if err != nil {
			return nil, "", err
		}
		if holds {
			return input, r.next, nil
		}
	}
	return input, c.otherwise, nil
}

func (r rule) holds(f *frame, input any) (bool, *failure) {
	switch r.combine {
	case "":
		return r.compare.holds(f, input)
	case "Not":
		holds, err := r.inner[0].holds(f, input)
		return !holds, err
	}
	all := r.combine == "And"
	for _, i := range r.inner {
		holds, err := i.holds(f, input)
		if err != nil || holds != all {
			return holds, err
		}
	}
	return all, nil
}

// holds tells whether the comparison is true. A value of another type than the
// operator's makes it false; one that is not there is an error, but for
// IsPresent.
func (c comparison) holds(f *frame, input any) (bool, *failure) {
	if c.operator == "IsPresent" {
		_, present := c.variable.in(f.source(c.variable, input))
		return present == c.operand, nil
	}
	v, err := f.find(c.variable, "Variable", input)
	if err != nil {
		return false, err
	}
	a, isNumber := number(v)
	b, _ := number(c.operand)
	switch c.operator {
	case "NumericEquals":
		return isNumber && a == b, nil
	case "NumericGreaterThanEquals":
		return isNumber && a >= b, nil
	case "StringMatches":
		text, isString := v.(string)
		pattern, _ := c.operand.(string)
		return isString && matchesWildcards(pattern, text), nil
	}
	return v == c.operand, nil
}

// matchesWildcards tells whether text is of the pattern, in which * stands for any
// characters, none included.
func matchesWildcards(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(text, parts[0])
	if len(parts) == 1 || !ok {
		return ok && rest == ""
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		if _, rest, ok = strings.Cut(rest, part); !ok {
			return false
		}
	}
	return strings.HasSuffix(rest, parts[last])
}

func number(v any) (float64, bool) {
	n, ok := v.(json.Number)
	x, err := n.Float64()
	return x, ok && err == nil
}
