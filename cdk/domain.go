package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsopensearchservice"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
)

// makeDomain makes the cluster where a new one is asked for: an Amazon
// OpenSearch Service domain that only the VPC reaches, and only the Lambdas'
// roles and the readers may use. What it holds can be made again from the
// archive, so it goes with the stack.
func (c *cluster) makeDomain(scope constructs.Construct, s settings.Settings, n *network, roles []role) {
	if !s.Cluster.New {
		return
	}
	d := s.Cluster
	c.group = newDomainGroup(scope, s, n)
	subnets := s.Network.Subnets[:s.Zones()]
	nodes := &awsopensearchservice.CfnDomain_ClusterConfigProperty{
		InstanceType: jsii.String(d.Instance), InstanceCount: jsii.Number(d.Nodes), ZoneAwarenessEnabled: jsii.Bool(len(subnets) > 1),
	}
	if len(subnets) > 1 {
		nodes.ZoneAwarenessConfig = &awsopensearchservice.CfnDomain_ZoneAwarenessConfigProperty{AvailabilityZoneCount: jsii.Number(len(subnets))}
	}
	domain := awsopensearchservice.NewCfnDomain(scope, jsii.String("Domain"), &awsopensearchservice.CfnDomainProps{
		DomainName:    jsii.String(s.Stack),
		EngineVersion: jsii.String(d.Version),
		ClusterConfig: nodes,
		EbsOptions: &awsopensearchservice.CfnDomain_EBSOptionsProperty{
			EbsEnabled: jsii.Bool(true), VolumeType: jsii.String("gp3"), VolumeSize: jsii.Number(d.Gibibyte),
		},
		EncryptionAtRestOptions:     &awsopensearchservice.CfnDomain_EncryptionAtRestOptionsProperty{Enabled: jsii.Bool(true)},
		NodeToNodeEncryptionOptions: &awsopensearchservice.CfnDomain_NodeToNodeEncryptionOptionsProperty{Enabled: jsii.Bool(true)},
		DomainEndpointOptions: &awsopensearchservice.CfnDomain_DomainEndpointOptionsProperty{
			EnforceHttps: jsii.Bool(true), TlsSecurityPolicy: jsii.String("Policy-Min-TLS-1-2-PFS-2023-10"),
		},
		VpcOptions: &awsopensearchservice.CfnDomain_VPCOptionsProperty{
			SubnetIds: jsii.Strings(subnets...), SecurityGroupIds: &[]*string{c.group.AttrGroupId()},
		},
		AccessPolicies: resourcePolicy(c.admitted(s, roles)...),
	})
	domain.CfnOptions().SetUpdatePolicy(&awscdk.CfnUpdatePolicy{EnableVersionUpgrade: jsii.Bool(true)})
	c.url = "https://" + *domain.AttrDomainEndpoint()
}

// newDomainGroup lets the Lambdas in, and nothing out.
func newDomainGroup(scope constructs.Construct, s settings.Settings, n *network) awsec2.CfnSecurityGroup {
	group := awsec2.NewCfnSecurityGroup(scope, jsii.String("DomainGroup"), &awsec2.CfnSecurityGroupProps{
		VpcId:            jsii.String(s.Network.VPC),
		GroupDescription: jsii.String("Search domain of " + s.Stack),
		// Without any rule EC2 would allow everything.
		SecurityGroupEgress: []any{&awsec2.CfnSecurityGroup_EgressProperty{
			IpProtocol: jsii.String("icmp"), FromPort: jsii.Number(252), ToPort: jsii.Number(86),
			CidrIp: jsii.String("255.255.255.255/32"), Description: jsii.String("nothing"),
		}},
	})
	n.admit(scope, "DomainIngress", group.AttrGroupId(), 443, "Lambdas of "+s.Stack)
	return group
}

// admitted are the statements of the domain's access policy: each role with the
// requests that its own policy allows, and the readers with searching.
func (c *cluster) admitted(s settings.Settings, roles []role) []map[string]any {
	var statements []map[string]any
	for _, r := range roles {
		statements = append(statements, c.admit(r.id, *r.iam.RoleArn(), r.requests)...)
	}
	if len(s.Cluster.Readers) > 0 {
		statements = append(statements, c.admit("Readers", s.Cluster.Readers, readerRequests(s.IndexPrefix))...)
	}
	return statements
}

func (c *cluster) admit(sid string, who any, requests []searchRequest) []map[string]any {
	var statements []map[string]any
	for _, method := range methods(requests) {
		statements = append(statements, map[string]any{
			"Sid": sid + method, "Effect": "Allow", "Principal": map[string]any{"AWS": who},
			"Action": "es:ESHttp" + method, "Resource": resources(c.domain, method, requests),
		})
	}
	return statements
}
