package asl

import (
	"context"
	"time"
)

// execution is a run of a graph from its start to its end.
type execution struct {
	graph   *graph
	env     Env
	id      id
	arn     string
	machine string // its ARN, with the label in a child
	input   any
	start   time.Time
	// late collects what goes on after a map's failure was caught.
	late *late
	// observed says that the observer is told of states.
	observed bool
	// events is the length of the history so far.
	events int
}

// run goes from state to state. The error is an *ExecutionError.
func (x *execution) run(ctx context.Context) ([]byte, error) {
	x.events = 1 // ExecutionStarted
	if len(encode(x.input)) > MaxPayload {
		return nil, x.failed(tooLarge(x.arn))
	}
	data := x.input
	for name := x.graph.start; ; {
		s := x.graph.states[name]
		if ctx.Err() != nil {
			return nil, stopped(ctx)
		}
		if x.observed {
			x.env.Observer.StateEntered(name, encode(data))
		}
		out, next, err := x.step(ctx, s, data)
		if ctx.Err() != nil {
			return nil, stopped(ctx)
		}
		if err != nil {
			return nil, x.failed(err)
		}
		if next == "" {
			x.events++ // ExecutionSucceeded
			return encode(out), nil
		}
		data, name = out, next
	}
}

func (x *execution) failed(err *failure) *ExecutionError {
	x.events++ // ExecutionFailed
	return &ExecutionError{Status: Failed, Name: err.name, Cause: err.cause}
}

// step executes one state on its raw input, with its retries, and tells the
// input of the next.
func (x *execution) step(ctx context.Context, s *state, raw any) (out any, next string, err *failure) {
	f := &frame{execution: x, state: s, entered: time.Now()}
	x.events++ // StateEntered
	tries := make([]int, len(s.retry))
	for {
		out, next, err = f.attempt(ctx, raw)
		x.events += s.work.events()
		if x.events > MaxEvents {
			return nil, "", &failure{name: runtimeError, final: true, cause: "The execution reached the maximum number of history events (25000)."}
		}
		if err == nil {
			x.events++ // StateExited
			return out, next, nil
		}
		if err.final || ctx.Err() != nil {
			return nil, "", err
		}
		wait, again := backoff(s.retry, tries, err.name)
		if !again {
			break
		}
		f.retries++
		if x.env.Sleep(ctx, wait) != nil {
			return nil, "", err
		}
	}
	for _, c := range s.catch {
		if !matches(c.errors, err.name) {
			continue
		}
		out, fault := c.path.put(raw, map[string]any{"Error": err.name, "Cause": err.cause})
		if fault != nil {
			return nil, "", f.runtime("%v", fault)
		}
		if len(encode(out)) > MaxPayload {
			return nil, "", tooLarge(s.name)
		}
		x.events++ // StateExited
		return out, c.next, nil
	}
	return nil, "", err
}

// attempt is one try of a state: input, work, output.
func (f *frame) attempt(ctx context.Context, raw any) (out any, next string, err *failure) {
	s := f.state
	input, err := f.selected(s.input, s.noInput, "InputPath", raw)
	if err != nil {
		return nil, "", err
	}
	result, next, err := s.work.do(ctx, f, input)
	if err != nil {
		return nil, "", err
	}
	if next == "" {
		next = s.next
	}
	if result, err = f.evaluate(s.resultSelector, result); err != nil {
		return nil, "", err
	}
	out = raw
	if !s.noResult {
		var fault error
		if out, fault = s.resultPath.put(raw, result); fault != nil {
			return nil, "", f.runtime("%v", fault)
		}
	}
	if out, err = f.selected(s.output, s.noOutput, "OutputPath", out); err != nil {
		return nil, "", err
	}
	if len(encode(out)) > MaxPayload {
		return nil, "", tooLarge(s.name)
	}
	return out, next, nil
}

// selected is what InputPath or OutputPath leaves of data.
func (f *frame) selected(p path, none bool, field string, data any) (any, *failure) {
	if none {
		return map[string]any{}, nil
	}
	return f.find(p, field, data)
}
