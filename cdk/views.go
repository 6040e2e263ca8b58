package main

import (
	"encoding/json"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/statemachine"
)

// newViews makes the machine that looks after views, and has it delete what has
// expired each day. It publishes to the topic itself: a Lambda in private subnets has
// no way to SNS.
func newViews(scope constructs.Construct, s settings.Settings, f functions, topic awssns.CfnTopic, undelivered awssqs.CfnQueue) (awsstepfunctions.CfnStateMachine, error) {
	m := machine{
		id: "ViewsMachine", name: s.Stack + "-views", definition: statemachine.Views(),
		substitutions: map[string]*string{statemachine.ViewsFunction: f.arn("views"), statemachine.Topic: topic.Ref()},
		may: []awsiam.PolicyStatement{
			allow("InvokeViews", []string{"lambda:InvokeFunction"}, []string{*f.arn("views")}, nil),
			allow("TellOfViews", []string{"sns:Publish"}, []string{*topic.Ref()}, nil),
		},
	}
	made, _ := m.make(scope, s)
	input, err := json.Marshal(run.ViewsRequest{Do: run.ExpireAll})
	if err != nil {
		return nil, err
	}
	role := newRole(scope, "ViewsScheduleRole", "scheduler.amazonaws.com", "Lets the schedule of views start their machine", []awsiam.PolicyStatement{
		allow("Start", []string{"states:StartExecution"}, []string{*made.Ref()}, nil),
		allow("KeepEvents", []string{"sqs:SendMessage"}, []string{*undelivered.AttrArn()}, nil),
	}, fromAccount(scope))
	awsscheduler.NewCfnSchedule(scope, jsii.String("ViewsSchedule"), &awsscheduler.CfnScheduleProps{
		Description:                jsii.String("Deletes the views that have expired"),
		ScheduleExpression:         jsii.String(cron(s.Runs.ExpireAt)),
		ScheduleExpressionTimezone: jsii.String(s.Zone.String()),
		FlexibleTimeWindow:         &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: jsii.String("OFF")},
		Target: &awsscheduler.CfnSchedule_TargetProperty{
			Arn: made.Ref(), RoleArn: role.RoleArn(), Input: jsii.String(string(input)),
			DeadLetterConfig: &awsscheduler.CfnSchedule_DeadLetterConfigProperty{Arn: undelivered.AttrArn()},
		},
	})
	return made, nil
}

// views is what the views Lambda may do: nothing but to ask the cluster.
func (r rights) views() []awsiam.PolicyStatement { return r.search(viewsRequests(r.settings.Settings)) }

// viewsRequests are those of the views Lambda. Only the indices of views can be
// deleted: a day follows the prefix of the others at once.
func viewsRequests(s run.Settings) []searchRequest {
	return append(
		fillViewRequests(s.IndexPrefix),
		searchRequest{"Get", "_index_template"},
		searchRequest{"Get", "_index_template/" + viewTemplates(s.IndexPrefix)},
		searchRequest{"Get", "_template"},
		searchRequest{"Get", s.IndexPrefix + "-*"},
		searchRequest{"Get", viewIndices(s.IndexPrefix) + "/_stats/store"},
		searchRequest{"Post", viewIndices(s.IndexPrefix) + "/_refresh"},
		searchRequest{"Post", "_msearch"},
		searchRequest{"Delete", viewIndices(s.IndexPrefix)},
		searchRequest{"Delete", "_index_template/" + viewTemplates(s.IndexPrefix)},
		searchRequest{"Delete", loadingTemplate(s.IndexPrefix) + "-*"},
	)
}

// fillViewRequests are what Prepare sends for a view beside what it sends for any run.
func fillViewRequests(indexPrefix string) []searchRequest {
	return []searchRequest{
		{"Put", "_index_template/" + viewTemplates(indexPrefix)},
		{"Put", viewIndices(indexPrefix) + "/_mapping"},
	}
}

func viewTemplates(indexPrefix string) string { return "rehydrate.view-" + indexPrefix + "-*" }

// viewIndices are those of all views, and no daily index: the name of a view stands
// between the prefix and the day.
func viewIndices(indexPrefix string) string { return indexPrefix + "-*-20??-??-??" }
