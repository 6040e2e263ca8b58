package asl

import (
	"context"
	"errors"
	"time"
)

// task invokes a Lambda function.
type task struct {
	parameters *template
	timeout    time.Duration // 0 where there is none
}

// lambdaInvoke is the one integration there is.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
const lambdaInvoke = "arn:aws:states:::lambda:invoke"

func (f *fields) task() work {
	f.oneOf("Resource", lambdaInvoke)
	t := task{timeout: time.Duration(f.whole("TimeoutSeconds", 0, 1)) * time.Second}
	n, ok := f.need("Parameters")
	if !ok {
		return t
	}
	t.parameters = f.parseTemplate("Parameters", n)
	p := f.object(n)
	if _, evaluated := p.get("FunctionName.$"); !evaluated {
		p.need("FunctionName")
	}
	p.get("Payload")
	p.get("Payload.$")
	p.close()
	return t
}

func (t task) do(ctx context.Context, f *frame, input any) (any, string, *failure) {
	v, err := f.evaluate(t.parameters, input)
	if err != nil {
		return nil, "", err
	}
	parameters, _ := v.(map[string]any) // so it was loaded
	function, ok := parameters["FunctionName"].(string)
	if !ok || function == "" {
		return nil, "", f.runtime("FunctionName is '%s', not the name of a function", encode(parameters["FunctionName"]))
	}
	payload := []byte("{}") // what AWS gives a function for null or nothing
	if p := parameters["Payload"]; p != nil {
		payload = encode(p)
	}
	if _, ok := parameters["Payload"].(string); ok {
		return nil, "", f.runtime("A Payload that is a string, which AWS takes for JSON, is not implemented here.")
	}
	if len(encode(v)) > MaxPayload {
		return nil, "", tooLarge(f.state.name)
	}
	limited := ctx
	if t.timeout > 0 {
		var stop context.CancelFunc
		limited, stop = context.WithTimeout(ctx, t.timeout)
		defer stop()
	}
	answer, fault := f.env.Invoke(limited, function, payload)
	if fault != nil {
		return nil, "", taskFailure(limited, fault)
	}
	if len(answer) > MaxPayload {
		return nil, "", tooLarge(function)
	}
	result, fault := decode(answer)
	if fault != nil {
		return nil, "", &failure{name: anyTaskFailure, cause: "the function's answer is no JSON: " + fault.Error()}
	}
	// AWS tells more about the HTTP exchange, on which no definition should rely.
	return map[string]any{
		"ExecutedVersion": "$LATEST", "Payload": result, "StatusCode": wholeNumber(200),
	}, "", nil
}

// taskFailure names how an invocation failed. A timeout has an empty cause, as
// in AWS.
func taskFailure(ctx context.Context, err error) *failure {
	var named *TaskError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &failure{name: timeoutError}
	case errors.As(err, &named):
		return &failure{name: named.Name, cause: named.Cause}
	}
	return &failure{name: anyTaskFailure, cause: err.Error()}
}

// events: TaskScheduled, TaskStarted and TaskSucceeded, TaskFailed or
// TaskTimedOut.
func (task) events() int { return 3 }
