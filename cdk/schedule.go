package main

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
)

// newSchedule starts a run of the last days each day, in the stack's zone, so
// that nothing that was missed live stays missing.
func newSchedule(scope constructs.Construct, s settings.Settings, made awsstepfunctions.CfnStateMachine, undelivered awssqs.CfnQueue) {
	if s.Runs.Schedule == "" {
		return
	}
	role := newRole(scope, "ScheduleRole", "scheduler.amazonaws.com", "Lets the schedule start runs", []awsiam.PolicyStatement{
		allow("Start", []string{"states:StartExecution"}, []string{*made.Ref()}, nil),
		allow("KeepEvents", []string{"sqs:SendMessage"}, []string{*undelivered.AttrArn()}, nil),
	}, fromAccount(scope))
	awsscheduler.NewCfnSchedule(scope, jsii.String("Schedule"), &awsscheduler.CfnScheduleProps{
		Description:                jsii.String("Indexes the last days once more"),
		ScheduleExpression:         jsii.String(cron(s.Runs.Schedule)),
		ScheduleExpressionTimezone: jsii.String(s.Zone.String()),
		FlexibleTimeWindow:         &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: jsii.String("OFF")},
		Target: &awsscheduler.CfnSchedule_TargetProperty{
			Arn: made.Ref(), RoleArn: role.RoleArn(),
			Input:            jsii.String(fmt.Sprintf(`{"lastDays": %d}`, s.Runs.ScheduleDays)),
			DeadLetterConfig: &awsscheduler.CfnSchedule_DeadLetterConfigProperty{Arn: undelivered.AttrArn()},
		},
	})
}

// cron is the schedule of a time of day, HH:MM.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
func cron(timeOfDay string) string {
	hour, minute, _ := strings.Cut(timeOfDay, ":")
	number := func(s string) string { return strings.TrimPrefix(s, "0") }
	if hour = number(hour); hour == "" {
		hour = "0"
	}
	if minute = number(minute); minute == "" {
		minute = "0"
	}
	return fmt.Sprintf("cron(%s %s * * ? *)", minute, hour)
}
