package main

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/rehydrate/rehydrate/cdk/settings"
	"github.com/rehydrate/rehydrate/internal/run"
)

// rights makes the policies of the Lambdas: what each has to do, and nothing
// else. The keys in the run bucket are those of package run, for any run.
type rights struct {
	archive  archive
	runs     string // ARN
	cluster  *cluster
	settings settings.Settings
}

// anyRun stands for the name of a run in a resource.
const anyRun = "*"

func (r rights) list() []awsiam.PolicyStatement {
	may := []awsiam.PolicyStatement{
		allow("ListArchive", []string{"s3:ListBucket"}, []string{r.archive.arn},
			r.ofAccount(conditions{"StringLike": {"s3:prefix": r.staticPrefixes()}})),
		r.readArchive(), // a plan looks into a few objects
		r.readRuns("ReadRuns", run.Folder(anyRun)+"*"),
		r.writeRuns(run.ClaimKey(anyRun), run.PlanKey(anyRun), run.ManifestKey(anyRun), run.InventoryKey(anyRun)),
		r.listRuns(),
	}
	return slices.Concat(may, r.archiveKey(), r.runKey())
}

// restore may nothing unless the setting says so: without it, list refuses a run that
// would restore.
func (r rights) restore() []awsiam.PolicyStatement {
	if !r.settings.ArchiveRestore {
		return nil
	}
	may := []awsiam.PolicyStatement{
		allow("RestoreArchive", []string{"s3:RestoreObject"}, r.archive.keys, r.ofAccount(conditions{})),
		r.readArchive(), // what HEAD needs
		r.tellGone(),
		r.readRuns("ReadRuns", run.ManifestKey(anyRun), run.RestoreFolder(anyRun)+"*"),
		r.writeRuns(run.RestoreKey(anyRun), run.RestoreFolder(anyRun)+"*"),
		r.listRuns(),
	}
	return slices.Concat(may, r.archiveKey(), r.runKey())
}

func (r rights) prepare() []awsiam.PolicyStatement {
	may := []awsiam.PolicyStatement{
		r.readRuns("ReadPlan", run.PlanKey(anyRun)),
		r.writeRuns(run.PreparedKey(anyRun)),
		r.listRuns(),
	}
	if master := r.cluster.masterSecret(); master != "" {
		may = append(may, allow("MapRoles", []string{"secretsmanager:GetSecretValue"}, []string{master}, nil))
	}
	return slices.Concat(may, r.runKey(), r.search(prepareRequests(r.settings.Settings)))
}

func (r rights) index() []awsiam.PolicyStatement {
	may := []awsiam.PolicyStatement{
		r.readArchive(),
		r.tellGone(),
		r.readRuns("ReplayRejected", run.RejectedFolder(anyRun)+"*", run.SpentKey(anyRun)),
		r.writeRuns(run.RejectedFolder(anyRun)+"*", run.EventsFolder(anyRun)+"*", run.SpentKey(anyRun)),
		r.listRuns(),
	}
	return slices.Concat(may, r.archiveKey(), r.runKey(), r.search(indexRequests()))
}

func (r rights) report() []awsiam.PolicyStatement {
	may := []awsiam.PolicyStatement{
		r.readRuns("ReadRuns", run.Folder(anyRun)+"*"),
		r.writeRuns(run.ReportKey(anyRun), run.PageKey(anyRun), run.ProblemsFolder(anyRun)+"*", run.HistoryFolder+"*"),
		r.listRuns(run.HistoryFolder + "*"),
	}
	return slices.Concat(may, r.runKey(), r.search(reportRequests(r.settings.Settings)))
}

func (r rights) staticPrefixes() []string {
	var prefixes []string
	for _, static := range r.settings.StaticPrefixes() {
		prefixes = append(prefixes, static+"*")
	}
	return prefixes
}

func (r rights) readArchive() awsiam.PolicyStatement {
	return allow("ReadArchive", []string{"s3:GetObject"}, r.archive.keys, r.ofAccount(conditions{}))
}

// tellGone: S3 answers that an object is not there, instead of that it may not be read,
// only to who may list its bucket. A read has no prefix to compare.
func (r rights) tellGone() awsiam.PolicyStatement {
	return allow("TellGoneFromDenied", []string{"s3:ListBucket"}, []string{r.archive.arn},
		r.ofAccount(conditions{"StringLikeIfExists": {"s3:prefix": r.staticPrefixes()}}))
}

// ofAccount adds whose the archive's bucket has to be, where that is known: the name
// of one that was deleted can be taken by anybody.
func (r rights) ofAccount(when conditions) conditions {
	if account := r.settings.Archive.Account; account != "" {
		when["StringEquals"] = map[string]any{"aws:ResourceAccount": account}
	}
	return when
}

// archiveKey allows to decrypt by way of S3, and in no other way.
func (r rights) archiveKey() []awsiam.PolicyStatement {
	if r.settings.Archive.Key == "" {
		return nil
	}
	return []awsiam.PolicyStatement{allow("DecryptArchive", []string{"kms:Decrypt"}, []string{r.settings.Archive.Key},
		conditions{"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}})}
}

// runKey allows the use of the run bucket's key by way of S3.
func (r rights) runKey() []awsiam.PolicyStatement { return useRunKey(r.settings.Account) }

func useRunKey(a settings.Account) []awsiam.PolicyStatement {
	if a.RunKey == "" {
		return nil
	}
	return []awsiam.PolicyStatement{allow("UseRunKey", []string{"kms:Decrypt", "kms:GenerateDataKey"}, []string{a.RunKey},
		conditions{"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}})}
}

func (r rights) readRuns(sid string, keys ...string) awsiam.PolicyStatement {
	return allow(sid, []string{"s3:GetObject"}, r.runKeys(keys), nil)
}

// writeRuns includes what an upload in parts needs to clean up after itself.
func (r rights) writeRuns(keys ...string) awsiam.PolicyStatement {
	return allow("WriteRuns", []string{"s3:PutObject", "s3:AbortMultipartUpload"}, r.runKeys(keys), nil)
}

// listRuns also lets S3 tell that a file is not there, see index.
func (r rights) listRuns(more ...string) awsiam.PolicyStatement {
	return allow("ListRuns", []string{"s3:ListBucket"}, []string{r.runs},
		conditions{"StringLikeIfExists": {"s3:prefix": append([]string{"runs/*"}, more...)}})
}

func (r rights) runKeys(keys []string) []string {
	var arns []string
	for _, key := range keys {
		arns = append(arns, r.runs+"/"+key)
	}
	return arns
}

// search allows what signing in to the cluster takes, and, where that is by
// signature, the requests themselves.
func (r rights) search(requests []searchRequest) []awsiam.PolicyStatement {
	var may []awsiam.PolicyStatement
	secret, key := r.settings.Search.Secret, r.settings.Cluster.SecretKey
	if secret != "" {
		may = append(may, allow("ReadSecret", []string{"secretsmanager:GetSecretValue"}, []string{secret}, nil))
	}
	if key != "" {
		may = append(may, allow("DecryptSecret", []string{"kms:Decrypt"}, []string{key},
			conditions{"StringLike": {"kms:ViaService": "secretsmanager.*.amazonaws.com"}}))
	}
	if r.cluster.domain != "" {
		may = append(may, requestStatements(r.cluster.domain, requests)...)
	}
	return may
}

// basics is what every Lambda needs to run at all.
func basics(scope constructs.Construct, function string, logGroup string, inVPC bool) []awsiam.PolicyStatement {
	may := []awsiam.PolicyStatement{
		allow("WriteLogs", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, []string{logGroup}, nil),
		// X-Ray knows no resources.
		allow("Trace", []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"}, []string{"*"}, nil),
	}
	if !inVPC {
		return may
	}
	// The service itself needs these to place the function in the VPC, and takes
	// no narrower resource; the function's own code must not use them.
	// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
	network := []string{
		"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
		"ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
	}
	return append(
		may,
		allow("JoinVPC", network, []string{"*"}, nil),
		deny("CodeJoinsNothing", network, []string{"*"},
			conditions{"ArnEquals": {"lambda:SourceFunctionArn": arn(scope, "lambda", "function:"+function)}}),
	)
}
