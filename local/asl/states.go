package asl

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"
)

// pass hands on a fixed result, or its input as a template shapes it.
type pass struct {
	result part // nil hands on the input
}

func (f *fields) pass() work {
	if _, ok := f.open["Parameters"]; ok {
		return pass{f.template("Parameters")}
	}
	if n, ok := f.get("Result"); ok {
		return pass{constant{n.plain()}}
	}
	return pass{}
}

func (p pass) do(_ context.Context, f *frame, input any) (any, string, *failure) {
	if p.result == nil {
		return input, "", nil
	}
	v, err := p.result.value(f, input)
	return v, "", err
}

// succeed ends an execution.
type succeed struct{}

func (succeed) do(_ context.Context, _ *frame, input any) (any, string, *failure) {
	return input, "", nil
}

// fail ends an execution with an error.
type fail struct{ name, cause part }

func (f *fields) fail() work {
	if n := f.open["Error"]; strings.HasPrefix(fmt.Sprint(n.value), "States.") {
		f.fault(n, "names that begin with States. are reserved")
	}
	return fail{name: f.either("Error", "ErrorPath"), cause: f.either("Cause", "CausePath")}
}

func (w fail) do(_ context.Context, f *frame, input any) (any, string, *failure) {
	name, err := f.text(w.name, "ErrorPath", input)
	if err != nil {
		return nil, "", err
	}
	if strings.HasPrefix(name, "States.") {
		return nil, "", f.runtime("The field 'ErrorPath' leads to '%s': names that begin with States. are reserved", name)
	}
	cause, err := f.text(w.cause, "CausePath", input)
	if err != nil {
		return nil, "", err
	}
	if n := escapedLength(cause); n > MaxCause {
		return nil, "", f.runtime("The cause has %d characters, more than %d, each outside ASCII counted as \\uXXXX.", n, MaxCause)
	}
	return nil, "", &failure{name: name, cause: cause}
}

// escapedLength is how many characters s has when each outside ASCII is written
// as \uXXXX, and each outside the basic plane as two such. AWS does not say
// whether it counts so; what passes here passes either way.
func escapedLength(s string) int {
	n := 0
	for _, c := range s {
		switch {
		case c < 0x80:
			n++
		case c < 0x10000:
			n += len(`\uXXXX`)
		default:
			n += len(`\uXXXX\uXXXX`)
		}
	}
	return n
}

// wait does nothing for a while: so many seconds, or as many as its input says.
type wait struct {
	seconds int
	told    *path
}

func (f *fields) wait() work {
	_, fixed := f.open["Seconds"]
	told, dynamic := f.get("SecondsPath")
	switch {
	case fixed && dynamic:
		f.fault(told, "stands beside Seconds")
	case dynamic:
		p := f.path(told)
		return wait{told: &p}
	case !fixed:
		f.fault(f.node, "Seconds or SecondsPath is missing; other forms of Wait are not implemented here")
	}
	return wait{seconds: f.whole("Seconds", 0, 0)}
}

func (w wait) do(ctx context.Context, f *frame, input any) (any, string, *failure) {
	seconds := float64(w.seconds)
	if w.told != nil {
		v, err := f.find(*w.told, "SecondsPath", input)
		if err != nil {
			return nil, "", err
		}
		n, ok := number(v)
		if !ok || n < 0 || n > maxSeconds || n != math.Trunc(n) {
			return nil, "", f.runtime("The SecondsPath parameter does not reference a valid whole number of seconds: '%s'", encode(v))
		}
		seconds = n
	}
	// It only fails when ctx ends, which is looked at after every state.
	_ = f.env.Sleep(ctx, time.Duration(seconds)*time.Second)
	return input, "", nil
}
