package asl

import "fmt"

// Error names of the language and of Step Functions.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
const (
	allErrors         = "States.ALL"
	anyTaskFailure    = "States.TaskFailed"
	timeoutError      = "States.Timeout"
	runtimeError      = "States.Runtime"
	dataLimitExceeded = "States.DataLimitExceeded"
	itemReaderFailed  = "States.ItemReaderFailed"
	writerFailed      = "States.ResultWriterFailed"
	toleranceExceeded = "States.ExceedToleratedFailureThreshold"
)

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
