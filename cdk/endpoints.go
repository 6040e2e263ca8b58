package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// makeS3Endpoint lets Lambdas in subnets without NAT reach S3: without it they
// would hang until their timeout. With NAT it spares the cost of that.
func (n *network) makeS3Endpoint(scope constructs.Construct) {
	_, region, _ := pseudo(scope)
	awsec2.NewCfnVPCEndpoint(scope, jsii.String("S3Endpoint"), &awsec2.CfnVPCEndpointProps{
		VpcId: jsii.String(n.settings.VPC), VpcEndpointType: jsii.String("Gateway"),
		ServiceName: jsii.String("com.amazonaws." + region + ".s3"), RouteTableIds: jsii.Strings(n.settings.RouteTables...),
	})
}

// makeSecretsEndpoint does the same for Secrets Manager.
func (n *network) makeSecretsEndpoint(scope constructs.Construct, stack string) {
	_, region, _ := pseudo(scope)
	// The endpoint takes over the service's name in the whole VPC, so that all of
	// it has to be let in.
	var ingress []any
	for _, private := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"} {
		ingress = append(ingress, &awsec2.CfnSecurityGroup_IngressProperty{
			IpProtocol: jsii.String("tcp"), FromPort: jsii.Number(443), ToPort: jsii.Number(443),
			CidrIp: jsii.String(private), Description: jsii.String("private addresses of the VPC"),
		})
	}
	group := awsec2.NewCfnSecurityGroup(scope, jsii.String("EndpointGroup"), &awsec2.CfnSecurityGroupProps{
		VpcId: jsii.String(n.settings.VPC), GroupDescription: jsii.String("Secrets Manager for the VPC of " + stack),
		SecurityGroupIngress: ingress,
	})
	awsec2.NewCfnVPCEndpoint(scope, jsii.String("SecretsEndpoint"), &awsec2.CfnVPCEndpointProps{
		VpcId: jsii.String(n.settings.VPC), VpcEndpointType: jsii.String("Interface"),
		ServiceName: jsii.String("com.amazonaws." + region + ".secretsmanager"), SubnetIds: jsii.Strings(n.settings.Subnets...),
		SecurityGroupIds: &[]*string{group.AttrGroupId()}, PrivateDnsEnabled: jsii.Bool(true),
	})
}
