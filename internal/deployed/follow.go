package deployed

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
)

// pause between looks at a run that is followed.
const pause = 5 * time.Second

// Follow tells on out how a run goes on until it ends, and whether it is
// complete. The run itself does not need anybody to follow it.
func (s *Stack) Follow(ctx context.Context, execution string, out io.Writer) (complete bool, err error) {
	f := follower{client: s.client, execution: execution, out: out, pause: pause, now: time.Now, vitals: s.vitals()}
	return f.follow(ctx)
}

type follower struct {
	client    *sfn.Client
	execution string
	out       io.Writer
	pause     time.Duration
	now       func() time.Time
	// vitals tells what CloudWatch and the cluster say of a run since its map began.
	vitals func(ctx context.Context, since time.Time) []string
	mapRun string
	last   string
}

func (f *follower) follow(ctx context.Context) (complete bool, err error) {
	fmt.Fprintf(f.out, "run %s\n", f.execution)
	for {
		e, err := f.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(f.execution)})
		if err != nil && ctx.Err() == nil {
			return false, refused("describe "+f.execution, err)
		}
		if err == nil && e.Status != types.ExecutionStatusRunning && e.Status != types.ExecutionStatusPendingRedrive {
			return f.ended(e)
		}
		if err == nil {
			err = f.progress(ctx)
		}
		if err != nil && ctx.Err() == nil {
			return false, err
		}
		select {
		case <-ctx.Done():
			return false, fmt.Errorf("no longer followed; the run goes on: %s", f.execution)
		case <-time.After(f.pause):
		}
	}
}

// progress writes a line where anything moved since the last one.
func (f *follower) progress(ctx context.Context) error {
	if f.mapRun == "" {
		runs, err := f.client.ListMapRuns(ctx, &sfn.ListMapRunsInput{ExecutionArn: aws.String(f.execution)})
		if err != nil {
			return refused("list the map runs of "+f.execution, err)
		}
		if len(runs.MapRuns) == 0 {
			f.say(f.before(ctx))
			return nil
		}
		f.mapRun = aws.ToString(runs.MapRuns[0].MapRunArn)
	}
	m, err := f.client.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: aws.String(f.mapRun)})
	if err != nil {
		return refused("describe "+f.mapRun, err)
	}
	line := progressLine(m, f.now())
	if c := m.ItemCounts; c != nil && c.Running > 0 {
		for _, more := range f.vitals(ctx, aws.ToTime(m.StartDate)) {
			line += "; " + more
		}
	}
	f.say(line)
	return nil
}

func (f *follower) say(line string) {
	if line != f.last {
		fmt.Fprintln(f.out, line)
		f.last = line
	}
}

// progressLine is how far the map is; the rest is guessed from its rate so far.
func progressLine(m *sfn.DescribeMapRunOutput, now time.Time) string {
	c := m.ItemCounts
	if c == nil || c.Total == 0 {
		return "reading the manifest"
	}
	failed := c.Failed + c.TimedOut + c.Aborted
	done := c.Succeeded + failed
	line := fmt.Sprintf("%d of %d objects (%d%%), %d running", done, c.Total, done*100/c.Total, c.Running)
	if m.MaxConcurrency > 0 {
		line += fmt.Sprintf(" of %d at once", m.MaxConcurrency)
	}
	if failed > 0 {
		line += fmt.Sprintf(", %d failed", failed)
	}
	elapsed := now.Sub(aws.ToTime(m.StartDate))
	if done > 0 && done < c.Total && elapsed > 0 && m.StartDate != nil {
		rest := time.Duration(float64(elapsed) / float64(done) * float64(c.Total-done))
		line += fmt.Sprintf(", about %s left", rest.Round(time.Second))
	}
	return line
}

// ended tells what a run came to.
func (f *follower) ended(e *sfn.DescribeExecutionOutput) (complete bool, err error) {
	text := aws.ToString(e.Output)
	if e.Status != types.ExecutionStatusSucceeded {
		text = aws.ToString(e.Cause)
	}
	var s run.Summary
	if json.Unmarshal([]byte(text), &s) != nil || s.Verdict == "" {
		var p run.Planned
		if e.Status == types.ExecutionStatusSucceeded && json.Unmarshal([]byte(text), &p) == nil {
			f.planned(p)
			return true, nil
		}
		return false, fmt.Errorf("the run ended %s: %s: %s", e.Status, aws.ToString(e.Error), text)
	}
	fmt.Fprintln(f.out, s.Verdict)
	arrived := fmt.Sprintf("%d created, %d already there", s.Created, s.AlreadyThere)
	if s.Files != nil {
		arrived = fmt.Sprintf("%d written", s.Written)
	}
	fmt.Fprintf(f.out, "%d objects, %d events: %s, %d out of range, %d filtered, %d malformed, %d rejected\n",
		s.Objects, s.Decoded, arrived, s.OutOfRange, s.Filtered, s.Malformed, s.Rejected)
	for _, finding := range s.Findings {
		fmt.Fprintln(f.out, "-", finding)
	}
	if s.Files != nil {
		for _, line := range s.Files.Preview {
			fmt.Fprintln(f.out, line)
		}
		fmt.Fprintf(f.out, "%d files, %d bytes: aws s3 cp --recursive %s events/\n", s.Files.Files, s.Files.Bytes, s.Files.Folder)
	}
	fmt.Fprintln(f.out, "report:", s.Page)
	return s.Complete, nil
}

// planned tells what a run that only planned found.
func (f *follower) planned(p run.Planned) {
	fmt.Fprintf(f.out, "planned: %d objects, %d bytes; events from %s to %s\n", p.Objects, p.Bytes, p.From.Format(time.RFC3339), p.To.Format(time.RFC3339))
	if p.Expected.Documents > 0 {
		fmt.Fprintf(f.out, "about %d documents of %d bytes\n", p.Expected.Documents, p.Expected.Bytes)
	}
	for _, line := range append(p.Notes, report.ClusterLines(p)...) {
		fmt.Fprintln(f.out, line)
	}
	fmt.Fprintln(f.out, "its days, duration and cost:", run.Location{Bucket: p.Manifest.Bucket, Key: run.InventoryKey(p.Run)}.URI())
}
