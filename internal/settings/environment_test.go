package settings

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

func environment(pairs ...string) func(string) string {
	env := map[string]string{
		"ARCHIVE_BUCKET": "archive", "RUN_BUCKET": "runs", "SEARCH_URL": "https://search.example:9200/",
	}
	for i := 0; i < len(pairs); i += 2 {
		env[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return env[name] }
}

func TestSettingsDefaults(t *testing.T) {
	s, err := Read(environment())
	if err != nil {
		t.Fatal(err)
	}
	if s.Zone.String() != "Asia/Tokyo" || s.IndexPrefix != "ecs-task" || s.ArchiveZone.String() != "UTC" ||
		s.ArchivePrefixes[0] != "_/cwl/ecs/ecs-task/!{timestamp:yyyy/MM/dd/HH}/" ||
		s.Search.URL != "https://search.example:9200" || s.Search.Auth != "none" ||
		s.BulkBytes != 5<<20 || s.BulkInFlight != 2 || s.Shards != -1 || s.RecordLimit != 64<<20 || s.IndexMemory != 1769 {
		t.Errorf("defaults are %+v", s)
	}
}

func TestSettingsRefused(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"ARCHIVE_BUCKET", "", "ARCHIVE_BUCKET: missing"},
		{"ARCHIVE_PREFIXES", `["logs/"`, `ARCHIVE_PREFIXES: "[\"logs/\"" is no JSON array of strings`},
		{"TIME_ZONE", "Asia/Atlantis", `TIME_ZONE: "Asia/Atlantis" is no time zone`},
		{"TIME_ZONE", "Local", `TIME_ZONE: "Local" is no time zone`},
		{"INDEX_PREFIX", "Logs", "upper-case"},
		{"INDEX_PREFIX", "_logs", `begins with "_"`},
		{"INDEX_PREFIX", "a*b", "holds '*'"},
		{"INDEX_PREFIX", strings.Repeat("a", 250), "too long"},
		{"SEARCH_URL", "search.example", `SEARCH_URL: it is no http or https URL`},
		{"SEARCH_URL", "https://me:secret@search.example", "would be shown to everybody"},
		{"SEARCH_AUTH", "kerberos", `SEARCH_AUTH: "kerberos" is none of none, basic, apikey, sigv4`},
		{"SEARCH_AUTH", "basic", "SEARCH_SECRET: goes with"},
		{"SEARCH_SECRET", "arn:aws:secretsmanager:x", "SEARCH_SECRET: goes with"},
		{"SEARCH_AUTH", "sigv4", "SEARCH_REGION: missing"},
		{"FIELDS", `["level"]`, `FIELDS: "level" is none of logGroup, logStream, account, region`},
		{"FIELDS", `["region"]`, "ARCHIVE_REGION: missing"},
		{"BULK_BYTES", "5MB", `BULK_BYTES: "5MB" is no whole number`},
		{"PARSE", "yes", `PARSE: "yes" is neither true nor false`},
	} {
		t.Run(c.name+" "+c.value, func(t *testing.T) {
			_, err := Read(environment(c.name, c.value))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret@") {
				t.Error("the error shows a password")
			}
		})
	}
}

func TestSettingsNameAllFaultsAtOnce(t *testing.T) {
	_, err := Read(environment("ARCHIVE_BUCKET", "", "TIME_ZONE", "x", "PARSE", "1"))
	for _, name := range []string{"ARCHIVE_BUCKET", "TIME_ZONE", "PARSE"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
}

func TestVariablesAreWhatReadTakes(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	want := run.Settings{
		Stack: "other", ArchiveBucketRegion: "us-west-2", ArchiveRequesterPays: true, ArchiveRestore: true,
		ArchiveBucket: "archive", ArchivePrefixes: []string{"a/", "b/!{timestamp:yyyy}/"}, ArchiveZone: zone,
		ArchiveRegion: "ap-northeast-1", TimeFields: []string{"when", "at"}, AssumeZone: zone, IDs: "derived",
		RunBucket: "runs", ArchiveEndpoint: "http://localhost:1", RunEndpoint: "http://localhost:2",
		IndexPrefix: "logs", Zone: zone, Fields: []string{"logGroup", "account"}, Parse: true, Exact: true,
		Shards: 3, Replicas: 0, LoadReplicas: 2, RefreshInterval: "30s",
		Search:    run.Search{URL: "https://search.example", Auth: "basic", Secret: "arn:secret", CA: "PEM", Region: "eu-central-1", Master: "arn:master", Writers: []string{"arn:a"}, Readers: []string{"arn:b"}, Dashboards: "https://kibana.example"},
		Limits:    run.Limits{MaxBytes: 1 << 40, MaxEvents: 1_000_000, MaxCost: "2.50", MaxDuration: "2h"},
		Network:   run.NetworkNAT,
		BulkBytes: 1 << 20, BulkInFlight: 4, BulkGzip: true, RecordLimit: 2 << 20, IndexMemory: 3008, Version: "1.2.3",
	}
	// A member that is zero here would not be tested.
	for v, i := reflect.ValueOf(want), 0; i < v.NumField(); i++ {
		if name := v.Type().Field(i).Name; v.Field(i).IsZero() && name != "Replicas" {
			t.Errorf("%s is not set in this test", name)
		}
	}
	variables := Variables(want)
	got, err := Read(func(name string) string { return variables[name] })
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v\nwant %+v", got, want)
	}
}

// What is the default takes no room in the 4 KB of a Lambda's environment.
func TestDefaultsAreLeftOut(t *testing.T) {
	s, err := Read(environment())
	if err != nil {
		t.Fatal(err)
	}
	s.ArchivePrefixes = []string{"logs/"}
	want := map[string]string{
		"ARCHIVE_BUCKET": "archive", "RUN_BUCKET": "runs", "SEARCH_URL": "https://search.example:9200",
		"ARCHIVE_PREFIXES": `["logs/"]`,
	}
	if got := Variables(s); !reflect.DeepEqual(got, want) {
		t.Errorf("variables are %q\nwant %q", got, want)
	}
}

// The functions of AWS say their region by themselves.
func TestRegionOfTheFunction(t *testing.T) {
	s, err := Read(environment("AWS_REGION", "ap-northeast-1", "SEARCH_REGION", "us-east-1", "SEARCH_AUTH", "sigv4", "FIELDS", `["region"]`))
	if err != nil || s.ArchiveRegion != "ap-northeast-1" || s.Search.Region != "us-east-1" {
		t.Errorf("regions are %q and %q, %v", s.ArchiveRegion, s.Search.Region, err)
	}
}

func BenchmarkRead(b *testing.B) {
	env := environment()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(env); err != nil {
			b.Fatal(err)
		}
	}
}
