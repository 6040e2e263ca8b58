package asl

import (
	"context"
	"time"
	"unicode/utf8"
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
	return fail{name: f.either("Error", "ErrorPath"), cause: f.either("Cause", "CausePath")}
}

func (w fail) do(_ context.Context, f *frame, input any) (any, string, *failure) {
	name, err := f.text(w.name, "ErrorPath", input)
	if err != nil {
		return nil, "", err
	}
	cause, err := f.text(w.cause, "CausePath", input)
	if err != nil {
		return nil, "", err
	}
	if n := utf8.RuneCountInString(cause); n > MaxCause {
		return nil, "", f.runtime("The cause has %d characters, more than %d.", n, MaxCause)
	}
	return nil, "", &failure{name: name, cause: cause}
}

// wait does nothing for a while.
type wait struct{ seconds int }

func (f *fields) wait() work {
	if _, ok := f.open["Seconds"]; !ok {
		f.fault(f.node, "Seconds is missing; other forms of Wait are not implemented here")
	}
	return wait{f.whole("Seconds", 0, 0)}
}

func (w wait) do(ctx context.Context, f *frame, input any) (any, string, *failure) {
	// It only fails when ctx ends, which is looked at after every state.
	_ = f.env.Sleep(ctx, time.Duration(w.seconds)*time.Second)
	return input, "", nil
}
