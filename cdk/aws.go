package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// The few words that all of the stack is written in.

// conditions are those of a policy statement: operator, key, value.
type conditions map[string]map[string]any

// allow is a statement of what may be done. Its sid says what for.
func allow(sid string, actions, resources []string, when conditions) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String(sid), Actions: jsii.Strings(actions...), Resources: jsii.Strings(resources...),
		Conditions: when.jsii(),
	})
}

// deny is a statement of what may not be done, whatever else is allowed.
func deny(sid string, actions, resources []string, when conditions) awsiam.PolicyStatement {
	s := allow(sid, actions, resources, when)
	s.SetEffect(awsiam.Effect_DENY)
	return s
}

func (c conditions) jsii() *map[string]any {
	if len(c) == 0 {
		return nil
	}
	m := map[string]any{}
	for operator, keys := range c {
		m[operator] = keys
	}
	return &m
}

// newRole is a role that service may take on, with one policy of its own.
func newRole(scope constructs.Construct, id, service, description string, may []awsiam.PolicyStatement, when conditions) awsiam.Role {
	var principal awsiam.IPrincipal = awsiam.NewServicePrincipal(jsii.String(service), nil)
	if len(when) > 0 {
		principal = awsiam.NewPrincipalWithConditions(principal, when.jsii())
	}
	props := &awsiam.RoleProps{AssumedBy: principal, Description: jsii.String(description)}
	if len(may) > 0 {
		props.InlinePolicies = &map[string]awsiam.PolicyDocument{"may": newPolicy(may)}
	}
	return awsiam.NewRole(scope, jsii.String(id), props)
}

func newPolicy(statements []awsiam.PolicyStatement) awsiam.PolicyDocument {
	return awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements})
}

// newLog is a log group that goes with the stack; its ARN is that of its
// streams. CloudFormation makes up a name that is nil.
func newLog(scope constructs.Construct, id string, name *string, days int) awslogs.CfnLogGroup {
	return awslogs.NewCfnLogGroup(scope, jsii.String(id), &awslogs.CfnLogGroupProps{
		LogGroupName: name, RetentionInDays: jsii.Number(days),
	})
}

// arn is the ARN of something in the stack's own account and region, by name:
// for policies that would otherwise wait for what waits for them.
func arn(scope constructs.Construct, service, resource string) string {
	partition, region, account := pseudo(scope)
	return "arn:" + partition + ":" + service + ":" + region + ":" + account + ":" + resource
}

// bucketARN is the ARN of a bucket by name.
func bucketARN(scope constructs.Construct, name string) string {
	partition, _, _ := pseudo(scope)
	return "arn:" + partition + ":s3:::" + name
}

// pseudo gives what is known only where the stack is deployed.
func pseudo(scope constructs.Construct) (partition, region, account string) {
	stack := awscdk.Stack_Of(scope)
	return *stack.Partition(), *stack.Region(), *stack.Account()
}

// fromAccount keeps a service from acting for somebody else's account.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
func fromAccount(scope constructs.Construct) conditions {
	_, _, account := pseudo(scope)
	return conditions{"StringEquals": {"aws:SourceAccount": account}}
}
