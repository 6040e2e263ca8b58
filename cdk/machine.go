package main

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/statemachine"
)

// newMachine makes the state machine of runs.
func newMachine(scope constructs.Construct, s settings.Settings, runs awss3.Bucket, f functions) awsstepfunctions.CfnStateMachine {
	bucket := *runs.BucketArn()
	may := []awsiam.PolicyStatement{
		allow("InvokeLambdas", []string{"lambda:InvokeFunction"},
			[]string{*f.arn("list"), *f.arn("restore"), *f.arn("prepare"), *f.arn("index"), *f.arn("report")}, nil),
		allow("ReadManifest", []string{"s3:GetObject"}, []string{bucket + "/" + run.ManifestKey(anyRun)}, nil),
		// https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
		allow("WriteResults", []string{"s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"},
			[]string{bucket + "/" + run.ResultsPrefix(anyRun) + "/*"}, nil),
	}
	may = append(may, useRunKey(s.Account)...)
	m := machine{
		id: "Machine", name: s.Stack, definition: statemachine.Definition(), may: may,
		substitutions: map[string]*string{
			statemachine.ListFunction: f.arn("list"), statemachine.RestoreFunction: f.arn("restore"), statemachine.PrepareFunction: f.arn("prepare"),
			statemachine.IndexFunction: f.arn("index"), statemachine.ReportFunction: f.arn("report"),
		},
	}
	made, role := m.make(scope, s)
	letChildrenRun(scope, s, made, role)
	return made
}

// letChildrenRun is a policy of its own: part of the role it would wait for the
// machine, which waits for the role.
func letChildrenRun(scope constructs.Construct, s settings.Settings, made awsstepfunctions.CfnStateMachine, role awsiam.Role) {
	children := arn(scope, "states", "execution:"+s.Stack+"/"+statemachine.Label+":*")
	may := []awsiam.PolicyStatement{
		allow("StartChildren", []string{"states:StartExecution"}, []string{*made.Ref()}, nil),
		// As AWS's example has it, which names the machine itself for the first two.
		// https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
		allow("FollowChildren", []string{"states:DescribeExecution", "states:StopExecution"},
			[]string{arn(scope, "states", "execution:"+s.Stack+":*"), children}, nil),
		allow("RedriveChildren", []string{"states:RedriveExecution"}, []string{children}, nil),
	}
	awsiam.NewPolicy(scope, jsii.String("MachineChildren"), &awsiam.PolicyProps{
		Document: newPolicy(may), Roles: &[]awsiam.IRole{role},
	})
}

// machine is how a state machine is made: with a role, a log and traces.
type machine struct {
	id, name, definition string
	substitutions        map[string]*string
	may                  []awsiam.PolicyStatement
}

func (m machine) make(scope constructs.Construct, s settings.Settings) (awsstepfunctions.CfnStateMachine, awsiam.Role) {
	may := append(slices.Clone(m.may),
		// Neither the delivery of logs nor X-Ray knows resources.
		// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
		allow("DeliverLogs", []string{
			"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
			"logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
		}, []string{"*"}, nil),
		allow("Trace", []string{
			"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
		}, []string{"*"}, nil),
	)
	role := newRole(scope, m.id+"Role", "states.amazonaws.com", "What the state machine "+m.name+" may do", may, fromAccount(scope))
	// Under this name one resource policy of the account serves all logs.
	log := newLog(scope, m.id+"Log", jsii.String("/aws/vendedlogs/states/"+m.name), s.Runs.LogDays)
	made := awsstepfunctions.NewCfnStateMachine(scope, jsii.String(m.id), &awsstepfunctions.CfnStateMachineProps{
		StateMachineName:        jsii.String(m.name),
		StateMachineType:        jsii.String("STANDARD"),
		DefinitionString:        jsii.String(m.definition),
		DefinitionSubstitutions: m.substitutions,
		RoleArn:                 role.RoleArn(),
		LoggingConfiguration: &awsstepfunctions.CfnStateMachine_LoggingConfigurationProperty{
			Level: jsii.String("ERROR"), IncludeExecutionData: jsii.Bool(true),
			Destinations: []any{&awsstepfunctions.CfnStateMachine_LogDestinationProperty{
				CloudWatchLogsLogGroup: &awsstepfunctions.CfnStateMachine_CloudWatchLogsLogGroupProperty{LogGroupArn: log.AttrArn()},
			}},
		},
		TracingConfiguration: &awsstepfunctions.CfnStateMachine_TracingConfigurationProperty{Enabled: jsii.Bool(true)},
	})
	return made, role
}
