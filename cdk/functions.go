package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
)

// plan is how one Lambda is made.
type plan struct {
	// name is the handler by which the code tells what it is; id begins its
	// logical ids.
	name, id, does  string
	memory, seconds int
	// reserved concurrency; 0 for none.
	reserved int
	inVPC    bool
	may      []awsiam.PolicyStatement
	// requests that it sends to the cluster.
	requests []searchRequest
}

// restoreMemory in MiB: it mostly waits for S3.
const restoreMemory = 512

func plans(scope constructs.Construct, s settings.Settings, r rights) []plan {
	l, vpc := s.Lambdas, s.Network.VPC != ""
	made := []plan{
		{"list", "List", "Lists the archive's objects of a run", l.ListMemory, 900, 0, s.Network.List, r.list(), nil},
		{"restore", "Restore", "Asks for the archived objects of a run", restoreMemory, 900, 0, s.Network.List, r.restore(), nil},
		{"prepare", "Prepare", "Prepares the cluster for a run", l.PrepareMemory, 300, 0, vpc, r.prepare(), prepareRequests(s.Settings)},
		{"index", "Index", "Indexes one object", s.IndexMemory, l.IndexSeconds, l.IndexReserved, vpc, r.index(), indexRequests()},
		{"report", "Report", "Adds up a run", l.ReportMemory, 900, 0, vpc, r.report(), reportRequests(s.Settings)},
	}
	if s.HasCluster() {
		made = append(made, plan{"steer", "Steer", "Steers a run whose maxConcurrency is auto", 256, 900, 0, false, r.steer(scope), nil},
			plan{"views", "Views", "Looks after the views of the cluster", l.PrepareMemory, 900, 0, vpc, r.views(), viewsRequests(s.Settings)})
	}
	return made
}

// role is that of one Lambda, with where it writes its log.
type role struct {
	plan
	iam awsiam.Role
	log awslogs.CfnLogGroup
}

// writers are the roles that speak to the cluster.
func writers(roles []role) []string {
	var arns []string
	for _, r := range roles {
		if len(r.requests) > 0 {
			arns = append(arns, *r.iam.RoleArn())
		}
	}
	return arns
}

func functionName(s settings.Settings, name string) string { return s.Stack + "-" + name }

// newRoles makes the roles before anything that has to name them.
func newRoles(scope constructs.Construct, s settings.Settings, r rights) []role {
	var roles []role
	for _, p := range plans(scope, s, r) {
		log := newLog(scope, p.id+"Log", nil, s.Runs.LogDays)
		may := append(basics(scope, functionName(s, p.name), *log.AttrArn(), p.inVPC), p.may...)
		roles = append(roles, role{p, newRole(scope, p.id+"Role", "lambda.amazonaws.com",
			"What the "+p.name+" Lambda of "+s.Stack+" may do", may, nil), log})
	}
	return roles
}

// functions are the stack's Lambdas, by name.
type functions map[string]awslambda.CfnFunction

func (f functions) arn(name string) *string { return f[name].AttrArn() }

// newFunctions makes the Lambdas of the folder build, whose one bootstrap is all
// of them. The same bootstrap makes the same asset, so that an unchanged source
// changes nothing in AWS.
func newFunctions(scope constructs.Construct, s settings.Settings, build string, environment map[string]string, roles []role, network *network) (functions, error) {
	if _, err := os.Stat(filepath.Join(build, "bootstrap")); err != nil {
		return nil, fmt.Errorf("%w; run make lambdas first", err)
	}
	code := awss3assets.NewAsset(scope, jsii.String("Code"), &awss3assets.AssetProps{Path: jsii.String(build)})
	made := functions{}
	for _, r := range roles {
		props := &awslambda.CfnFunctionProps{
			FunctionName:  jsii.String(functionName(s, r.name)),
			Description:   jsii.String(r.does),
			Runtime:       jsii.String("provided.al2023"),
			Architectures: jsii.Strings("arm64"),
			Handler:       jsii.String(r.name),
			Code:          &awslambda.CfnFunction_CodeProperty{S3Bucket: code.S3BucketName(), S3Key: code.S3ObjectKey()},
			Role:          r.iam.RoleArn(),
			MemorySize:    jsii.Number(r.memory),
			Timeout:       jsii.Number(r.seconds),
			Environment:   &awslambda.CfnFunction_EnvironmentProperty{Variables: environment},
			LoggingConfig: &awslambda.CfnFunction_LoggingConfigProperty{LogGroup: r.log.Ref()},
			TracingConfig: &awslambda.CfnFunction_TracingConfigProperty{Mode: jsii.String("Active")},
		}
		if r.reserved > 0 {
			props.ReservedConcurrentExecutions = jsii.Number(r.reserved)
		}
		if r.inVPC {
			props.VpcConfig = network.lambdas()
		}
		made[r.name] = awslambda.NewCfnFunction(scope, jsii.String(r.id+"Function"), props)
	}
	return made, nil
}
