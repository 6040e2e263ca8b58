// Package settings is what a stack can be told: the CDK context keys that begin
// with Prefix, read and checked as a whole. It knows nothing of the CDK and
// makes no resource.
package settings

import (
	"strings"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Prefix begins every context key that is a setting. An unknown key with this
// prefix is refused, so that a typing error cannot go unnoticed.
const Prefix = "rehydrate:"

// New is what archive and search take to have one made by the stack.
const New = "new"

// Settings are those of one stack, complete and free of contradictions.
type Settings struct {
	// Stack names the stack, and is the beginning of the names in it.
	Stack   string
	Archive Archive
	Search  Search
	Network Network
	Index   Index
	Lambdas Lambdas
	Runs    Runs
	Watch   Watch
}

// Archive is where the logs are.
type Archive struct {
	// Bucket is empty where New.
	Bucket   string
	New      bool
	Prefixes []string
	Zone     *time.Location
	// Region is empty where it is the stack's own.
	Region string
	// Key is the ARN of the KMS key of the bucket; empty for none.
	Key string

	// What follows is for a new archive.
	LogGroups       []string
	ErrorPrefix     string
	BufferSeconds   int
	BufferMebibytes int
	// GlacierDays and ExpiryDays count from an object's creation; 0 means never.
	GlacierDays int
	ExpiryDays  int
}

// Search is the cluster.
type Search struct {
	// URL is empty where New.
	URL string
	New bool
	// Auth is none, basic, apikey or sigv4; see run.Search.
	Auth      string
	Secret    string
	SecretKey string
	// CA holds PEM text.
	CA string
	// Domain is the ARN of an Amazon domain that exists.
	Domain string
	// SecurityGroup of the cluster, which is opened to the Lambdas.
	SecurityGroup string

	// What follows is for a new domain.
	Version  string
	Instance string
	Nodes    int
	Gibibyte int
	// Readers are ARNs of roles and users that may search.
	Readers []string
}

// Network is where the Lambdas that speak to the cluster run.
type Network struct {
	// VPC is empty for no VPC.
	VPC     string
	Subnets []string
	// Endpoints asks for VPC endpoints of S3, by way of RouteTables, and of
	// Secrets Manager.
	Endpoints   bool
	RouteTables []string
}

// Index is how documents look and where they go.
type Index struct {
	Prefix          string
	Zone            *time.Location
	Fields          []string
	Parse           bool
	Shards          int
	Replicas        int
	RefreshInterval string
}

// Lambdas is what the functions are given. Memory is in MiB.
type Lambdas struct {
	ListMemory, PrepareMemory, IndexMemory, ReportMemory int
	// IndexSeconds is the timeout of the index Lambda.
	IndexSeconds int
	// IndexReserved is the reserved concurrency of the index Lambda; 0 for none.
	IndexReserved int
	BulkBytes     int
	BulkInFlight  int
	BulkGzip      bool
	RecordLimit   int
}

// Runs is how runs start by themselves and how long what they leave is kept.
type Runs struct {
	Live bool
	// Schedule is the time of day ("05:30"), in the zone of the index, at which
	// the last ScheduleDays days are indexed; empty for never.
	Schedule     string
	ScheduleDays int
	// Keep says that the run bucket stays when the stack goes.
	Keep bool
	// Days is how long a run's files are kept, LogDays how long logs are.
	Days    int
	LogDays int
}

// Watch is who is told what happens.
type Watch struct {
	// Email is subscribed to the topic of alarms and endings; empty for nobody.
	Email     string
	Dashboard bool
}

// StaticPrefixes are the beginnings that all keys of the archive have: each
// prefix expression up to its first namespace.
func (a Archive) StaticPrefixes() []string {
	var statics []string
	for _, p := range a.Prefixes {
		static, _, _ := strings.Cut(p, "!{")
		statics = append(statics, static)
	}
	return statics
}

// StaticErrorPrefix is the same of what Firehose could not deliver.
func (a Archive) StaticErrorPrefix() string {
	static, _, _ := strings.Cut(a.ErrorPrefix, "!{")
	return static
}

// Run is what the Lambdas read from their environment. What only the stack
// knows is given: the names of the buckets, and the cluster's URL.
func (s Settings) Run(archiveBucket, runBucket, url string) run.Settings {
	return run.Settings{
		ArchiveBucket:   archiveBucket,
		ArchivePrefixes: s.Archive.Prefixes,
		ArchiveZone:     s.Archive.Zone,
		ArchiveRegion:   s.Archive.Region,
		RunBucket:       runBucket,
		IndexPrefix:     s.Index.Prefix,
		Zone:            s.Index.Zone,
		Fields:          s.Index.Fields,
		Parse:           s.Index.Parse,
		Shards:          s.Index.Shards,
		Replicas:        s.Index.Replicas,
		RefreshInterval: s.Index.RefreshInterval,
		Search: run.Search{
			URL: url, Auth: s.Search.Auth, Secret: s.Search.Secret, CA: s.Search.CA, Region: s.Search.region(),
		},
		BulkBytes:    s.Lambdas.BulkBytes,
		BulkInFlight: s.Lambdas.BulkInFlight,
		BulkGzip:     s.Lambdas.BulkGzip,
		RecordLimit:  s.Lambdas.RecordLimit,
	}
}

// region of an Amazon domain that exists: part of its ARN. A new domain lies in
// the stack's own, which the Lambdas know.
func (s Search) region() string {
	if parts := strings.Split(s.Domain, ":"); len(parts) > 3 {
		return parts[3]
	}
	return ""
}
