// Package asl executes a state machine definition in the Amazon States Language
// on this computer, as AWS Step Functions would: a STANDARD machine in JSONPath
// that invokes Lambda functions and runs a Distributed Map over a file of JSON
// Lines in S3, with a ResultWriter.
//
// It implements the part of the language that this repository's definitions use,
// and refuses the rest when a definition is loaded, so that nothing that it
// executes means something else in AWS. It knows nothing of what the functions do
// or where the buckets are.
//
// https://states-language.net/spec.html,
// https://docs.aws.amazon.com/step-functions/latest/dg/
package asl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"
)

// Status of an execution that has ended.
type Status string

// Statuses, as Step Functions names them.
const (
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
	// Pending is an item of a map whose child execution was never started.
	Pending Status = "PENDING"
)

// Limits of Step Functions.
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const (
	// MaxPayload is the most bytes of JSON that a state may be given or hand on, and
	// of a function's answer with what AWS puts around it.
	MaxPayload = 256 << 10
	// MaxEvents is the most events that an execution's history may have.
	MaxEvents = 25_000
	// MaxCause is the most characters of a Fail state's Cause, of which one outside
	// ASCII counts as the six of \uXXXX, or twelve.
	MaxCause = 32_768
	// MaxChildren is the most child executions that a map runs at once.
	MaxChildren = 10_000
)

// Execution is what is executed, beside the definition.
type Execution struct {
	// ARN of the execution, arn:PARTITION:states:REGION:ACCOUNT:execution:MACHINE:NAME;
	// its last two parts are the names of machine and execution.
	ARN string
	// Input is a JSON value.
	Input     []byte
	StartTime time.Time
}

// Env is what an execution acts upon.
type Env struct {
	// Invoke calls a function with a JSON payload and returns its JSON answer. A
	// *TaskError is the function's own failure; any other error becomes
	// States.TaskFailed. When ctx ends it returns soon.
	Invoke func(ctx context.Context, function string, payload []byte) ([]byte, error)
	// Buckets hold a map's items and take its results.
	Buckets Buckets
	// Observer is told what happens; it may be nil.
	Observer Observer
	// MapRunStarted is given each run of a map as it begins; it may be nil.
	MapRunStarted func(*MapRun)
	// Sleep waits for d or until ctx ends, and then returns its error; nil is the
	// real clock.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Buckets are S3 as a map uses it.
type Buckets interface {
	Open(ctx context.Context, bucket, key string) (io.ReadCloser, error)
	Put(ctx context.Context, bucket, key string, body io.ReadSeeker) error
}

// Observer is told how an execution goes on. Children call it concurrently.
type Observer interface {
	// StateEntered is called for the states of the execution itself, with their
	// input; those of children are not told.
	StateEntered(state string, input []byte)
	// StateRetried is called when a state, of the execution itself or of a child,
	// has failed and is executed again after wait.
	StateRetried(state string, err *TaskError, wait time.Duration)
	ChildEnded(child Child)
}

// Child is a child execution of a Distributed Map.
type Child struct {
	ARN    string
	Name   string
	Input  []byte
	Status Status
	Output []byte // of one that succeeded
	// Error and Cause of one that failed.
	Error, Cause string
	Start, Stop  time.Time
	// Events is how long its history is.
	Events int
}

// TaskError is how a task failed, under the name that Retry and Catch know.
type TaskError struct {
	Name  string
	Cause string
}

func (e *TaskError) Error() string { return e.Name + ": " + e.Cause }

// ExecutionError tells how an execution ended that did not succeed. Name and
// Cause are empty unless it failed.
type ExecutionError struct {
	Status Status
	Name   string
	Cause  string
}

func (e *ExecutionError) Error() string {
	if e.Name == "" {
		return string(e.Status)
	}
	return fmt.Sprintf("%s: %s: %s", e.Status, e.Name, e.Cause)
}

// Run executes the machine to its end and returns its output. Unless it
// succeeds, the error holds an *ExecutionError, or tells that ARN or Input cannot
// be used, and nothing was executed. When ctx ends, that is as if the
// execution was stopped: no Catch runs, children and calls under way are told
// and waited for.
//
// An error beside the *ExecutionError, joined to it, means that the results of a
// map could not be written after its failure had been caught.
func (m *Machine) Run(ctx context.Context, e Execution, env Env) ([]byte, error) {
	id, err := parseARN(e.ARN)
	if err != nil {
		return nil, err
	}
	input, err := decode(e.Input)
	if err != nil {
		return nil, fmt.Errorf("execution input: %w", err)
	}
	if env.Sleep == nil {
		env.Sleep = sleep
	}
	if m.timeout > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, m.timeout, errTimedOut)
		defer stop()
	}
	x := &execution{id: id, graph: m.graph, env: env, input: input, start: e.StartTime, late: &errgroup.Group{}}
	output, err := x.run(ctx)
	return output, errors.Join(err, x.late.Wait())
}

// sleep waits by the real clock.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
