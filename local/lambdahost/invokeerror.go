package lambdahost

import (
	"encoding/json"
	"fmt"
	"time"
)

// InvokeError is how an invocation failed, in the words in which Step Functions
// shows it: Type as Error, Cause as Cause.
type InvokeError struct {
	// Type is the errorType that the function answered with, or AWS's own name
	// for a function that did not answer.
	Type string
	// Cause is the function's whole answer, a JSON object of errorType,
	// errorMessage and maybe more.
	Cause string
}

func (e *InvokeError) Error() string { return e.Type + ": " + e.Cause }

// Limits in bytes of what goes into a function and comes out of it.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const (
	maxRequest  = 6 << 20
	maxResponse = 6<<20 + 100
)

// The names and sentences below are those of AWS; they can be seen in its own
// runtime interface emulator.

func timedOut(requestID string, timeout time.Duration) *InvokeError {
	return failed("Sandbox.Timedout", requestID, fmt.Sprintf("Task timed out after %.2f seconds", timeout.Seconds()))
}

func exited(requestID, how string) *InvokeError {
	return failed("Runtime.ExitError", requestID, how)
}

func failed(errorType, requestID, message string) *InvokeError {
	return &InvokeError{Type: errorType, Cause: cause(errorType, requestID, message)}
}

func responseTooLarge() *InvokeError {
	const errorType = "Function.ResponseSizeTooLarge"
	return &InvokeError{
		Type:  errorType,
		Cause: errorJSON(errorType, fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponse)),
	}
}

// requestTooLarge is refused by the Lambda service before the function sees it,
// so its cause is a sentence, not an answer of the function.
func requestTooLarge(size int) *InvokeError {
	return &InvokeError{
		Type:  "Lambda.RequestTooLargeException",
		Cause: fmt.Sprintf("%d byte payload is too large for the RequestResponse invocation type (limit %d bytes)", size, maxRequest),
	}
}

// answered turns the body that a function reported as its error into what the
// caller sees.
func answered(body []byte) *InvokeError {
	var e struct {
		ErrorType string `json:"errorType"`
	}
	if err := json.Unmarshal(body, &e); err != nil || e.ErrorType == "" {
		return &InvokeError{
			Type:  "Lambda.Unknown",
			Cause: "The cause could not be determined because Lambda did not return an error type. Returned payload: " + string(body),
		}
	}
	return &InvokeError{Type: e.ErrorType, Cause: string(body)}
}

func cause(errorType, requestID, message string) string {
	return errorJSON(errorType, "RequestId: "+requestID+" Error: "+message)
}

func errorJSON(errorType, message string) string {
	b, _ := json.Marshal(struct { // strings cannot fail
		ErrorType    string `json:"errorType"`
		ErrorMessage string `json:"errorMessage"`
	}{errorType, message})
	return string(b)
}
