package asl

import (
	"context"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// pass hands on a fixed result, or its input as its template shapes it.
type pass struct {
	parameters *template
	result     any
	fixed      bool
}

func (f *fields) pass() work {
	p := pass{parameters: f.template("Parameters")}
	if n, ok := f.get("Result"); ok {
		p.result, p.fixed = n.plain(), true
	}
	return p
}

func (p pass) do(_ context.Context, f *frame, input any) (any, string, *failure) {
	if p.fixed {
		return p.result, "", nil
	}
	v, err := f.evaluate(p.parameters, input)
	return v, "", err
}

func (pass) events() int { return 0 }

// succeed ends an execution.
type succeed struct{}

func (succeed) do(_ context.Context, _ *frame, input any) (any, string, *failure) {
	return input, "", nil
}

func (succeed) events() int { return 0 }

// fail ends an execution with an error.
type fail struct {
	name, cause string
	// The paths or calls that tell name and cause instead, if not nil.
	namePath, causePath part
}

func (f *fields) fail() work {
	w := fail{name: f.text("Error"), cause: f.text("Cause")}
	for _, p := range []struct {
		field string
		fixed string
		to    *part
	}{{"ErrorPath", w.name, &w.namePath}, {"CausePath", w.cause, &w.causePath}} {
		n, ok := f.get(p.field)
		if !ok {
			continue
		}
		if p.fixed != "" {
			f.fault(n, "stands beside the field without Path")
		}
		*p.to = f.expression(n, p.field)
	}
	return w
}

func (w fail) do(_ context.Context, f *frame, input any) (any, string, *failure) {
	name, err := f.told(w.namePath, w.name, "ErrorPath", input)
	if err != nil {
		return nil, "", err
	}
	cause, err := f.told(w.causePath, w.cause, "CausePath", input)
	if err != nil {
		return nil, "", err
	}
	if n := utf8.RuneCountInString(cause); n > MaxCause {
		return nil, "", f.runtime("The cause has %d characters, more than %d.", n, MaxCause)
	}
	return nil, "", &failure{name: name, cause: cause}
}

// told is the string that p evaluates to, or the fixed one.
func (f *frame) told(p part, fixed, field string, input any) (string, *failure) {
	if p == nil {
		return fixed, nil
	}
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

func (fail) events() int { return 0 }

// wait does nothing for a while.
type wait struct {
	seconds int
	path    *path
}

func (f *fields) wait() work {
	if _, ok := f.open["SecondsPath"]; ok {
		p := f.pathField("SecondsPath")
		return wait{path: &p}
	}
	if _, ok := f.open["Seconds"]; !ok {
		f.fault(f.node, "Seconds or SecondsPath is missing; a Timestamp is not implemented here")
	}
	return wait{seconds: f.whole("Seconds", 0, 0)}
}

func (w wait) do(ctx context.Context, f *frame, input any) (any, string, *failure) {
	seconds := w.seconds
	if w.path != nil {
		v, err := f.find(*w.path, "SecondsPath", input)
		if err != nil {
			return nil, "", err
		}
		n, _ := v.(json.Number)
		var fault error
		if seconds, fault = strconv.Atoi(string(n)); fault != nil || seconds < 0 || seconds > maxSeconds {
			return nil, "", f.runtime("The SecondsPath parameter does not reference a valid number of seconds: '%s'", encode(v))
		}
	}
	// It only fails when ctx ends, which is looked at after every state.
	_ = f.env.Sleep(ctx, time.Duration(seconds)*time.Second)
	return input, "", nil
}

func (wait) events() int { return 0 }
