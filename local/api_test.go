package local

import (
	"context"
	"encoding/json"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/rehydrate/rehydrate/local/asl"
)

// memory is a bucket with one file of items.
type memory struct{ items string }

func (m memory) Open(context.Context, string, string) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(m.items)), nil
}
func (memory) Put(context.Context, string, string, io.ReadSeeker) error { return nil }

// TestStepFunctionsAPI: the SDK finds an execution's map run here, sees how far it is
// and changes how wide it is, as in AWS.
func TestStepFunctionsAPI(t *testing.T) {
	a := &api{executions: map[string]*executing{}}
	server := httptest.NewServer(a)
	defer server.Close()
	client := sfn.New(sfn.Options{
		BaseEndpoint: aws.String(server.URL), Region: "local", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	arn := executionARN("rehydrate", "r1")
	e := a.begin(arn, json.RawMessage(`{"lastDays":1}`))
	described, err := client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: aws.String(arn)})
	if err != nil || described.Status != types.ExecutionStatusRunning || aws.ToString(described.Input) != `{"lastDays":1}` {
		t.Fatalf("%+v, %v", described, err)
	}
	if runs, err := client.ListMapRuns(t.Context(), &sfn.ListMapRunsInput{ExecutionArn: aws.String(arn)}); err != nil || len(runs.MapRuns) != 0 {
		t.Fatalf("%+v, %v", runs, err)
	}

	m, err := asl.Load([]byte(`{"StartAt": "M", "States": {"M": {"Type": "Map", "Label": "L",
		"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSONL"}, "Parameters": {"Bucket": "b", "Key": "items"}},
		"MaxConcurrencyPath": "$.c", "ToleratedFailurePercentagePath": "$.t", "ItemSelector": {"v.$": "$$.Map.Item.Value"},
		"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "A", "States": {
			"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload": {}}, "End": true}}},
		"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "results"}}, "End": true}}}`))
	if err != nil {
		t.Fatal(err)
	}
	entered, release, done := make(chan struct{}, 10), make(chan struct{}), make(chan error)
	go func() {
		_, err := m.Run(t.Context(), asl.Execution{ARN: arn, Input: []byte(`{"c": 2, "t": 0}`), StartTime: time.Now()}, asl.Env{
			Invoke: func(context.Context, string, []byte) ([]byte, error) {
				entered <- struct{}{}
				<-release
				return []byte("{}"), nil
			},
			Buckets: memory{strings.Repeat("{}\n", 5)}, MapRunStarted: a.mapRunStarted(e),
		})
		done <- err
	}()
	<-entered
	<-entered
	runs, err := client.ListMapRuns(t.Context(), &sfn.ListMapRunsInput{ExecutionArn: aws.String(arn)})
	if err != nil || len(runs.MapRuns) != 1 {
		t.Fatalf("%+v, %v", runs, err)
	}
	mapRun := runs.MapRuns[0].MapRunArn
	describe := func(running, pending int64, concurrency int32, status types.MapRunStatus) {
		t.Helper()
		d, err := client.DescribeMapRun(t.Context(), &sfn.DescribeMapRunInput{MapRunArn: mapRun})
		if err != nil || d.ItemCounts.Running != running || d.ItemCounts.Pending != pending || d.ItemCounts.Total != 5 || d.MaxConcurrency != concurrency || d.Status != status {
			t.Errorf("%+v of %+v, %v", d.ItemCounts, d, err)
		}
	}
	describe(2, 3, 2, types.MapRunStatusRunning)
	if _, err := client.UpdateMapRun(t.Context(), &sfn.UpdateMapRunInput{MapRunArn: mapRun, MaxConcurrency: aws.Int32(4)}); err != nil {
		t.Fatal(err)
	}
	<-entered
	<-entered
	describe(4, 1, 4, types.MapRunStatusRunning)
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	describe(0, 0, 4, types.MapRunStatusSucceeded)
	a.end(e)
	if d, err := client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: aws.String(arn)}); err != nil || d.Status == types.ExecutionStatusRunning {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: aws.String(arn + "x")}); err == nil {
		t.Error("there is an execution that was never begun")
	}
}
