// Package settings is what a stack can be told: the CDK context keys that begin
// with Prefix, read and checked as a whole. It knows nothing of the CDK and
// makes no resource.
package settings

import (
	"strings"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/settings"
)

// Prefix begins every context key that is a setting. An unknown key with this
// prefix is refused, so that a typing error cannot go unnoticed.
const Prefix = "rehydrate:"

// New is what archive and search take to have one made by the stack.
const New = "new"

// Settings are those of one stack, complete and free of contradictions. Their
// tags are explained at run.Settings.
type Settings struct {
	// Settings are what the Lambdas are told, but for what only the stack knows:
	// the run bucket, the archive where it is new, the URL where the cluster is.
	run.Settings
	Archive Archive
	Cluster Cluster
	Network Network
	Lambdas Lambdas
	Runs    Runs
	Watch   Watch
	Account Account
}

// Archive is the bucket that the logs are in.
type Archive struct {
	New     bool
	Account string `context:"archiveAccount" form:"^[0-9]{12}$" takes:"the number of an account" means:"Account that the archive's bucket belongs to, where it is not the stack's: its owner has to add what the stack puts out as *ArchiveBucketPolicy*."`
	Key     string `context:"archiveKey" form:"^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$" takes:"the ARN of a KMS key (not of an alias)" means:"Key that the archive's objects are encrypted with, where it is a customer's."`

	LogGroups       []string `context:"archiveLogGroups" takes:"a list of log groups" means:"New archive: log groups, such as those of Fargate's awslogs driver, from which everything is archived."`
	ErrorPrefix     string   `context:"archiveErrorPrefix" default:"errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/" takes:"a Firehose prefix expression" means:"New archive: where Firehose puts what it could not deliver."`
	BufferSeconds   int      `context:"archiveBufferSeconds" default:"900" range:"60 to 900" means:"New archive: seconds after which Firehose closes an object."`
	BufferMebibytes int      `context:"archiveBufferMebibytes" default:"64" range:"1 to 128" means:"New archive: MiB after which Firehose closes an object."`
	GlacierDays     int      `context:"archiveGlacierDays" default:"30" range:"0 to 36500" means:"New archive: days after which objects move to Glacier Instant Retrieval; 0 for never."`
	ExpiryDays      int      `context:"archiveExpiryDays" default:"0" range:"0 to 36500" means:"New archive: days after which objects are deleted; 0 for never."`
}

// Cluster is the Elasticsearch or OpenSearch cluster, beyond what the Lambdas have
// to know of it.
type Cluster struct {
	New           bool
	SecretKey     string `context:"searchSecretKey" form:"^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$" takes:"the ARN of a KMS key (not of an alias)" means:"Key that the secret is encrypted with, where it is a customer's."`
	Domain        string `context:"searchDomain" form:"^arn:[a-z-]+:es:[a-z0-9-]+:[0-9]{12}:domain/[a-z][a-z0-9-]{2,27}$" takes:"the ARN of a domain" means:"The Amazon domain behind the URL; needed for *sigv4*, so that the Lambdas' rights name it."`
	SecurityGroup string `context:"searchSecurityGroup" form:"^sg-[0-9a-f]{8,17}$" takes:"the id of a security group" means:"Security group of the cluster: the stack opens the cluster's port in it to the Lambdas."`

	Version  string   `context:"searchVersion" default:"OpenSearch_2.19" form:"^(OpenSearch_[23]\\.[0-9]+|Elasticsearch_7\\.10)$" takes:"an engine such as OpenSearch_2.19" means:"New domain: its engine."`
	Instance string   `context:"searchInstance" default:"r7g.large.search" form:"^[a-z0-9-]+\\.[a-z0-9]+\\.search$" takes:"an instance type such as r7g.large.search" means:"New domain: type of its data nodes."`
	Nodes    int      `context:"searchNodes" default:"2" range:"1 to 80" means:"New domain: how many data nodes; from 2 on they are spread over two or three zones, as many as there are subnets."`
	Gibibyte int      `context:"searchVolume" default:"100" range:"10 to 16384" means:"New domain: GiB of disk (gp3) of each data node."`
	Readers  []string `context:"searchReaders" form:"^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/.+$" takes:"a list of ARNs of roles and users" means:"New domain: roles or users that may search its indices, with signed requests. People sign in to Dashboards as users of the domain."`
}

// Network is where the Lambdas that speak to the cluster, or write into files, run.
type Network struct {
	VPC     string   `context:"vpc" form:"^vpc-[0-9a-f]{8,17}$" takes:"the id of a VPC" means:"VPC in which the cluster can be reached; leave out for a public endpoint. Without *search*, where the Lambdas reach the bucket."`
	Subnets []string `context:"subnets" form:"^subnet-[0-9a-f]{8,17}$" takes:"a list of subnet ids" means:"Private subnets of the VPC for the Lambdas (and a new domain)."`
	// S3Endpoint costs nothing, SecretsEndpoint some 7 dollars a month and subnet.
	S3Endpoint      bool     `context:"s3Endpoint" default:"false" means:"Make a gateway endpoint for S3 in *routeTables*: it is free, and spares NAT's $0.045 a GB. Leave out where these have one already."`
	RouteTables     []string `context:"routeTables" form:"^rtb-[0-9a-f]{8,17}$" takes:"a list of route table ids" means:"Route tables of the subnets; needed for *s3Endpoint*."`
	SecretsEndpoint bool     `context:"secretsEndpoint" default:"false" means:"Make an interface endpoint for Secrets Manager, for subnets without NAT: some $7 a month and subnet. Leave out where the VPC has one already."`
	SecretsGroup    string   `context:"secretsSecurityGroup" form:"^sg-[0-9a-f]{8,17}$" takes:"the id of a security group" means:"Security group of an endpoint for Secrets Manager that the VPC has already: the stack opens it to the Lambdas."`
	List            bool     `context:"listInVpc" default:"false" means:"Put the list Lambda into the VPC, too: for a bucket whose policy admits a VPC or its endpoint only (*aws:SourceVpce*)."`
}

// way is how the index Lambda reaches S3, as far as the stack knows: the VPC may
// have an endpoint already.
func (n Network) way() string {
	switch {
	case n.VPC == "":
		return run.NetworkInternet
	case n.S3Endpoint:
		return run.NetworkEndpoint
	}
	return run.NetworkNAT
}

// Lambdas is what the functions are given, beside the index Lambda's memory.
type Lambdas struct {
	ListMemory    int `context:"listMemory" default:"1769" range:"128 to 10240" means:"MiB of memory of the list Lambda; 1769 is one whole processor, and less takes longer in proportion."`
	PrepareMemory int `context:"prepareMemory" default:"256" range:"128 to 10240" means:"MiB of memory of the prepare Lambda."`
	ReportMemory  int `context:"reportMemory" default:"1769" range:"128 to 10240" means:"MiB of memory of the report Lambda; the same."`
	IndexSeconds  int `context:"indexTimeout" default:"900" range:"60 to 900" means:"Seconds after which a call of the index Lambda ends; a bigger object takes more calls."`
	IndexReserved int `context:"indexReserved" default:"0" range:"0 to 10000" means:"Reserved concurrency of the index Lambda: it can then neither take more from the account nor be starved; 0 for none."`
}

// Runs is how runs start by themselves and how long what they leave is kept.
type Runs struct {
	Live         bool   `context:"live" default:"false" means:"Index new objects as they arrive. An existing bucket has to send its events to EventBridge: *rehydrate events --bucket NAME*."`
	Schedule     string `context:"schedule" form:"^([01]?[0-9]|2[0-3]):[0-5][0-9]$" takes:"a time of day such as 05:30" means:"Time of day, in *zone*, at which the last days are indexed again; empty for never."`
	ScheduleDays int    `context:"scheduleDays" default:"2" range:"1 to 31" means:"How many days the schedule indexes."`
	ExpireAt     string `context:"expireAt" default:"06:00" form:"^([01]?[0-9]|2[0-3]):[0-5][0-9]$" takes:"a time of day such as 05:30" means:"Time of day, in *zone*, at which the views that have expired are deleted, and those that will within a day told of."`
	Keep         bool   `context:"keepRuns" default:"true" means:"Keep the run bucket (and a new archive) when the stack is destroyed."`
	Days         int    `context:"runDays" default:"90" range:"1 to 3650" means:"Days after which a run's files are deleted: its report, and what *retry* needs. A line of each run stays under *history/*."`
	LogDays      int    `context:"logDays" default:"30" range:"1 to 3653" means:"Days that logs are kept; one of those that CloudWatch Logs knows."`
}

// Watch is who is told what happens.
type Watch struct {
	Email     string `context:"email" takes:"an address" means:"Address that is told of alarms and of each run's end."`
	Dashboard bool   `context:"dashboard" default:"true" means:"Make a CloudWatch dashboard."`
}

// Account is what the account demands of all that is made in it.
type Account struct {
	Tags     []string `context:"tags" form:"^[^=]{1,128}=[^=]{0,256}$" takes:"a list of NAME=VALUE" means:"Tags of everything that the stack makes."`
	RunKey   string   `context:"runKey" form:"^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$" takes:"the ARN of a KMS key (not of an alias)" means:"Key that the run bucket's objects are encrypted with, instead of S3's own; each of its uses is billed."`
	Boundary string   `context:"permissionsBoundary" form:"^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+$" takes:"the ARN of a managed policy" means:"Permissions boundary of all roles that the stack makes."`
}

// Table lists every setting in the order in which a person reads of them.
func Table() []settings.Setting { return settings.Of(&Settings{}, "context") }

// everything at the end of a prefix expression stands for all that is below.
const everything = "**"

// StaticPrefixes are the beginnings that all keys of the archive have: each
// prefix expression up to its first namespace, or to the ** at its end.
func (s Settings) StaticPrefixes() []string {
	var statics []string
	for _, p := range s.ArchivePrefixes {
		static, _, _ := strings.Cut(strings.TrimSuffix(p, everything), "!{")
		statics = append(statics, static)
	}
	return statics
}

// StaticErrorPrefix is the same of what Firehose could not deliver.
func (a Archive) StaticErrorPrefix() string {
	static, _, _ := strings.Cut(a.ErrorPrefix, "!{")
	return static
}

// Zones is how many zones the nodes of a new domain are spread over: at most
// three, one for each subnet.
func (s Settings) Zones() int {
	if s.Cluster.Nodes == 1 {
		return 1
	}
	return min(len(s.Network.Subnets), 3)
}

// HasCluster tells whether the stack has a cluster, made by it or given.
func (s Settings) HasCluster() bool { return s.Cluster.New || s.Search.URL != "" }

// Made is what of the Lambdas' settings only the stack knows.
type Made struct {
	ArchiveBucket, RunBucket, SearchURL, Version string
	// Master is the secret of a new domain's master user, Writers are the roles that
	// are to be mapped with it.
	Master  string
	Writers []string
}

// Environment is that of the Lambdas.
func (s Settings) Environment(m Made) map[string]string {
	r := s.Settings
	r.ArchiveBucket, r.RunBucket, r.Search.URL, r.Version = m.ArchiveBucket, m.RunBucket, m.SearchURL, m.Version
	if r.Search.Master = m.Master; m.Master != "" {
		r.Search.Writers, r.Search.Readers = m.Writers, s.Cluster.Readers
	}
	r.Network = s.Network.way()
	// The region is part of the ARN of a domain that exists. A new domain lies in
	// the stack's own, which the Lambdas know.
	if parts := strings.Split(s.Cluster.Domain, ":"); len(parts) > 3 {
		r.Search.Region = parts[3]
	}
	return settings.Variables(r)
}
