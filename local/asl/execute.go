package asl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// execution is a run of a graph from its start to its end.
type execution struct {
	id    id
	graph *graph
	env   Env
	input any
	start time.Time
	// late is what goes on after a map's failure was caught.
	late *errgroup.Group
	// child says that it is one of a map's: its states are not observed.
	child bool
	// events is the length of the history so far.
	events int
	// handed is the text of what the last state handed on, nil before there was one that
	// did not just keep its input.
	handed []byte
}

// run goes from state to state. The error is an *ExecutionError.
func (x *execution) run(ctx context.Context) ([]byte, error) {
	x.events = 1 // ExecutionStarted
	if !x.child && len(encode(x.input)) > MaxPayload {
		return nil, x.failed(tooLarge(x.id.executionARN()))
	}
	data := x.input
	for name := x.graph.start; ; {
		s := x.graph.states[name]
		if ctx.Err() != nil {
			return nil, stopped(ctx)
		}
		if x.env.Observer != nil && !x.child {
			x.env.Observer.StateEntered(name, x.encoded(data))
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
			return x.encoded(out), nil
		}
		data, name = out, next
	}
}

// encoded is the text of data, which was handed on last.
func (x *execution) encoded(data any) []byte {
	if x.handed == nil {
		x.handed = encode(data)
	}
	return x.handed
}

func (x *execution) failed(err *failure) *ExecutionError {
	x.events++ // ExecutionFailed
	return &ExecutionError{Status: Failed, Name: err.name, Cause: err.cause}
}

// errTimedOut is the cause of a context that ended by the machine's
// TimeoutSeconds.
var errTimedOut = errors.New("the execution ran out of time")

// stopped tells how an execution ends whose context has ended.
func stopped(ctx context.Context) *ExecutionError {
	if errors.Is(context.Cause(ctx), errTimedOut) {
		return &ExecutionError{Status: TimedOut}
	}
	return &ExecutionError{Status: Aborted}
}

// step executes one state on its input, with its retries, and tells the input of
// the next.
func (x *execution) step(ctx context.Context, s *state, input any) (out any, next string, err *failure) {
	f := &frame{execution: x, state: s, entered: time.Now()}
	x.events++ // StateEntered
	tries := make([]int, len(s.retry))
	for {
		out, next, err = f.attempt(ctx, input)
		x.events += s.events
		if x.events > MaxEvents {
			return nil, "", &failure{name: runtimeError, final: true, cause: fmt.Sprintf("The execution reached the maximum number of history events (%d).", MaxEvents)}
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
		if x.env.Observer != nil {
			x.env.Observer.StateRetried(s.name, &TaskError{Name: err.name, Cause: err.cause}, wait)
		}
		if x.env.Sleep(ctx, wait) != nil {
			return nil, "", err
		}
	}
	for _, c := range s.catch {
		if !matches(c.errors, err.name) {
			continue
		}
		out, err := f.output(c.path, input, map[string]any{"Error": err.name, "Cause": err.cause}, path{})
		if err != nil {
			return nil, "", err
		}
		x.events++ // StateExited
		return out, c.next, nil
	}
	return nil, "", err
}

// frame is a state being executed.
type frame struct {
	*execution
	state   *state
	entered time.Time
	retries int
	item    *item // in a map's ItemSelector
}

// attempt is one try of a state: work and output.
func (f *frame) attempt(ctx context.Context, input any) (out any, next string, err *failure) {
	s := f.state
	result, next, err := s.work.do(ctx, f, input)
	if err != nil {
		return nil, "", err
	}
	if next == "" {
		next = s.next
	}
	if s.selector != nil {
		if result, err = s.selector.value(f, result); err != nil {
			return nil, "", err
		}
	}
	if s.keeps {
		return result, next, nil // its size was looked at before
	}
	if s.noResult {
		result = input
	}
	out, err = f.output(s.resultPath, input, result, s.output)
	return out, next, err
}

// output is what of input, with the result put into it, the state hands on.
func (f *frame) output(resultPath path, input, result any, outputPath path) (any, *failure) {
	out, fault := resultPath.put(input, result)
	if fault != nil {
		return nil, f.runtime("%v", fault)
	}
	out, err := f.find(outputPath, "OutputPath", out)
	if err != nil {
		return nil, err
	}
	if f.handed = encode(out); len(f.handed) > MaxPayload {
		return nil, tooLarge(f.state.name)
	}
	return out, nil
}

// source is what p leads into: data, or the context object.
func (f *frame) source(p path, data any) any {
	if p.context {
		return f.contextObject()
	}
	return data
}

// find is the value that p names; field names the field that p stands in, for
// the error.
func (f *frame) find(p path, field string, data any) (any, *failure) {
	data = f.source(p, data)
	v, ok := p.in(data)
	if !ok {
		return nil, f.runtime("The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'", p.text, field, encode(data))
	}
	return v, nil
}

// contextObject has the members that AWS was seen to give. RetryCount is there in
// states that can be retried only.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
func (f *frame) contextObject() map[string]any {
	state := map[string]any{"Name": f.state.name, "EnteredTime": timestamp(f.entered)}
	if f.state.retriable {
		state["RetryCount"] = wholeNumber(f.retries)
	}
	c := map[string]any{
		"Execution": map[string]any{
			"Id": f.id.executionARN(), "Name": f.id.name, "Input": f.input, "StartTime": timestamp(f.start),
			"RoleArn": f.id.roleARN(), "RedriveCount": wholeNumber(0),
		},
		"StateMachine": map[string]any{"Id": f.id.machineARN(), "Name": f.id.machine},
		"State":        state,
	}
	if f.item != nil {
		c["Map"] = map[string]any{"Item": map[string]any{
			"Index": wholeNumber(f.item.index), "Value": f.item.value, "Source": f.item.source,
		}}
	}
	return c
}

// timestamp is t as Step Functions writes it.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
