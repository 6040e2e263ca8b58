package deployed

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/rehydrate/rehydrate/internal/run"
)

// viewsPause is between looks at the machine of views, which takes a few seconds.
const viewsPause = 2 * time.Second

// Views has the machine of a stack that looks after views do what is asked for, and
// waits for its answer.
func Views(ctx context.Context, stack string, req run.ViewsRequest) (run.ViewsAnswer, error) {
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return run.ViewsAnswer{}, fmt.Errorf("load the AWS configuration: %w", err)
	}
	return askViews(ctx, sfn.NewFromConfig(c), stack, req, viewsPause)
}

func askViews(ctx context.Context, client *sfn.Client, stack string, req run.ViewsRequest, pause time.Duration) (a run.ViewsAnswer, err error) {
	machine, err := findMachine(ctx, client, stack+"-views")
	if err != nil {
		return a, err
	}
	input, err := json.Marshal(req)
	if err != nil {
		return a, err
	}
	started, err := client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(machine), Input: aws.String(string(input))})
	if err != nil {
		return a, fmt.Errorf("start an execution of %s: %w", machine, err)
	}
	for {
		e, err := client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn})
		switch {
		case err != nil:
			return a, fmt.Errorf("describe %s: %w", aws.ToString(started.ExecutionArn), err)
		case e.Status == types.ExecutionStatusSucceeded:
			if err := json.Unmarshal([]byte(aws.ToString(e.Output)), &a); err != nil {
				return a, fmt.Errorf("read the answer of %s: %w", aws.ToString(started.ExecutionArn), err)
			}
			return a, nil
		case e.Status != types.ExecutionStatusRunning && e.Status != types.ExecutionStatusPendingRedrive:
			var failed struct{ ErrorMessage string }
			_ = json.Unmarshal([]byte(aws.ToString(e.Cause)), &failed) // another cause is told as it is
			return a, errors.New(cmp.Or(failed.ErrorMessage, aws.ToString(e.Cause), aws.ToString(e.Error), string(e.Status)))
		}
		select {
		case <-ctx.Done():
			return a, ctx.Err()
		case <-time.After(pause):
		}
	}
}
