package asl

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Error names of the language and of Step Functions.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
const (
	allErrors         = "States.ALL"
	anyTaskFailure    = "States.TaskFailed"
	timeoutError      = "States.Timeout"
	runtimeError      = "States.Runtime"
	dataLimitExceeded = "States.DataLimitExceeded"
	noChoiceMatched   = "States.NoChoiceMatched"
	intrinsicFailure  = "States.IntrinsicFailure"
	itemReaderFailed  = "States.ItemReaderFailed"
	writerFailed      = "States.ResultWriterFailed"
	toleranceExceeded = "States.ExceedToleratedFailureThreshold"
)

// errTimedOut is the cause of a context that ended by the machine's
// TimeoutSeconds.
var errTimedOut = errors.New("the execution ran out of time")

// failure is how a state failed. One that is final ends the execution: no Retry
// and no Catch sees it.
type failure struct {
	name, cause string
	final       bool
}

// runtime is a failure of the definition itself.
func (f *frame) runtime(format string, args ...any) *failure {
	return &failure{
		name: runtimeError, final: true,
		cause: fmt.Sprintf("An error occurred while executing the state '%s'. %s", f.state.name, fmt.Sprintf(format, args...)),
	}
}

// tooLarge is the failure of a state or task that exceeds MaxPayload.
func tooLarge(what string) *failure {
	return &failure{
		name: dataLimitExceeded, final: true,
		cause: fmt.Sprintf("The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", what),
	}
}

// frame is a state being executed.
type frame struct {
	*execution
	state   *state
	entered time.Time
	retries int
	item    *item // in a map's ItemSelector
}

// find is the value that p names, in data or the context object; field names the
// field that p stands in, for the error.
func (f *frame) find(p path, field string, data any) (any, *failure) {
	if p.context {
		data = f.contextObject()
	}
	v, ok := p.in(data)
	if !ok {
		return nil, f.runtime("The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'", p.text, field, encode(data))
	}
	return v, nil
}

// evaluate is the template's value, or data where there is none.
func (f *frame) evaluate(t *template, data any) (any, *failure) {
	if t == nil {
		return data, nil
	}
	return t.root.value(f, data)
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
			"Id": f.arn, "Name": f.id.name, "Input": f.input, "StartTime": timestamp(f.start),
			"RoleArn": f.id.roleARN(), "RedriveCount": wholeNumber(0),
		},
		"StateMachine": map[string]any{"Id": f.machine, "Name": f.id.machine},
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

// stopped tells how an execution ends whose context has ended.
func stopped(ctx context.Context) *ExecutionError {
	if errors.Is(context.Cause(ctx), errTimedOut) {
		return &ExecutionError{Status: TimedOut}
	}
	return &ExecutionError{Status: Aborted}
}
