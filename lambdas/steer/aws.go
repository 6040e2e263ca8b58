package steer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"

	"github.com/rehydrate/rehydrate/internal/run"
)

// stepFunctions is machine.
type stepFunctions struct{ client *sfn.Client }

func (m stepFunctions) Execution(ctx context.Context, arn string) (json.RawMessage, bool, error) {
	e, err := m.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(arn)})
	if err != nil {
		return nil, false, fault("describe "+arn, err)
	}
	return json.RawMessage(aws.ToString(e.Input)), e.Status == types.ExecutionStatusRunning, nil
}

func (m stepFunctions) MapRun(ctx context.Context, execution string) (string, error) {
	runs, err := m.client.ListMapRuns(ctx, &sfn.ListMapRunsInput{ExecutionArn: aws.String(execution)})
	if err != nil {
		return "", fault("list the map runs of "+execution, err)
	}
	if len(runs.MapRuns) == 0 {
		return "", nil
	}
	return aws.ToString(runs.MapRuns[0].MapRunArn), nil
}

func (m stepFunctions) Describe(ctx context.Context, mapRun string) (progress, error) {
	d, err := m.client.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: aws.String(mapRun)})
	if err != nil {
		return progress{}, fault("describe "+mapRun, err)
	}
	p := progress{Running: d.Status == types.MapRunStatusRunning, Concurrency: int(d.MaxConcurrency)}
	if c := d.ItemCounts; c != nil {
		p.Children = int(c.Running)
	}
	return p, nil
}

func (m stepFunctions) SetConcurrency(ctx context.Context, mapRun string, n int) error {
	_, err := m.client.UpdateMapRun(ctx, &sfn.UpdateMapRunInput{MapRunArn: aws.String(mapRun), MaxConcurrency: aws.Int32(int32(n))}) //nolint:gosec // at most 10,000
	return fault("update "+mapRun, err)
}

// asker asks the prepare Lambda, which reaches the cluster from within its network,
// how hard that works.
type asker struct {
	client   *lambda.Client
	function string
}

func (a asker) pressure(ctx context.Context) (*run.Room, error) {
	payload, err := json.Marshal(run.PrepareRequest{Pressure: true})
	if err != nil {
		return nil, err
	}
	out, err := a.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(a.function), Payload: payload})
	if err != nil {
		return nil, fault("invoke "+a.function, err)
	}
	var answer struct {
		run.Prepared
		ErrorMessage string
	}
	if err := json.Unmarshal(out.Payload, &answer); err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", a.function, err)
	}
	if out.FunctionError != nil {
		return nil, errors.New(answer.ErrorMessage)
	}
	return answer.Room, nil
}

// fault names an error of AWS for the state machine; nil stays nil.
func fault(doing string, err error) error {
	if err == nil {
		return nil
	}
	f := &run.Fault{Name: run.Unavailable, Reason: "AWS did not " + doing, Err: err, Remedy: "start again"}
	var api smithy.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "ThrottlingException", "TooManyRequestsException":
			f.Name = run.Throttled
		case "AccessDeniedException":
			f.Name, f.Remedy = run.Denied, "deploy the stack, whose rights include this"
		}
	}
	return f
}
