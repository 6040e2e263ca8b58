package asl

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// loader collects what is wrong with a definition.
type loader struct{ faults []error }

func (l *loader) fault(n node, format string, args ...any) {
	l.faults = append(l.faults, fmt.Errorf("line %d, %s: %s", n.line, n.pointer, fmt.Sprintf(format, args...)))
}

func (l *loader) err() error { return errors.Join(l.faults...) }

// fields reads the members of an object one by one; what was not read when it
// is closed is a fault.
type fields struct {
	*loader
	node  node
	open  map[string]node
	names []string
}

func (l *loader) object(n node) *fields {
	f := &fields{loader: l, node: n, open: map[string]node{}}
	m, ok := n.value.(members)
	if !ok {
		l.fault(n, "has to be an object")
	}
	for _, member := range m {
		f.open[member.name] = member.value
		f.names = append(f.names, member.name)
	}
	return f
}

// commented is an object in which a Comment may stand.
func (l *loader) commented(n node) *fields {
	f := l.object(n)
	if c, ok := f.get("Comment"); ok {
		f.string(c)
	}
	return f
}

// get takes a member out.
func (f *fields) get(name string) (node, bool) {
	n, ok := f.open[name]
	delete(f.open, name)
	return n, ok
}

// need is get where the member has to be there.
func (f *fields) need(name string) (node, bool) {
	n, ok := f.get(name)
	if !ok {
		f.fault(f.node, "%s is missing", name)
	}
	return n, ok
}

// close makes a fault of every member that was not taken.
func (f *fields) close() {
	for _, name := range f.names {
		if n, ok := f.open[name]; ok {
			f.fault(n, "unknown field, or one that is not implemented here")
		}
	}
}

func (l *loader) string(n node) string {
	s, ok := n.value.(string)
	if !ok {
		l.fault(n, "has to be a string")
	}
	return s
}

// needString takes a string that has to be there.
func (f *fields) needString(name string) string {
	n, ok := f.need(name)
	if !ok {
		return ""
	}
	return f.string(n)
}

// oneOf takes a string that has to be there and one of these.
func (f *fields) oneOf(name string, values ...string) string {
	n, ok := f.need(name)
	if !ok {
		return ""
	}
	for _, v := range values {
		if n.value == v {
			return v
		}
	}
	f.fault(n, "%v is not implemented here; known is %q", n.value, values)
	return ""
}

// number takes a number from least to most, or otherwise where there is none.
func (f *fields) number(name string, otherwise, least, most float64) float64 {
	n, ok := f.get(name)
	if !ok {
		return otherwise
	}
	number, _ := n.value.(json.Number)
	v, err := strconv.ParseFloat(string(number), 64)
	if err != nil || v < least || v > most {
		f.fault(n, "has to be a number from %v to %v", least, most)
	}
	return v
}

// maxSeconds is the largest whole number that the language allows.
const maxSeconds = 99_999_999

// whole takes a whole number from least to maxSeconds.
func (f *fields) whole(name string, otherwise, least int) int {
	n := f.open[name]
	v := f.number(name, float64(otherwise), float64(least), maxSeconds)
	if v != math.Trunc(v) {
		f.fault(n, "has to be a whole number")
	}
	return int(v)
}

// list takes a list that is not empty, or nil where there is none.
func (f *fields) list(name string) []node {
	n, ok := f.get(name)
	if !ok {
		return nil
	}
	l, _ := n.value.([]node)
	if len(l) == 0 {
		f.fault(n, "has to be a list of at least one")
	}
	return l
}

// needList is list where it has to be there.
func (f *fields) needList(name string) []node {
	if _, ok := f.open[name]; !ok {
		f.fault(f.node, "%s is missing", name)
	}
	return f.list(name)
}
