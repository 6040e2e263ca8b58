package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newOutputs tells whoever deploys what to do next.
func newOutputs(scope constructs.Construct, made awsstepfunctions.CfnStateMachine, runs awss3.Bucket, c *cluster, network *network, roles []role) {
	machine := *made.Ref()
	_, region, _ := pseudo(scope)
	output(scope, "StateMachineArn", "The state machine of runs", machine)
	output(scope, "Console", "Where its executions are watched",
		"https://"+region+".console.aws.amazon.com/states/home?region="+region+"#/statemachines/view/"+machine)
	output(scope, "RunBucketName", "Where runs keep their files and reports, under runs/", *runs.BucketName())
	input := `{"from": "2018-12-10", "to": "2018-12-12"}`
	if c.url == "" {
		input = `{"from": "2018-12-10", "to": "2018-12-12", "destination": "files"}`
	}
	output(scope, "Start", "Starts a run",
		"aws stepfunctions start-execution --region "+region+" --state-machine-arn "+machine+
			" --input '"+input+"'")
	for _, r := range roles {
		output(scope, r.id+"RoleArn", "Role of the "+r.name+" Lambda", *r.iam.RoleArn())
	}
	if network != nil {
		output(scope, "LambdaSecurityGroup", "What the cluster has to admit", *network.group.AttrGroupId())
	}
	if c.group != nil {
		output(scope, "Search", "The cluster, where the VPC reaches it", c.url)
		output(scope, "SearchSecurityGroup", "Where to admit whoever is to search", *c.group.AttrGroupId())
	}
}

func output(scope constructs.Construct, id, description, value string) {
	awscdk.NewCfnOutput(scope, jsii.String(id), &awscdk.CfnOutputProps{
		Description: jsii.String(description), Value: jsii.String(value),
	})
}
