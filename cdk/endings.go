package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/statemachine"
)

// stoppedReport is the input of the machine for stopped runs, in the members
// of run.ReportRequest.
const stoppedReport = `{"run": <name>, "map": {"Error": <status>, "Cause": "the execution was stopped or ran out of time before its report"}}`

// newStopped writes the report of runs that were stopped or ran out of time:
// these pass no Catch of their own machine.
func newStopped(scope constructs.Construct, s settings.Settings, runs awsstepfunctions.CfnStateMachine, f functions, undelivered awssqs.CfnQueue) (awsstepfunctions.CfnStateMachine, error) {
	definition, err := stoppedDefinition(statemachine.Definition())
	if err != nil {
		return nil, err
	}
	m := machine{
		id: "StoppedMachine", name: s.Stack + "-stopped", definition: definition,
		substitutions: map[string]*string{statemachine.ReportFunction: f.arn("report")},
		may:           []awsiam.PolicyStatement{allow("InvokeReport", []string{"lambda:InvokeFunction"}, []string{*f.arn("report")}, nil)},
	}
	made, _ := m.make(scope, s)
	newStarter(scope, starter{
		id: "StoppedRule", name: s.Stack + stoppedRule, what: "A run that was stopped or ran out of time gets its report",
		machine: made, undelivered: undelivered, pattern: ended(runs, "ABORTED", "TIMED_OUT"),
		paths:    map[string]*string{"name": jsii.String("$.detail.name"), "status": jsii.String("$.detail.status")},
		template: stoppedReport,
	})
	return made, nil
}

// stoppedDefinition is the Report state of a run's definition as a machine of
// its own, which first gives the children of the run a minute to end.
func stoppedDefinition(definition string) (string, error) {
	var whole struct {
		States map[string]map[string]any
	}
	if err := json.Unmarshal([]byte(definition), &whole); err != nil {
		return "", err
	}
	report := whole.States["Report"]
	if report == nil {
		return "", errors.New("the definition has no state Report")
	}
	delete(report, "Next")
	report["End"] = true
	b, err := json.MarshalIndent(map[string]any{
		"Comment":        "Writes the report of a run that was stopped or ran out of time.",
		"StartAt":        "Let the children end",
		"TimeoutSeconds": 24 * 3600,
		"States": map[string]any{
			"Let the children end": map[string]any{"Type": "Wait", "Seconds": 60, "Next": "Report"},
			"Report":               report,
		},
	}, "", "  ")
	return string(b), err
}

// ended is the pattern of executions of a machine that end in one of statuses.
// Its children belong to a machine with another ARN, and are none of these.
// https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
func ended(made awsstepfunctions.CfnStateMachine, statuses ...string) map[string]any {
	return map[string]any{
		"source": []string{"aws.states"}, "detail-type": []string{"Step Functions Execution Status Change"},
		"detail": map[string]any{"stateMachineArn": []*string{made.Ref()}, "status": statuses},
	}
}

// newNotice tells the topic of each run's end, with the place of its report.
func newNotice(scope constructs.Construct, s settings.Settings, made awsstepfunctions.CfnStateMachine, runs awss3.Bucket, topic awssns.CfnTopic, undelivered awssqs.CfnQueue) {
	_, region, _ := pseudo(scope)
	console := "https://" + region + ".console.aws.amazon.com/"
	page := console + "s3/object/" + *runs.BucketName() + "?region=" + region + "&prefix=" + run.PageKey("<name>")
	// Each line of a text is a string of its own.
	text := fmt.Sprintf("%q\n%q\n%q", "Run <name> ended: <status>.", "Report: "+page,
		"Execution: "+console+"states/home?region="+region+"#/v2/executions/details/<arn>")
	awsevents.NewCfnRule(scope, jsii.String("EndedRule"), &awsevents.CfnRuleProps{
		Name: jsii.String(s.Stack + endedRule), Description: jsii.String("The end of a run is told"),
		EventPattern: ended(made, "SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"),
		Targets: []any{&awsevents.CfnRule_TargetProperty{
			Id: jsii.String("Topic"), Arn: topic.Ref(),
			InputTransformer: &awsevents.CfnRule_InputTransformerProperty{
				InputPathsMap: map[string]*string{
					"name": jsii.String("$.detail.name"), "status": jsii.String("$.detail.status"), "arn": jsii.String("$.detail.executionArn"),
				},
				InputTemplate: jsii.String(text),
			},
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: undelivered.AttrArn()},
		}},
	})
}
