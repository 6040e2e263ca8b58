package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsopensearchservice"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
)

// makeDomain makes the cluster where a new one is asked for: an Amazon
// OpenSearch Service domain that only the VPC reaches, and where fine-grained access
// control says who may do what: its master user everything, the roles that Prepare
// maps what they need (package cluster). What it holds can be made again from the
// archive, so it goes with the stack.
func (c *cluster) makeDomain(scope constructs.Construct, s settings.Settings, n *network) {
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
		AdvancedSecurityOptions: &awsopensearchservice.CfnDomain_AdvancedSecurityOptionsInputProperty{
			Enabled: jsii.Bool(true), InternalUserDatabaseEnabled: jsii.Bool(true),
			MasterUserOptions: &awsopensearchservice.CfnDomain_MasterUserOptionsProperty{
				MasterUserName:     jsii.String(masterUser),
				MasterUserPassword: jsii.String("{{resolve:secretsmanager:" + c.masterSecret() + ":SecretString:password}}"),
			},
		},
		AccessPolicies: resourcePolicy(c.reachable()),
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

// masterUser is the name of the user who may do everything.
const masterUser = "rehydrate"

// newMasterSecret makes up the master user's password, in the form that the
// setting searchSecret and the program's --secret take.
func newMasterSecret(scope constructs.Construct, stack string) awssecretsmanager.CfnSecret {
	return awssecretsmanager.NewCfnSecret(scope, jsii.String("MasterSecret"), &awssecretsmanager.CfnSecretProps{
		Description: jsii.String("Master user of the search domain of " + stack),
		GenerateSecretString: &awssecretsmanager.CfnSecret_GenerateSecretStringProperty{
			SecretStringTemplate: jsii.String(`{"username": "` + masterUser + `"}`), GenerateStringKey: jsii.String("password"),
			PasswordLength: jsii.Number(32), RequireEachIncludedType: jsii.Bool(true),
			// Signs that a shell, a URL or JSON would have to be told about.
			ExcludeCharacters: jsii.String("\"'\\/@:;&$`{}<>|*?#% "),
		},
	})
}

// reachable is the statement of the domain's access policy. It leaves to
// fine-grained access control who may do what: people sign in to Dashboards with a
// password, and a policy that names roles would refuse what is not signed by one.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/fgac.html#fgac-recommendations
func (c *cluster) reachable() map[string]any {
	var actions []string
	for _, method := range []string{"Get", "Head", "Post", "Put", "Patch", "Delete"} {
		actions = append(actions, "es:ESHttp"+method)
	}
	return map[string]any{
		"Sid": "FineGrainedAccessControlDecides", "Effect": "Allow", "Principal": map[string]any{"AWS": "*"},
		"Action": actions, "Resource": c.domain + "/*",
	}
}
