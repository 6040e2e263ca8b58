package settings

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/settings"
)

// least is the smallest context that is allowed, with pairs of names and values
// added; a nil value takes the name away.
func least(pairs ...any) map[string]any {
	context := map[string]any{
		"rehydrate:archive": "my-archive", "rehydrate:search": "https://search.example:9200",
		"aws:cdk:enable-path-metadata": true,
	}
	for i := 0; i < len(pairs); i += 2 {
		context[Prefix+pairs[i].(string)] = pairs[i+1]
		if pairs[i+1] == nil {
			delete(context, Prefix+pairs[i].(string))
		}
	}
	return context
}

const (
	keyARN    = "arn:aws:kms:ap-northeast-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	secretARN = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:search-AbCdEf"
	domainARN = "arn:aws:es:ap-northeast-1:123456789012:domain/logs"
)

func TestDefaults(t *testing.T) {
	s, err := Read(least())
	if err != nil {
		t.Fatal(err)
	}
	if s.Stack != "rehydrate" || s.ArchivePrefixes[0] != "_/cwl/ecs/ecs-task/!{timestamp:yyyy/MM/dd/HH}/" || s.ArchiveZone.String() != "UTC" ||
		s.IndexPrefix != "ecs-task" || s.Zone.String() != "Asia/Tokyo" || s.Search.Auth != "none" ||
		s.BulkBytes != 5<<20 || s.Shards != -1 || !s.Runs.Keep || s.Runs.Live {
		t.Errorf("defaults are %+v", s)
	}
	if got := s.StaticPrefixes(); !reflect.DeepEqual(got, []string{"_/cwl/ecs/ecs-task/"}) {
		t.Errorf("static prefixes are %q", got)
	}
	s.ArchivePrefixes = []string{"exports/**", "a/!{timestamp:yyyy}/**", "**"}
	if got := s.StaticPrefixes(); !reflect.DeepEqual(got, []string{"exports/", "a/", ""}) {
		t.Errorf("static prefixes are %q", got)
	}
}

// A stack needs no cluster.
func TestWithoutSearch(t *testing.T) {
	s, err := Read(least("search", nil))
	if err != nil || s.Search.URL != "" || s.Cluster.New {
		t.Errorf("%+v, %v", s, err)
	}
}

// What follows from other settings holds unless something else is said.
func TestInferred(t *testing.T) {
	domain := []any{"search", New, "vpc", "vpc-0123456789abcdef0", "subnets", "subnet-0123456789abcdef0,subnet-1123456789abcdef0"}
	for _, c := range []struct {
		context map[string]any
		shards  int
		gzip    bool
	}{
		{least(), -1, true},
		{least("bulkGzip", "false"), -1, false},
		{least("search", nil), -1, false},
		{least("vpc", "vpc-0123456789abcdef0", "subnets", "subnet-0123456789abcdef0"), -1, false},
		{least(domain...), 1, false},
		{least(append(domain, "shards", "-1", "bulkGzip", "true")...), -1, true},
	} {
		s, err := Read(c.context)
		if err != nil || s.Shards != c.shards || s.BulkGzip != c.gzip {
			t.Errorf("%v: %d shards, gzip %v, %v", c.context, s.Shards, s.BulkGzip, err)
		}
	}
}

// A default is shown to people as they would type it.
func TestDefaultsCanBeTyped(t *testing.T) {
	want, err := Read(least())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range Table() {
		if row.Default == "" {
			continue
		}
		var s Settings
		settings.Default(&s, "context")
		for _, r := range settings.Of(&s, "context") {
			if r.Name == row.Name {
				if err := s.set(r, row.Default); err != nil {
					t.Errorf("%s: default %q is refused: %v", row.Name, row.Default, err)
				}
			}
		}
		s.ArchiveBucket, s.Search.URL, s.BulkGzip = want.ArchiveBucket, want.Search.URL, want.BulkGzip // given, and inferred
		if !reflect.DeepEqual(s, want) {
			t.Errorf("%s: typing its default changes the settings", row.Name)
		}
	}
}

func TestValuesFromCommandLineAndFile(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, []byte("PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	typed, err := Read(least("live", "true", "indexMemory", "2048", "fields", "logGroup,logStream",
		"archivePrefix", `["a/!{timestamp:yyyy}/","b/"]`, "searchCA", ca))
	if err != nil {
		t.Fatal(err)
	}
	filed, err := Read(least("live", true, "indexMemory", 2048.0, "fields", []any{"logGroup", "logStream"},
		"archivePrefix", []any{"a/!{timestamp:yyyy}/", "b/"}, "searchCA", ca))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(typed, filed) {
		t.Errorf("typed %+v\nfiled %+v", typed, filed)
	}
	if typed.Search.CA != "PEM" || !typed.Runs.Live || len(typed.ArchivePrefixes) != 2 {
		t.Errorf("read %+v", typed)
	}
}

func TestRefused(t *testing.T) {
	domain := []any{"search", New, "vpc", "vpc-0123456789abcdef0", "subnets", "subnet-0123456789abcdef0,subnet-1123456789abcdef0"}
	archive := []any{"archive", New, "archiveLogGroups", "/ecs-task"}
	for _, c := range []struct {
		name    string
		context map[string]any
		want    string
	}{
		{"no archive", least("archive", nil), "rehydrate:archive: missing"},
		{"archive is a URI", least("archive", "s3://logs"), `rehydrate:archive: "s3://logs" is not allowed; give the name of a bucket`},
		{"key is an alias", least("archiveKey", "alias/logs"), "rehydrate:archiveKey"},
		{"prefix widens a policy", least("archivePrefix", "logs/*/"), `"logs/*/" holds one of * ? $`},
		{"archive zone", least("archiveZone", "Mars"), `rehydrate:archiveZone: "Mars" is no time zone`},
		{"archive region", least("archiveRegion", "Tokyo"), "archiveRegion"},
		{"buffer of a bucket that exists", least("archiveBufferSeconds", 60.0), "archiveBufferSeconds: has no effect without archive new"},
		{"new archive without groups", least(append(archive, "archiveLogGroups", nil)...), "archiveLogGroups: missing"},
		{"new archive of everything", least(append(archive, "archivePrefix", "a/**")...), "archivePrefix: a new archive has a time in its keys"},
		{"new archive with two prefixes", least(append(archive, "archivePrefix", "a/,b/")...), "archivePrefix: a new archive has one prefix"},
		{"errors among the logs", least(append(archive, "archiveErrorPrefix", "_/cwl/ecs/ecs-task/errors/")...), "archiveErrorPrefix"},
		{"expiry before glacier", least(append(archive, "archiveExpiryDays", "30")...), "archiveExpiryDays: 30 is not after"},
		{"live without search", least("search", nil, "live", "true"), "rehydrate:live: has no effect without search; leave it out"},
		{"schedule without search", least("search", nil, "schedule", "05:30"), "rehydrate:schedule: has no effect without search"},
		{"gzip without search", least("search", nil, "bulkGzip", "true"), "rehydrate:bulkGzip: has no effect without search"},
		{"endpoint of no secret", least("vpc", "vpc-0123456789abcdef0", "subnets", "subnet-0123456789abcdef0", "secretsEndpoint", true), "secretsEndpoint: has no effect without a secret"},
		{"two endpoints of secrets", least("searchAuth", "basic", "searchSecret", secretARN, "vpc", "vpc-0123456789abcdef0", "subnets", "subnet-0123456789abcdef0", "secretsEndpoint", true, "secretsSecurityGroup", "sg-0123456789abcdef0"), "secretsEndpoint: the VPC has an endpoint already"},
		{"list in no VPC", least("listInVpc", true), "listInVpc: has no effect without vpc"},
		{"access point", least("archive", "logs-abcdefghijklmnop-s3alias"), "the alias of an access point"},
		{"ARN of an access point", least("archive", "arn:aws:s3:us-east-1:123456789012:accesspoint/logs"), "give the name of a bucket"},
		{"live from another account", least("live", true, "archiveAccount", "123456789012"), "within its own account and region"},
		{"live from another region", least("live", true, "archiveBucketRegion", "us-east-1"), "within its own account and region"},
		{"account of a new archive", least(append(archive, "archiveAccount", "123456789012")...), "archiveAccount: has no effect without an archive that exists"},
		{"tag without a value", least("tags", "team"), `tags: "team" is not allowed; give a list of NAME=VALUE`},
		{"boundary by name", least("permissionsBoundary", "boundary"), "the ARN of a managed policy"},
		{"run key by alias", least("runKey", "alias/runs"), "the ARN of a KMS key"},
		{"stack called like a part of another", least("stack", "logs-live"), `a part of a stack "logs" would be called`},
		{"secret without search", least("search", nil, "searchAuth", "basic", "searchSecret", secretARN), "rehydrate:searchSecret: has no effect without search"},
		{"search is no URL", least("search", "search.example"), "rehydrate:search: it is no http or https URL"},
		{"password in the URL", least("search", "https://me:hush@search.example"), "would be shown to everybody"},
		{"password in clear", least("search", "http://search.example", "searchAuth", "basic", "searchSecret", secretARN), "in clear"},
		{"auth", least("searchAuth", "kerberos"), `searchAuth: "kerberos" is none of none, basic, apikey, sigv4`},
		{"basic without secret", least("searchAuth", "basic"), "searchSecret: goes with"},
		{"secret without auth", least("searchSecret", secretARN), "searchSecret: goes with"},
		{"secret by name", least("searchAuth", "basic", "searchSecret", "search"), "the whole ARN of a secret"},
		{"sigv4 without domain", least("searchAuth", "sigv4"), "searchDomain: goes with"},
		{"CA file that is not there", least("searchCA", "/nowhere.pem"), "no such file"},
		{"security group without vpc", least("searchSecurityGroup", "sg-0123456789abcdef0"), "searchSecurityGroup: has no effect without vpc"},
		{"new domain without vpc", least("search", New), "vpc: missing"},
		{"new domain with secret", least(append(domain, "searchAuth", "basic")...), "searchAuth: a new domain takes sigv4"},
		{"new domain, one subnet", least(append(domain, "subnets", "subnet-0123456789abcdef0")...), "two or three subnets"},
		{"new domain, three nodes", least(append(domain, "searchNodes", "3")...), "3 nodes cannot be spread evenly over 2"},
		{"nodes of a cluster that exists", least("searchNodes", 4.0), "searchNodes: has no effect without search new"},
		{"vpc without subnets", least("vpc", "vpc-0123456789abcdef0"), "subnets: missing"},
		{"subnets without vpc", least("subnets", "subnet-0123456789abcdef0"), "subnets: has no effect without vpc"},
		{"endpoints without route tables", least("vpc", "vpc-0123456789abcdef0", "subnets", "subnet-0123456789abcdef0", "s3Endpoint", true), "routeTables: missing"},
		{"index prefix", least("indexPrefix", "Logs"), "indexPrefix"},
		{"field", least("fields", "level"), `fields: "level" is none of logGroup, logStream, account, region`},
		{"memory", least("indexMemory", "lots"), `indexMemory: "lots" is no whole number from 128 to 10240`},
		{"memory in part", least("indexMemory", 512.5), `indexMemory: "512.5" is no whole number`},
		{"number for a name", least("stack", 5.0), "stack: 5 is not allowed; give a name of 3"},
		{"list that is a number", least("fields", 5.0), "fields: 5 is not allowed; give a list of logGroup"},
		{"list of nothing", least("archivePrefix", ""), `archivePrefix: "" is not allowed; give a list of Firehose`},
		{"flag", least("live", "yes"), `live: "yes" is neither true nor false`},
		{"schedule", least("schedule", "noon"), `schedule: "noon" is not allowed; give a time of day`},
		{"days without schedule", least("scheduleDays", "3"), "scheduleDays: has no effect without schedule"},
		{"log days", least("logDays", "31"), "logDays: CloudWatch Logs does not know 31"},
		{"email", least("email", "me"), `email: "me" is no address`},
		{"stack", least("stack", "My Stack"), "rehydrate:stack"},
		{"unknown", least("archivPrefix", "a/"), "rehydrate:archivPrefix: is no setting; the nearest is archive"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Read(c.context); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v\nwant one that says %q", err, c.want)
			} else if strings.Contains(err.Error(), "hush") {
				t.Error("the error shows a password")
			}
		})
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	_, err := Read(map[string]any{"rehydrate:zone": "x", "rehydrate:live": "maybe", "rehydrate:nonsense": 1.0})
	for _, name := range []string{"archive:", "zone:", "live:", "nonsense:"} {
		if err == nil || !strings.Contains(err.Error(), Prefix+name) {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
}

// What is accepted here can be read by the Lambdas.
func TestLambdasReadWhatWasSet(t *testing.T) {
	for _, context := range []map[string]any{
		least(),
		least("search", nil),
		least("searchAuth", "basic", "searchSecret", secretARN),
		least("searchAuth", "sigv4", "searchDomain", domainARN),
		least("indexPrefix", "logs", "zone", "Europe/Berlin", "archiveZone", "Asia/Tokyo", "archiveRegion", "us-east-1", "archiveBucketRegion", "us-west-2", "archiveRequesterPays", "true", "fields", "account", "parse", "true",
			"shards", "2", "replicas", "0", "refreshInterval", "30s", "bulkBytes", "1048576", "bulkInFlight", "3",
			"bulkGzip", "true", "recordLimit", "2097152", "indexMemory", "3008"),
	} {
		s, err := Read(context)
		if err != nil {
			t.Fatal(err)
		}
		want := s.Settings
		want.RunBucket, want.Version, want.Network = "my-runs", "1.2.3", run.NetworkInternet
		if s.Cluster.Domain != "" {
			want.Search.Region = "ap-northeast-1"
		}
		variables := s.Environment(Made{ArchiveBucket: "my-archive", RunBucket: "my-runs", SearchURL: s.Search.URL, Version: "1.2.3"})
		got, err := settings.Read(func(name string) string { return variables[name] })
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("Lambdas read %+v\nwant %+v", got, want)
		}
	}
}

// How the index Lambda reaches S3 and the cluster is known where the stack makes it
// so, for prices.
func TestNetworkIsToldForPrices(t *testing.T) {
	vpc := []any{"search", "https://vpc-logs.example", "vpc", "vpc-0123456789abcdef0", "subnets", "subnet-0123456789abcdef0"}
	for want, context := range map[string]map[string]any{
		"":                  least(), // the default
		run.NetworkNAT:      least(vpc...),
		run.NetworkEndpoint: least(append(vpc, "s3Endpoint", "true", "routeTables", "rtb-0123456789abcdef0")...),
	} {
		s, err := Read(context)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Environment(Made{ArchiveBucket: "a", RunBucket: "r", SearchURL: "u", Version: "v"})["NETWORK"]; got != want {
			t.Errorf("NETWORK is %q, want %q", got, want)
		}
	}
}

// Every key is encrypted with the key that it names.
func TestKeysAreTaken(t *testing.T) {
	s, err := Read(least("archiveKey", keyARN, "searchAuth", "apikey", "searchSecret", secretARN, "searchSecretKey", keyARN))
	if err != nil || s.Archive.Key != keyARN || s.Cluster.SecretKey != keyARN {
		t.Errorf("read %+v, %v", s, err)
	}
}
