package asl

import (
	"context"
	"slices"
	"strings"
)

// choice goes on to the state of the first rule that holds.
type choice struct {
	rules     []rule
	otherwise string // empty where there is none
}

// rule holds or not, and leads to a state; inner rules lead nowhere.
type rule struct {
	// One of these: a combination of rules, or a comparison.
	combine string // And, Or, Not
	inner   []rule
	compare *comparison
	next    string
}

func (f *fields) choice(targets []target) (work, []target) {
	c := choice{}
	rules := f.list("Choices")
	if len(rules) == 0 {
		f.fault(f.node, "Choices is missing")
	}
	for _, n := range rules {
		r := f.commented(n)
		one := r.rule()
		if next, ok := r.need("Next"); ok {
			one.next, _ = next.value.(string)
			targets = append(targets, target{next, one.next})
		}
		r.close()
		c.rules = append(c.rules, one)
	}
	if n, ok := f.get("Default"); ok {
		c.otherwise, _ = n.value.(string)
		targets = append(targets, target{n, c.otherwise})
	}
	return c, targets
}

// rule takes a combination or a comparison.
func (f *fields) rule() rule {
	for _, combine := range []string{"And", "Or"} {
		if n, ok := f.open[combine]; ok {
			r := rule{combine: combine}
			inner := f.list(combine)
			if len(inner) == 0 {
				f.fault(n, "has to be a list of rules")
			}
			for _, i := range inner {
				r.inner = append(r.inner, f.innerRule(i))
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
	if c.otherwise == "" {
		return nil, "", &failure{name: noChoiceMatched, cause: "No rule of the state '" + f.state.name + "' holds, and it has no Default."}
	}
	return input, c.otherwise, nil
}

func (choice) events() int { return 0 }

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

// comparison tests the variable with the operator, as its name in the language
// says: a type, and for all but Is… a relation.
type comparison struct {
	variable path
	operator string
	// is what a test Is… asks for.
	is bool
	// operand, or the path to it.
	operand     any
	operandPath *path
}

// operators are those of https://states-language.net/spec.html#choice-state
func operators() []string {
	l := []string{"BooleanEquals", "StringMatches", "IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp"}
	for _, kind := range []string{"String", "Numeric", "Timestamp"} {
		for _, relation := range []string{"Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"} {
			l = append(l, kind+relation)
		}
	}
	return l
}

func (f *fields) comparison() *comparison {
	c := &comparison{}
	if _, ok := f.open["Variable"]; !ok {
		f.fault(f.node, "Variable, And, Or or Not is missing")
		return c
	}
	c.variable = f.pathField("Variable")
	for _, name := range f.names {
		n, ok := f.open[name]
		operator, isPath := strings.CutSuffix(name, "Path")
		if !ok || !slices.Contains(operators(), operator) {
			continue
		}
		if c.operator != "" {
			f.fault(n, "stands beside %s", c.operator)
		}
		c.operator = operator
		if isPath {
			if strings.HasPrefix(operator, "Is") || operator == "StringMatches" {
				continue // a field that does not exist
			}
			p := f.pathField(name)
			c.operandPath = &p
			continue
		}
		delete(f.open, name)
		c.setOperand(f.loader, n)
	}
	if c.operator == "" {
		f.fault(f.node, "an operator that is implemented here is missing")
	}
	return c
}

// setOperand checks that n is of the type that the operator compares.
func (c *comparison) setOperand(l *loader, n node) {
	c.operand = n.value
	var ok bool
	switch {
	case strings.HasPrefix(c.operator, "Is"):
		c.is, ok = n.value.(bool)
	case c.operator == "BooleanEquals":
		_, ok = n.value.(bool)
	case strings.HasPrefix(c.operator, "Numeric"):
		_, ok = numeric(n.value)
	case strings.HasPrefix(c.operator, "Timestamp"):
		_, ok = instant(n.value)
	default:
		_, ok = n.value.(string)
	}
	if !ok {
		l.fault(n, "is not what %s compares with", c.operator)
	}
}
