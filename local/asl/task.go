package asl

import (
	"context"
	"errors"
	"time"
)

// task invokes a Lambda function.
type task struct {
	function string
	payload  part
	timeout  time.Duration // 0 where there is none
}

// envelope is what AWS puts around a function's answer, which is the Payload in
// it. It counts towards MaxPayload, and its lengths are those seen in AWS.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
const envelope = `{"ExecutedVersion":"$LATEST","Payload":,"SdkHttpMetadata":{"AllHttpHeaders":{` +
	`"X-Amz-Executed-Version":["$LATEST"],"x-amzn-Remapped-Content-Length":["0"],"Connection":["keep-alive"],` +
	`"x-amzn-RequestId":["00000000-0000-0000-0000-000000000000"],"Content-Length":["262144"],` +
	`"Date":["Mon, 10 Dec 2018 03:57:44 GMT"],"X-Amzn-Trace-Id":["` + envelopeTrace + `"],"Content-Type":["application/json"]},` +
	`"HttpHeaders":{"Connection":"keep-alive","Content-Length":"262144","Content-Type":"application/json",` +
	`"Date":"Mon, 10 Dec 2018 03:57:44 GMT","X-Amz-Executed-Version":"$LATEST","x-amzn-Remapped-Content-Length":"0",` +
	`"x-amzn-RequestId":"00000000-0000-0000-0000-000000000000","X-Amzn-Trace-Id":"` + envelopeTrace + `"},"HttpStatusCode":200},` +
	`"SdkResponseMetadata":{"RequestId":"00000000-0000-0000-0000-000000000000"},"StatusCode":200}`

const envelopeTrace = "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0;Lineage=1:00000000:0"

// taskEvents are TaskScheduled, TaskStarted, and TaskSucceeded, TaskFailed or
// TaskTimedOut.
const taskEvents = 3

func (f *fields) task() work {
	f.oneOf("Resource", "arn:aws:states:::lambda:invoke")
	t := task{timeout: time.Duration(f.whole("TimeoutSeconds", 0, 1)) * time.Second}
	if n, ok := f.need("Parameters"); ok {
		p := f.object(n)
		t.function = p.needString("FunctionName")
		t.payload = p.template("Payload")
		p.close()
	}
	return t
}

func (t task) do(ctx context.Context, f *frame, input any) (any, string, *failure) {
	v, err := t.payload.value(f, input)
	if err != nil {
		return nil, "", err
	}
	payload := encode(v)
	if len(`{"FunctionName":"","Payload":}`)+len(t.function)+len(payload) > MaxPayload {
		return nil, "", tooLarge(f.state.name)
	}
	limited := ctx
	if t.timeout > 0 {
		var stop context.CancelFunc
		limited, stop = context.WithTimeout(ctx, t.timeout)
		defer stop()
	}
	answer, fault := f.env.Invoke(limited, t.function, payload)
	if fault != nil {
		return nil, "", taskFailure(limited, fault)
	}
	if len(envelope)+len(answer) > MaxPayload {
		return nil, "", tooLarge(t.function)
	}
	result, fault := decode(answer)
	if fault != nil {
		return nil, "", &failure{name: anyTaskFailure, cause: "the function's answer is no JSON: " + fault.Error()}
	}
	// On the rest of the envelope no definition should rely.
	return map[string]any{"ExecutedVersion": "$LATEST", "Payload": result, "StatusCode": wholeNumber(200)}, "", nil
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
