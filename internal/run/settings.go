package run

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Settings are those of a stack, the same for all its Lambdas. None of them is a
// secret.
//
// What there is to say of a setting stands in its tags and nowhere else; package
// settings reads and writes by them, and package cdk/settings has more of them:
//
//	env       its variable in the Lambdas' environment
//	inherits  variable that holds where that one does not
//	context   its name among the stack's settings (rehydrate:NAME)
//	flag      its name among the flags of a local run
//	default   what holds where nothing is said, as a person would type it
//	range     least and most of a number
//	values    what a text, or each member of a list, has to be one of
//	check     url or index: a text has to be an address or an index prefix
//	form      pattern that the stack demands of a text, or of each member of a list
//	takes     what is allowed, in words, where type, range and values do not say it
//	means     a sentence, with what is to be typed between asterisks
//	usage     the same for the flag, where a local run means something else by it
type Settings struct {
	// Stack tells the metrics of one stack from those of another.
	Stack           string         `env:"STACK" context:"stack" default:"rehydrate" form:"^[a-z][a-z0-9-]{1,26}[a-z0-9]$" takes:"a name of 3 to 28 lower-case letters, digits and hyphens" means:"Name of the stack, and beginning of the names in it and of its metrics: one stack for each archive."`
	ArchiveBucket   string         `env:"ARCHIVE_BUCKET" context:"archive" form:"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$" takes:"the name of a bucket, or new" means:"**Required.** Bucket that holds the archive; it is only ever read. *new* makes one, and the way of the logs into it."`
	ArchivePrefixes []string       `env:"ARCHIVE_PREFIXES" context:"archivePrefix" flag:"prefix" default:"_/cwl/ecs/ecs-task/!{timestamp:yyyy/MM/dd/HH}/" takes:"a list of Firehose prefix expressions" means:"Where in the bucket the logs are, as Firehose's own *prefix* says it; with two asterisks at its end, all that is below is read, whatever time its key tells." usage:"Firehose prefix expression of the keys, with two asterisks at its end for all that is below; may be given more than once"`
	ArchiveZone     *time.Location `env:"ARCHIVE_ZONE" context:"archiveZone" flag:"archive-zone" default:"UTC" means:"Zone of the times in the archive's keys (Firehose's *CustomTimeZone*)."`
	ArchiveRegion   string         `env:"ARCHIVE_REGION" inherits:"AWS_REGION" context:"archiveRegion" form:"^[a-z]{2}(-[a-z]+)+-[0-9]$" takes:"a region such as ap-northeast-1" means:"Region that the archive's logs are from, where it is not the stack's: what the field *region* says."`
	// ArchiveBucketRegion is empty where the Lambdas' own is meant.
	ArchiveBucketRegion  string         `env:"ARCHIVE_BUCKET_REGION" context:"archiveBucketRegion" form:"^[a-z]{2}(-[a-z]+)+-[0-9]$" takes:"a region such as ap-northeast-1" means:"Region that the archive's bucket lies in, where it is not the stack's. What is read then crosses regions, at some $0.02 a GB, and passes no gateway endpoint."`
	ArchiveRequesterPays bool           `env:"ARCHIVE_REQUESTER_PAYS" context:"archiveRequesterPays" default:"false" means:"The archive is a bucket of requester pays: this account bears what is asked of it."`
	ArchiveRestore       bool           `env:"ARCHIVE_RESTORE" context:"archiveRestore" default:"false" means:"Runs may ask for archived objects to be restored (*restore* in a request), which costs what S3 takes for it."`
	TimeFields           []string       `env:"TIME_FIELDS" context:"timeField" flag:"time-field" takes:"a list of names" means:"Members of JSON messages that tell their time, where the archive tells none, before the usual ones (*timestamp*, *@timestamp*, *time*, *ts*, *date*, *datetime*, *eventTime*, *asctime*, *@t*) are tried." usage:"Member of JSON messages that tells their time, where the archive tells none, before the usual ones; may be given more than once"`
	AssumeZone           *time.Location `env:"ASSUME_ZONE" context:"assumeZone" flag:"assume-zone" default:"UTC" means:"Zone of times in logs that are written without one."`
	IDs                  string         `env:"IDS" context:"ids" flag:"ids" default:"archive" values:"archive,derived" means:"*archive* takes the ids that the archive has and derives those that it lacks; *derived* derives all, so that the same log in two forms is one set of documents." usage:"Ids of documents: archive (derived where the archive has none) or derived (all of them)."`
	// RunBucket holds everything of a run, under runs/.
	RunBucket string `env:"RUN_BUCKET"`
	// ArchiveEndpoint and RunEndpoint are the URLs of S3 servers other than AWS's;
	// empty means AWS.
	ArchiveEndpoint string `env:"ARCHIVE_ENDPOINT" check:"url"`
	RunEndpoint     string `env:"RUN_ENDPOINT" check:"url"`

	Search Search
	Limits Limits
	// Network says how the index Lambda reaches S3 and the cluster, by which its
	// traffic is priced: over the internet where it is in no VPC, or from within one,
	// S3 by a gateway endpoint or through NAT.
	Network string `env:"NETWORK" default:"internet" values:"internet,endpoint,nat"`

	IndexPrefix string         `env:"INDEX_PREFIX" context:"indexPrefix" flag:"index-prefix" default:"ecs-task" check:"index" takes:"an index prefix" means:"Indices are named PREFIX-YYYY-MM-DD. Stacks that use one cluster need a prefix each: the index template is named by it, and would be shared." usage:"Indices are named PREFIX-YYYY-MM-DD."`
	Zone        *time.Location `env:"TIME_ZONE" context:"zone" flag:"zone" default:"Asia/Tokyo" means:"Zone whose days the indices, the request and the schedule are meant in." usage:"Time zone of days, index names and @timestamp."`
	Fields      []string       `env:"FIELDS" context:"fields" flag:"fields" values:"logGroup,logStream,account,region" means:"Fields that each document gets beside *@timestamp* and *message*." usage:"Fields to add to each document, with commas between: logGroup, logStream, account."`
	Parse       bool           `env:"PARSE" context:"parse" flag:"parse" default:"false" means:"Add the members of messages that are JSON, in one flattened field."`
	Exact       bool           `env:"EXACT" context:"exact" flag:"exact" default:"false" means:"Index each message as a whole too, in *message.keyword*: for searches by exact characters and by regular expressions. It costs the cluster a quarter more work and a third more disk, or more."`
	// Shards, Replicas and RefreshInterval go into the index template; negative
	// or empty leaves the cluster's own default.
	Shards          int    `env:"SHARDS" context:"shards" default:"-1" range:"-1 to 1024" means:"Primary shards of a new index; -1 for the cluster's default."`
	Replicas        int    `env:"REPLICAS" context:"replicas" default:"-1" range:"-1 to 100" means:"Replicas of a new index; -1 for the cluster's default."`
	LoadReplicas    int    `env:"LOAD_REPLICAS" context:"loadReplicas" flag:"load-replicas" default:"-1" range:"-1 to 100" means:"Replicas of an index that a run makes, until the run ends; -1 for as many as it is to have, 0 to load fastest."`
	RefreshInterval string `env:"REFRESH_INTERVAL" context:"refreshInterval" form:"^(-1|[0-9]+(ms|s|m|h))$" takes:"an interval such as 30s, or -1" means:"Refresh interval of a new index; empty for the cluster's default."`

	// BulkBytes is the size of a bulk body before compression, BulkInFlight how
	// many are under way at once.
	BulkBytes    int  `env:"BULK_BYTES" context:"bulkBytes" default:"5242880" range:"1024 to 104857600" means:"Bytes of a bulk body, before compression."`
	BulkInFlight int  `env:"BULK_IN_FLIGHT" context:"bulkInFlight" default:"2" range:"1 to 64" means:"Bulk requests of one index Lambda under way at once."`
	BulkGzip     bool `env:"BULK_GZIP" context:"bulkGzip" means:"Compress bulk bodies: a tenth of the traffic, more processor. Default: *true* where the cluster is outside of the VPC, so that traffic is billed."`
	// RecordLimit is the size in bytes above which a record is damage.
	RecordLimit int `env:"RECORD_LIMIT" context:"recordLimit" default:"67108864" range:"1048576 to 1073741824" means:"Bytes above which a record of the archive counts as damage."`
	// IndexMemory is that of an index Lambda in MiB, by which its time is priced.
	IndexMemory int `env:"INDEX_MEMORY" context:"indexMemory" default:"1769" range:"128 to 10240" means:"MiB of memory of the index Lambda; 1769 is one whole processor."`
	// Version of this program, told in reports.
	Version string `env:"REHYDRATE_VERSION" default:"development"`
}

// Values of Settings.Network.
const (
	NetworkInternet = "internet"
	NetworkEndpoint = "endpoint"
	NetworkNAT      = "nat"
)

// Search says how the cluster is reached.
type Search struct {
	URL  string `env:"SEARCH_URL" context:"search" flag:"search" check:"url" takes:"an http or https URL, or new" means:"The Elasticsearch or OpenSearch cluster. *new* makes an Amazon OpenSearch Service domain in the VPC. Without one the stack only takes runs whose destination is files." usage:"URL of a cluster; without one, a store on disk is filled."`
	Auth string `env:"SEARCH_AUTH" context:"searchAuth" flag:"search-auth" default:"none" values:"none,basic,apikey,sigv4" means:"How the Lambdas sign in. A new domain takes *sigv4* by itself." usage:"How to sign in at the cluster: none, basic, apikey or sigv4."`
	// Secret holds {"username","password"} for basic, or the encoded API key for
	// apikey.
	Secret string `env:"SEARCH_SECRET" context:"searchSecret" flag:"search-secret" form:"^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+-[A-Za-z0-9]{6}$" takes:"the whole ARN of a secret, with the six characters at its end" means:"Secret that holds a JSON object with *username* and *password* for *basic*, or the encoded API key for *apikey*." usage:"ARN of the secret for basic or apikey, or file:PATH of a file that holds it."`
	// Dashboards is where reports link to, empty for nowhere.
	Dashboards string `env:"DASHBOARDS_URL" context:"dashboardsUrl" flag:"dashboards-url" check:"url" takes:"an http or https URL" means:"Kibana or OpenSearch Dashboards of the cluster, with the base path it has: a report then links to Discover, with its indices and its range."`
	// CA is a PEM bundle to trust beside the system's; empty for none.
	CA string `env:"SEARCH_CA" context:"searchCA" takes:"the path of a file" means:"PEM file with a certificate authority to trust beside the system's."`
	// Region of an Amazon domain, for SigV4.
	Region string `env:"SEARCH_REGION" inherits:"AWS_REGION"`
	// Master is the ARN of the secret of a master user of the domain, as whom Prepare
	// maps the IAM roles Writers and Readers; empty where that is for others to do.
	Master  string   `env:"SEARCH_MASTER"`
	Writers []string `env:"SEARCH_WRITERS"`
	Readers []string `env:"SEARCH_READERS"`
}

// Limits are the budget of runs whose request says nothing else.
type Limits struct {
	MaxBytes    int    `env:"MAX_BYTES" context:"maxBytes" default:"0" range:"0 to 9007199254740991" means:"Most bytes that the messages of a run may have, by its plan's estimate: a run over it is refused before anything is indexed. 0 for no bound; a request may say another."`
	MaxEvents   int    `env:"MAX_EVENTS" context:"maxEvents" default:"0" range:"0 to 9007199254740991" means:"Most events of a run, the same; this one also holds while a run goes on, which then ends Incomplete."`
	MaxCost     string `env:"MAX_COST" context:"maxCost" form:"^[0-9]+([.][0-9]+)?$" takes:"a number of US dollars" means:"Most US dollars that a run may cost in AWS, by its plan's estimate; empty for no bound."`
	MaxDuration string `env:"MAX_DURATION" context:"maxDuration" form:"^([0-9]+[hms])+$" takes:"a duration such as 2h" means:"Longest time that a run may take, by its plan's estimate; empty for no bound."`
}

// DefaultIndexPrefix is the IndexPrefix of a stack that was told none.
func DefaultIndexPrefix() string {
	prefix, _ := reflect.TypeFor[Settings]().FieldByName("IndexPrefix")
	return prefix.Tag.Get("default")
}

// DerivedIDPrefix begins the ids that are derived. CloudWatch Logs' own are
// numbers.
const DerivedIDPrefix = "derived-"

// DerivedIDs is the value of Settings.IDs that derives the ids of all events.
const DerivedIDs = "derived"

// FieldNames are the values that Fields may hold.
func FieldNames() []string {
	fields, _ := reflect.TypeFor[Settings]().FieldByName("Fields")
	return strings.Split(fields.Tag.Get("values"), ",")
}

// ValidIndexPrefix tells why PREFIX-YYYY-MM-DD would be no index name, or nil.
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/indices-create-index.html
func ValidIndexPrefix(p string) error {
	switch {
	case p == "":
		return errors.New("an index prefix cannot be empty")
	case len(p) > 255-len("-2006-01-02"):
		return fmt.Errorf("index prefix %q is too long; an index name has at most 255 bytes", p)
	case p != strings.ToLower(p):
		return fmt.Errorf("index prefix %q has upper-case letters; an index name has none", p)
	case strings.HasPrefix(p, "-"), strings.HasPrefix(p, "_"), strings.HasPrefix(p, "+"), strings.HasPrefix(p, "."):
		return fmt.Errorf("index prefix %q begins with %q; an index name must not", p, p[:1])
	}
	for _, c := range p {
		if c <= ' ' || c == 0x7f || strings.ContainsRune(`\/*?"<>|,#:`, c) {
			return fmt.Errorf("index prefix %q holds %q; an index name must not", p, c)
		}
	}
	return nil
}
