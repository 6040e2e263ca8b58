package main

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
)

// addStack adds the stack that s describes. build holds a folder for each
// Lambda with its bootstrap in it; version is told in reports, may be empty,
// and is no part of a Lambda's code. The stack knows no account and no region:
// it can be deployed into any.
func addStack(scope constructs.Construct, s settings.Settings, build, version string) error {
	stack := awscdk.NewStack(scope, jsii.String(s.Stack), &awscdk.StackProps{
		Description: jsii.String("rehydrate: puts a date range of archived CloudWatch Logs back into a search cluster"),
	})
	demand(stack, s.Account)
	archive := newArchive(stack, s)
	cluster := newCluster(stack, s)
	network := newNetwork(stack, s, cluster)
	runs := newRunBucket(stack, s)
	roles := newRoles(stack, s, rights{archive: archive, runs: *runs.BucketArn(), cluster: cluster, settings: s})
	cluster.makeDomain(stack, s, network)

	environment := s.Environment(settings.Made{
		ArchiveBucket: archive.name, RunBucket: *runs.BucketName(), SearchURL: cluster.url, Version: version,
		Master: cluster.masterSecret(), Writers: writers(roles),
	})
	functions, err := newFunctions(stack, s, build, environment, roles, network)
	if err != nil {
		return fmt.Errorf("functions of the stack: %w", err)
	}
	machine := newMachine(stack, s, runs, functions)

	topic := newTopic(stack, s)
	undelivered := newUndelivered(stack, s)
	live, err := newLive(stack, s, archive, functions, undelivered)
	if err != nil {
		return fmt.Errorf("live machine of the stack: %w", err)
	}
	if s.HasCluster() {
		newSteering(stack, s, machine, functions, undelivered)
	}
	var views awsstepfunctions.CfnStateMachine
	if s.HasCluster() {
		if views, err = newViews(stack, s, functions, topic, undelivered); err != nil {
			return fmt.Errorf("machine for views: %w", err)
		}
	}
	newSchedule(stack, s, machine, undelivered)
	stopped, err := newStopped(stack, s, machine, functions, undelivered)
	if err != nil {
		return fmt.Errorf("machine for stopped runs: %w", err)
	}
	newNotice(stack, s, machine, runs, topic, undelivered)
	w := watched{
		settings: s, machine: machine, live: live, stopped: stopped, views: views,
		undelivered: undelivered, stream: archive.stream,
	}
	if s.Cluster.New {
		w.account = *stack.Account()
	}
	w.makeAlarms(stack, topic)
	if s.Watch.Dashboard {
		if err := w.makeDashboard(stack); err != nil {
			return fmt.Errorf("dashboard of the stack: %w", err)
		}
	}
	newOutputs(stack, s, machine, runs, cluster, network, roles)
	if err := outputPolicies(stack, s, archive, roles); err != nil {
		return fmt.Errorf("policies of the archive's owner: %w", err)
	}
	return nil
}

// demand gives all that is made in the stack what the account demands.
func demand(stack awscdk.Stack, a settings.Account) {
	for _, tag := range a.Tags {
		name, value, _ := strings.Cut(tag, "=")
		awscdk.Tags_Of(stack).Add(jsii.String(name), jsii.String(value), nil)
	}
	if a.Boundary != "" {
		awsiam.PermissionsBoundary_Of(stack).Apply(awsiam.ManagedPolicy_FromManagedPolicyArn(stack, jsii.String("Boundary"), jsii.String(a.Boundary)))
	}
}
