package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
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
	archive := newArchive(stack, s)
	cluster := newCluster(stack, s)
	network := newNetwork(stack, s, cluster)
	runs := newRunBucket(stack, s.Runs)
	roles := newRoles(stack, s, rights{archive: archive, runs: *runs.BucketArn(), cluster: cluster, settings: s})
	cluster.makeDomain(stack, s, network, roles)

	environment := s.Environment(archive.name, *runs.BucketName(), cluster.url, version)
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
	newSchedule(stack, s, machine, undelivered)
	stopped, err := newStopped(stack, s, machine, functions, undelivered)
	if err != nil {
		return fmt.Errorf("machine for stopped runs: %w", err)
	}
	newNotice(stack, s, machine, runs, topic, undelivered)
	w := watched{
		settings: s, machine: machine, live: live, stopped: stopped,
		undelivered: undelivered, stream: archive.stream,
	}
	w.makeAlarms(stack, topic)
	if s.Watch.Dashboard {
		if err := w.makeDashboard(stack); err != nil {
			return fmt.Errorf("dashboard of the stack: %w", err)
		}
	}
	newOutputs(stack, machine, runs, cluster, network)
	return nil
}
