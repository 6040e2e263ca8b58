package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
	"github.com/rehydrate/rehydrate/statemachine"
)

// steeredRun is the input of the machine that steers, in the members of
// run.SteerRequest.
const steeredRun = `{"execution": <arn>}`

// newSteering steers runs whose maxConcurrency is auto, beside them: it is started for
// each run, and has nothing to do for any other.
func newSteering(scope constructs.Construct, s settings.Settings, runs awsstepfunctions.CfnStateMachine, f functions, undelivered awssqs.CfnQueue) {
	m := machine{
		id: "SteerMachine", name: s.Stack + "-steer", definition: statemachine.Steering(),
		substitutions: map[string]*string{statemachine.SteerFunction: f.arn("steer")},
		may:           []awsiam.PolicyStatement{allow("InvokeSteer", []string{"lambda:InvokeFunction"}, []string{*f.arn("steer")}, nil)},
	}
	made, _ := m.make(scope, s)
	newStarter(scope, starter{
		id: "SteerRule", name: s.Stack + steerRule, what: "A run whose maxConcurrency is auto is steered",
		machine: made, undelivered: undelivered, pattern: ended(runs, "RUNNING"),
		paths:    map[string]*string{"arn": jsii.String("$.detail.executionArn")},
		template: steeredRun,
	})
}

// steer is what the steer Lambda may do: look at runs and their maps, change these, and
// ask the prepare Lambda, which reaches the cluster from within its network.
func (r rights) steer(scope constructs.Construct) []awsiam.PolicyStatement {
	stack := r.settings.Stack
	return []awsiam.PolicyStatement{
		allow("LookAtRuns", []string{"states:DescribeExecution", "states:ListMapRuns"}, []string{arn(scope, "states", "execution:"+stack+":*")}, nil),
		allow("SteerMaps", []string{"states:DescribeMapRun", "states:UpdateMapRun"},
			[]string{arn(scope, "states", "mapRun:"+stack+"/"+statemachine.Label+":*")}, nil),
		allow("AskHowTheClusterIs", []string{"lambda:InvokeFunction"}, []string{arn(scope, "lambda", "function:"+functionName(r.settings, "prepare"))}, nil),
	}
}
