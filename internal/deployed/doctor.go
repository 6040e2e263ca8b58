package deployed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
)

// Check is one thing that was looked at, in a line. Remedy says what to do where it is
// not as it should be.
type Check struct {
	OK     bool
	Text   string
	Remedy string
}

func ok(format string, args ...any) Check { return Check{OK: true, Text: fmt.Sprintf(format, args...)} }

func failed(err error, remedy string) Check { return Check{Text: err.Error(), Remedy: remedy} }

// Doctor looks at a deployed stack, and at archive and cluster as its Lambdas see them,
// and hands each finding on as it comes. It changes nothing. Version is this program's.
func (s *Stack) Doctor(ctx context.Context, version string, tell func(Check)) {
	tell(ok("the state machine %s is there", s.machine))
	env, err := s.environment(ctx)
	if err != nil {
		tell(failed(err, "deploy the stack again, or use credentials that may call lambda:GetFunctionConfiguration"))
		return
	}
	tell(s.functions(ctx, env))
	if theirs := env["REHYDRATE_VERSION"]; theirs != "" && theirs != version {
		tell(ok("the stack is of version %s, this program of %s", theirs, version))
	}
	tell(s.archive(ctx, env))
	for _, c := range s.live(ctx, env) {
		tell(c)
	}
	if env["SEARCH_URL"] == "" {
		tell(ok("the stack has no cluster: it takes runs whose destination is files"))
	} else {
		for _, c := range s.clusterChecks(ctx) {
			tell(c)
		}
	}
	tell(s.alarms(ctx))
}

// functions tells whether all Lambdas can be invoked.
func (s *Stack) functions(ctx context.Context, env map[string]string) Check {
	roles := []string{"list", "restore", "prepare", "index", "report"}
	if env["SEARCH_URL"] != "" {
		roles = append(roles, "steer")
	}
	client := lambda.NewFromConfig(s.config)
	for _, role := range roles {
		name := s.function(role)
		c, err := client.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(name)})
		switch {
		case err != nil:
			return failed(refused("look at the function "+name, err), "deploy the stack again")
		case c.State == types.StateInactive:
			// Its network interfaces were taken away while it idled; runs wait for it.
			continue
		case c.State != "" && c.State != types.StateActive, c.LastUpdateStatus == types.LastUpdateStatusFailed:
			return Check{
				Text:   fmt.Sprintf("the function %s is %s: %s%s", name, c.State, aws.ToString(c.StateReason), aws.ToString(c.LastUpdateStatusReason)),
				Remedy: "wait a minute where it is pending; else correct what it says (subnets, security group) and deploy again",
			}
		}
	}
	return ok("the functions %s are ready", strings.Join(roles, ", "))
}

// archive has the list Lambda look at the archive and at the run bucket.
func (s *Stack) archive(ctx context.Context, env map[string]string) Check {
	var p run.Plan
	if err := s.invoke(ctx, "list", run.ListRequest{Request: json.RawMessage(`{"lastDays":1,"plan":true,"destination":"files"}`)}, &p); err != nil {
		return failed(fmt.Errorf("list cannot read %s: %w", env["ARCHIVE_BUCKET"], err), "give its role what is missing; cdk/README.md has the statements that a bucket or key of another account needs")
	}
	if p.Objects == 0 {
		return Check{
			Text:   fmt.Sprintf("list may read %s, but there is nothing of yesterday under %s", env["ARCHIVE_BUCKET"], strings.Join(p.Prefixes, ", ")),
			Remedy: "see that archivePrefix and archiveZone are those of the Firehose stream, and that it delivers",
		}
	}
	return ok("list reads %s: %d objects of yesterday, %d bytes; it may use the run bucket", env["ARCHIVE_BUCKET"], p.Objects, p.Bytes)
}

// live tells, of a stack that indexes live, whether the bucket tells of new objects.
func (s *Stack) live(ctx context.Context, env map[string]string) []Check {
	machine := s.machine + "-live"
	_, err := s.client.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: aws.String(machine)})
	var missing *sfntypes.StateMachineDoesNotExist
	switch {
	case errors.As(err, &missing):
		return nil // it is not live
	case err != nil:
		return []Check{failed(refused("describe "+machine, err), "use credentials that may call states:DescribeStateMachine")}
	}
	bucket := env["ARCHIVE_BUCKET"]
	c, err := notifications(ctx, s3.NewFromConfig(s.config), bucket)
	switch {
	case err != nil:
		return []Check{failed(err, "use credentials that may call s3:GetBucketNotification")}
	case c.EventBridgeConfiguration == nil:
		return []Check{{Text: bucket + " does not send its events to EventBridge: nothing is indexed as it arrives", Remedy: "rehydrate events --bucket " + bucket + " --apply"}}
	}
	return []Check{ok("%s sends its events to EventBridge", bucket)}
}

// clusterChecks are of the cluster as prepare sees it.
func (s *Stack) clusterChecks(ctx context.Context) []Check {
	prepared, err := s.look(ctx)
	if err != nil {
		return []Check{failed(fmt.Errorf("prepare and the cluster: %w", err), "correct what it says, then look again")}
	}
	var p run.Planned
	p.Cluster.Prepared = &prepared
	lines := report.ClusterLines(p)
	var checks []Check
	for _, line := range lines {
		if slices.Contains(prepared.Warnings, line) {
			checks = append(checks, Check{Text: line, Remedy: "a run goes on in spite of it"})
			continue
		}
		checks = append(checks, ok("%s", line))
	}
	return checks
}

// alarms tells which of the stack's alarms ring.
func (s *Stack) alarms(ctx context.Context) Check {
	out, err := cloudwatch.NewFromConfig(s.config).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{
		AlarmNamePrefix: aws.String(s.name + "-"), StateValue: cloudwatchtypes.StateValueAlarm,
	})
	if err != nil {
		return failed(refused("look at the alarms", err), "use credentials that may call cloudwatch:DescribeAlarms")
	}
	var ringing []string
	for _, a := range out.MetricAlarms {
		ringing = append(ringing, aws.ToString(a.AlarmName)+" ("+aws.ToString(a.AlarmDescription)+")")
	}
	if len(ringing) > 0 {
		return Check{Text: "alarms ring: " + strings.Join(ringing, "; "), Remedy: "each says what to do"}
	}
	return ok("no alarm rings")
}
