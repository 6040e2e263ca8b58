package asl

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"
)

// holds tells whether the comparison is true. A value of another type than the
// operator's makes it false; one that is not there is an error, but for
// IsPresent.
func (c *comparison) holds(f *frame, input any) (bool, *failure) {
	if c.operator == "IsPresent" {
		data := input
		if c.variable.context {
			data = f.contextObject()
		}
		_, present := c.variable.in(data)
		return present == c.is, nil
	}
	v, err := f.find(c.variable, "Variable", input)
	if err != nil {
		return false, err
	}
	operand := c.operand
	if c.operandPath != nil {
		if operand, err = f.find(*c.operandPath, c.operator+"Path", input); err != nil {
			return false, err
		}
	}
	if kind, ok := strings.CutPrefix(c.operator, "Is"); ok {
		return isOf(kind, v) == c.is, nil
	}
	switch c.operator {
	case "BooleanEquals":
		a, isBool := v.(bool)
		b, alsoBool := operand.(bool)
		return isBool && alsoBool && a == b, nil
	case "StringMatches":
		a, isString := v.(string)
		pattern, _ := operand.(string)
		return isString && matchesPattern(pattern, a), nil
	}
	order, ordered := compare(c.operator, v, operand)
	return ordered && related(c.operator, order), nil
}

func isOf(kind string, v any) bool {
	var ok bool
	switch kind {
	case "Null":
		ok = v == nil
	case "Numeric":
		_, ok = numeric(v)
	case "String":
		_, ok = v.(string)
	case "Boolean":
		_, ok = v.(bool)
	case "Timestamp":
		_, ok = instant(v)
	}
	return ok
}

// compare orders a and b as values of the operator's type; its second value is
// false where one is not of that type.
func compare(operator string, a, b any) (int, bool) {
	switch {
	case strings.HasPrefix(operator, "Numeric"):
		x, ok := numeric(a)
		y, ok2 := numeric(b)
		return cmp.Compare(x, y), ok && ok2
	case strings.HasPrefix(operator, "Timestamp"):
		x, ok := instant(a)
		y, ok2 := instant(b)
		return x.Compare(y), ok && ok2
	}
	x, ok := a.(string)
	y, ok2 := b.(string)
	return strings.Compare(x, y), ok && ok2
}

// related tells whether an order is the relation at the operator's end.
func related(operator string, order int) bool {
	switch {
	case strings.HasSuffix(operator, "LessThanEquals"):
		return order <= 0
	case strings.HasSuffix(operator, "GreaterThanEquals"):
		return order >= 0
	case strings.HasSuffix(operator, "LessThan"):
		return order < 0
	case strings.HasSuffix(operator, "GreaterThan"):
		return order > 0
	}
	return order == 0
}

func numeric(v any) (float64, bool) {
	n, ok := v.(json.Number)
	x, err := n.Float64()
	return x, ok && err == nil
}

func instant(v any) (time.Time, bool) {
	s, ok := v.(string)
	t, err := time.Parse(time.RFC3339, s)
	return t, ok && err == nil
}

// matchesPattern compares s with a pattern in which * stands for any characters
// and \* for a star.
func matchesPattern(pattern, s string) bool {
	for pattern != "" {
		switch {
		case pattern[0] == '*':
			for i := range len(s) + 1 {
				if matchesPattern(pattern[1:], s[i:]) {
					return true
				}
			}
			return false
		case pattern[0] == '\\' && len(pattern) > 1:
			pattern = pattern[1:]
		}
		if s == "" || s[0] != pattern[0] {
			return false
		}
		pattern, s = pattern[1:], s[1:]
	}
	return s == ""
}
