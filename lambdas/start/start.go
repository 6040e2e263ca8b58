// Package start is what the Lambdas have in common: it hands a handler to the
// Lambda runtime, gives its errors the names that the state machine knows, and
// logs them. It knows nothing of what a handler does.
package start

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"log/slog"
	"os"
	// The provided.al2023 runtime has shipped without time zone files.
	_ "time/tzdata"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/settings"
)

// Unexpected is the name of an error that holds no run.Fault: a fault of this
// program or of a library, not one that the state machine was told to expect.
const Unexpected = "Unexpected"

// Lambda serves handler's invocations until the process is ended.
//
// An error that holds a *run.Fault, wrapped or joined however deep, reaches the
// caller under the fault's name with its cause as message; any other one as
// Unexpected with its text. Each is logged once, as a line of JSON on standard
// error that names the request.
func Lambda[In, Out any](handler func(context.Context, In) (Out, error)) {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	a := adapter{logger: slog.Default()}
	log.SetFlags(0)
	log.SetOutput(&a)
	lambda.Start(adapt(&a, handler))
}

// Main is Lambda for a handler that is set up from the environment's settings.
// Where that fails, every invocation is answered with the reason: it is then
// read in the state machine, and not only in a log.
func Main[In, Out any](setup func(context.Context, run.Settings) (func(context.Context, In) (Out, error), error)) {
	handler, err := ready(setup)
	if err != nil {
		handler = func(context.Context, In) (out Out, _ error) { return out, err }
	}
	Lambda(handler)
}

func ready[In, Out any](setup func(context.Context, run.Settings) (func(context.Context, In) (Out, error), error)) (func(context.Context, In) (Out, error), error) {
	s, err := settings.Read(os.Getenv)
	if err != nil {
		return nil, &run.Fault{
			Name: run.InvalidSettings, Reason: "the Lambda's environment cannot be used",
			Remedy: "deploy the stack again, with these settings corrected", Err: err,
		}
	}
	return setup(context.Background(), s)
}

// adapter stands between handlers and the runtime library, whose own log it
// receives as an io.Writer. The two take turns: an environment serves one
// invocation at a time.
type adapter struct {
	logger *slog.Logger
	// reported is the line that the library is going to log for an error that
	// is in the log already.
	reported string
}

func adapt[In, Out any](a *adapter, handler func(context.Context, In) (Out, error)) func(context.Context, In) (Out, error) {
	return func(ctx context.Context, in In) (Out, error) {
		out, err := handler(ctx, in)
		if err != nil {
			err = a.report(ctx, err)
		}
		return out, err
	}
}

// report logs err and returns what the runtime library is to make of it.
func (a *adapter) report(ctx context.Context, err error) error {
	named := name(err)
	requestID := ""
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		requestID = lc.AwsRequestID
	}
	a.logger.LogAttrs(ctx, slog.LevelError, err.Error(),
		slog.String("errorType", named.Type), slog.String("requestId", requestID))
	if line, err := json.Marshal(named); err == nil {
		a.reported = string(line) + "\n"
	}
	return named
}

// name finds the fault in err. The library only keeps the type of an unwrapped
// InvokeResponse_Error value: it takes the Go type of anything else, a pointer
// to this one included, for the error's name.
func name(err error) messages.InvokeResponse_Error {
	var fault *run.Fault
	if errors.As(err, &fault) {
		return messages.InvokeResponse_Error{Type: fault.Name, Message: run.Cut(fault.Error(), MaxMessage)}
	}
	return messages.InvokeResponse_Error{Type: Unexpected, Message: run.Cut(err.Error(), MaxMessage)}
}

// MaxMessage is the most characters, as run.Cut counts them, of an error's message.
// It leaves room for an outcome beside it in the Cause of a Fail state, which has at
// most 32,768 characters.
const MaxMessage = 2000

// Write logs a line of the runtime library: a panic with its stack, or why the
// process has to end. The error reported last is passed over.
func (a *adapter) Write(line []byte) (int, error) {
	if string(line) != a.reported {
		a.logger.Error("lambda runtime", slog.String("line", string(line)))
	}
	a.reported = ""
	return len(line), nil
}
