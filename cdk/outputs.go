package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
	search "github.com/rehydrate/rehydrate/internal/cluster"
)

// newOutputs tells whoever deploys what to do next.
func newOutputs(scope constructs.Construct, s settings.Settings, made awsstepfunctions.CfnStateMachine, runs awss3.Bucket, c *cluster, network *network, roles []role) {
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
	switch {
	case c.group != nil:
		outputDomain(scope, s, c)
	case c.domain != "":
		output(scope, "SearchRoleMapping", "Where the domain has fine-grained access control: what a master user types in the Dev Tools of Dashboards, so that the Lambdas may index",
			strings.Join(search.WriterRole(s.Settings).Calls(writers(roles)...), "\n"))
	}
}

// outputDomain tells how people come to a new domain, which only its VPC reaches.
func outputDomain(scope constructs.Construct, s settings.Settings, c *cluster) {
	host := strings.TrimPrefix(c.url, "https://")
	path := "/_dashboards"
	if strings.HasPrefix(s.Cluster.Version, "Elasticsearch") {
		path = "/_plugin/kibana"
	}
	output(scope, "Search", "The cluster, where the VPC reaches it", c.url)
	output(scope, "SearchSecurityGroup", "Where to admit whoever is to search, on port 443", *c.group.AttrGroupId())
	output(scope, "Dashboards", "Dashboards, where the VPC reaches it", c.url+path)
	output(scope, "DashboardsTunnel", "From elsewhere: by way of an instance of the VPC (INSTANCE) that Systems Manager knows, then https://localhost:8443"+path,
		"aws ssm start-session --target INSTANCE --document-name AWS-StartPortForwardingSessionToRemoteHost --parameters host="+host+",portNumber=443,localPortNumber=8443")
	output(scope, "SearchMasterSecret", "Secret with the name and password of the domain's master user", *c.master.Ref())
	output(scope, "DashboardsLogin", "Shows that name and password", "aws secretsmanager get-secret-value --query SecretString --output text --secret-id "+*c.master.Ref())
}

func output(scope constructs.Construct, id, description, value string) {
	awscdk.NewCfnOutput(scope, jsii.String(id), &awscdk.CfnOutputProps{
		Description: jsii.String(description), Value: jsii.String(value),
	})
}
