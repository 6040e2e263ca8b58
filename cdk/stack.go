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
func addStack(scope constructs.Construct, s settings.Settings, build, version string) (awscdk.Stack, error) {
	stack := awscdk.NewStack(scope, jsii.String(s.Stack), &awscdk.StackProps{
		Description: jsii.String("rehydrate: puts a date range of archived CloudWatch Logs back into a search cluster"),
	})
	archive := newArchive(stack, s)
	runs := newRunBucket(stack, s.Runs)
	network := newNetwork(stack, s)
	cluster := newCluster(stack, s)
	roles := newRoles(stack, s, rights{archive: archive, runs: *runs.BucketArn(), cluster: cluster, settings: s})
	environment := s.Run(archive.name, *runs.BucketName(), cluster.url)
	environment.Version = version
	functions, err := newFunctions(stack, s, build, environment.Variables(), roles, network)
	if err != nil {
		return nil, fmt.Errorf("functions of the stack: %w", err)
	}
	machine := newMachine(stack, s, runs, functions)
	newOutputs(stack, machine, runs, network)
	return stack, nil
}
