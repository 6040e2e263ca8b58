// Package steer is the Lambda that steers a run whose maxConcurrency is auto: it
// changes how many objects are indexed at once by how the cluster is doing.
package steer

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Setup readies it for Step Functions and the prepare Lambda of the stack.
func Setup(ctx context.Context, settings run.Settings) (func(context.Context, run.SteerRequest) (run.Steered, error), error) {
	aws, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	h := handler{
		settings: settings,
		machine:  stepFunctions{sfn.NewFromConfig(aws)},
		pressure: asker{lambda.NewFromConfig(aws), settings.Stack + "-prepare"}.pressure,
		sleep:    sleep, metrics: os.Stdout, now: time.Now,
	}
	return h.Steer, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
