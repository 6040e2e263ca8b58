package deployed

import (
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Tune changes how many objects a run that goes on indexes at once, and tells on out
// what became of it. Objects that are being indexed are ended first.
func (s *Stack) Tune(ctx context.Context, execution string, concurrency int, out io.Writer) error {
	e, err := s.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(execution)})
	if err != nil {
		return refused("describe "+execution, err)
	}
	if e.Status != types.ExecutionStatusRunning {
		return fmt.Errorf("the run has ended (%s): there is nothing to tune; start it again with --max-concurrency %d", e.Status, concurrency)
	}
	runs, err := s.client.ListMapRuns(ctx, &sfn.ListMapRunsInput{ExecutionArn: aws.String(execution)})
	if err != nil {
		return refused("list the map runs of "+execution, err)
	}
	if len(runs.MapRuns) == 0 {
		return fmt.Errorf("the run has not begun to index: wait until rehydrate follow shows objects, then tune it")
	}
	arn := runs.MapRuns[0].MapRunArn
	before, err := s.client.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: arn})
	if err != nil {
		return refused("describe "+aws.ToString(arn), err)
	}
	if before.Status != types.MapRunStatusRunning {
		return fmt.Errorf("the run has indexed what it could (%s) and makes its report: there is nothing to tune", before.Status)
	}
	if _, err := s.client.UpdateMapRun(ctx, &sfn.UpdateMapRunInput{MapRunArn: arn, MaxConcurrency: aws.Int32(int32(concurrency))}); err != nil { //nolint:gosec // at most 10,000
		return refused("update "+aws.ToString(arn), err)
	}
	fmt.Fprintf(out, "%d objects at once, before %d\n", concurrency, before.MaxConcurrency)
	request, err := run.ParseRequest([]byte(aws.ToString(e.Input)))
	if err == nil && request.MaxConcurrency != nil && request.MaxConcurrency.Auto {
		fmt.Fprintln(out, "The run's maxConcurrency is auto: it goes on from there by how the cluster is doing.")
	}
	if c := before.ItemCounts; c != nil && int64(concurrency) < c.Running {
		fmt.Fprintf(out, "%d objects are being indexed; no other is begun until fewer than %d are.\n", c.Running, concurrency)
	}
	return nil
}
