package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
)

// network is where the Lambdas run, but for list where that is not asked for; nil
// for no VPC.
type network struct {
	settings settings.Network
	group    awsec2.CfnSecurityGroup
}

// newNetwork gives these Lambdas a security group of their own: nothing comes
// in, and out goes what speaks to the cluster and to AWS.
func newNetwork(scope constructs.Construct, s settings.Settings, c *cluster) *network {
	if s.Network.VPC == "" {
		return nil
	}
	egress := []any{tcp(443, "AWS, and clusters at the usual port")}
	if c.port != 443 {
		egress = append(egress, tcp(c.port, "the cluster"))
	}
	n := &network{s.Network, awsec2.NewCfnSecurityGroup(scope, jsii.String("LambdaGroup"), &awsec2.CfnSecurityGroupProps{
		VpcId:               jsii.String(s.Network.VPC),
		GroupDescription:    jsii.String("Lambdas of " + s.Stack + " that speak to the search cluster"),
		SecurityGroupEgress: egress,
	})}
	if id := s.Cluster.SecurityGroup; id != "" {
		n.admit(scope, "SearchIngress", jsii.String(id), c.port, "Lambdas of "+s.Stack)
	}
	if id := s.Network.SecretsGroup; id != "" {
		n.admit(scope, "SecretsIngress", jsii.String(id), 443, "Lambdas of "+s.Stack)
	}
	if s.Network.S3Endpoint {
		n.makeS3Endpoint(scope)
	}
	if s.Network.SecretsEndpoint {
		n.makeSecretsEndpoint(scope, s.Stack)
	}
	return n
}

// tcp allows one port to anywhere: neither AWS's addresses nor those of a
// cluster that is given by its URL are known.
func tcp(port int, what string) *awsec2.CfnSecurityGroup_EgressProperty {
	return &awsec2.CfnSecurityGroup_EgressProperty{
		IpProtocol: jsii.String("tcp"), FromPort: jsii.Number(port), ToPort: jsii.Number(port),
		CidrIp: jsii.String("0.0.0.0/0"), Description: jsii.String(what),
	}
}

// admit opens a port of another security group to the Lambdas.
func (n *network) admit(scope constructs.Construct, id string, group *string, port int, what string) {
	awsec2.NewCfnSecurityGroupIngress(scope, jsii.String(id), &awsec2.CfnSecurityGroupIngressProps{
		GroupId: group, SourceSecurityGroupId: n.group.AttrGroupId(), Description: jsii.String(what),
		IpProtocol: jsii.String("tcp"), FromPort: jsii.Number(port), ToPort: jsii.Number(port),
	})
}

func (n *network) lambdas() *awslambda.CfnFunction_VpcConfigProperty {
	return &awslambda.CfnFunction_VpcConfigProperty{
		SubnetIds:        jsii.Strings(n.settings.Subnets...),
		SecurityGroupIds: &[]*string{n.group.AttrGroupId()},
	}
}
