package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
	"github.com/rehydrate/rehydrate/statemachine"
)

// liveRun is the name under which live objects leave what the cluster refused.
const liveRun = "live"

// liveWork makes a run.Work of S3's event: the whole of time is its range. The
// event has the key as it is, and the ETag without the quotes that S3 itself
// gives it. An integer or string that stands alone is put in as JSON.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
const liveWork = `{"run": "` + liveRun + `", "from": "1970-01-01T00:00:00Z", "to": "9999-01-01T00:00:00Z", ` +
	`"include": {}, "exclude": {}, "destination": "index", "object": {"key": <key>, "size": <size>, "etag": "\"<etag>\""}, "outcome": {}}`

// newLive indexes the archive's new objects as they arrive: nil where that is
// not asked for. Each object is an execution of the map's own child.
func newLive(scope constructs.Construct, s settings.Settings, a archive, f functions, undelivered awssqs.CfnQueue) (awsstepfunctions.CfnStateMachine, error) {
	if !s.Runs.Live {
		return nil, nil
	}
	definition, err := statemachine.Live()
	if err != nil {
		return nil, err
	}
	m := machine{
		id: "LiveMachine", name: s.Stack + "-live", definition: definition,
		substitutions: map[string]*string{statemachine.IndexFunction: f.arn("index")},
		may:           []awsiam.PolicyStatement{allow("InvokeIndex", []string{"lambda:InvokeFunction"}, []string{*f.arn("index")}, nil)},
	}
	made, _ := m.make(scope, s)
	var keys []any
	for _, static := range s.StaticPrefixes() {
		keys = append(keys, map[string]any{"prefix": static})
	}
	newStarter(scope, starter{
		id: "LiveRule", name: s.Stack + liveRule, what: "New objects of the archive are indexed", machine: made, undelivered: undelivered,
		pattern: map[string]any{
			"source": []string{"aws.s3"}, "detail-type": []string{"Object Created"},
			"detail": map[string]any{
				"bucket": map[string]any{"name": []string{a.name}},
				// An object without bytes only marks a folder.
				"object": map[string]any{"key": keys, "size": []any{map[string]any{"numeric": []any{">", 0}}}},
			},
		},
		paths:    map[string]*string{"key": jsii.String("$.detail.object.key"), "size": jsii.String("$.detail.object.size"), "etag": jsii.String("$.detail.object.etag")},
		template: liveWork,
	})
	return made, nil
}

// starter is a rule that starts an execution for each event of a pattern.
type starter struct {
	id, what string
	// name of the rule is known to the policy of the queue.
	name        string
	machine     awsstepfunctions.CfnStateMachine
	undelivered awssqs.CfnQueue
	pattern     map[string]any
	// paths name parts of the event, template makes the input of them.
	paths    map[string]*string
	template string
}

func newStarter(scope constructs.Construct, s starter) {
	role := newRole(scope, s.id+"Role", "events.amazonaws.com", "Lets a rule start executions", []awsiam.PolicyStatement{
		allow("Start", []string{"states:StartExecution"}, []string{*s.machine.Ref()}, nil),
	}, fromAccount(scope))
	awsevents.NewCfnRule(scope, jsii.String(s.id), &awsevents.CfnRuleProps{
		Name: jsii.String(s.name), Description: jsii.String(s.what), EventPattern: s.pattern,
		Targets: []any{&awsevents.CfnRule_TargetProperty{
			Id: jsii.String("Machine"), Arn: s.machine.Ref(), RoleArn: role.RoleArn(),
			InputTransformer: &awsevents.CfnRule_InputTransformerProperty{InputPathsMap: s.paths, InputTemplate: jsii.String(s.template)},
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: s.undelivered.AttrArn()},
		}},
	})
}
