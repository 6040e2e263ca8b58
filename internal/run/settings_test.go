package run

import (
	"strings"
	"testing"
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
	s, err := ReadSettings(environment())
	if err != nil {
		t.Fatal(err)
	}
	if s.Zone.String() != "Asia/Tokyo" || s.IndexPrefix != "ecs-task" || s.ArchiveZone.String() != "UTC" ||
		s.ArchivePrefixes[0] != "_/cwl/ecs/ecs-task/!{timestamp:yyyy/MM/dd/HH}/" ||
		s.Search.URL != "https://search.example:9200" || s.Search.Auth != "none" ||
		s.BulkBytes != 5<<20 || s.BulkInFlight != 2 || s.Shards != -1 {
		t.Errorf("defaults are %+v", s)
	}
}

func TestSettingsRefused(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"ARCHIVE_BUCKET", "", "ARCHIVE_BUCKET: missing"},
		{"ARCHIVE_PREFIXES", "logs/", `ARCHIVE_PREFIXES: "logs/" is no JSON array of strings`},
		{"TIME_ZONE", "Asia/Atlantis", `TIME_ZONE: "Asia/Atlantis" is no time zone`},
		{"TIME_ZONE", "Local", `TIME_ZONE: "Local" is no time zone`},
		{"INDEX_PREFIX", "Logs", "upper-case"},
		{"INDEX_PREFIX", "_logs", `begins with "_"`},
		{"INDEX_PREFIX", "a*b", "holds '*'"},
		{"INDEX_PREFIX", strings.Repeat("a", 250), "too long"},
		{"SEARCH_URL", "search.example", `SEARCH_URL: "search.example" is no http or https URL`},
		{"SEARCH_URL", "https://me:secret@search.example", "would be shown in logs"},
		{"SEARCH_AUTH", "kerberos", `SEARCH_AUTH: "kerberos" is none of none, basic, apikey, sigv4`},
		{"SEARCH_AUTH", "basic", "SEARCH_SECRET: goes with"},
		{"SEARCH_SECRET", "arn:aws:secretsmanager:x", "SEARCH_SECRET: goes with"},
		{"SEARCH_AUTH", "sigv4", "SEARCH_REGION: missing"},
		{"FIELDS", `["level"]`, `FIELDS: "level" is no field`},
		{"FIELDS", `["region"]`, "ARCHIVE_REGION: missing"},
		{"BULK_BYTES", "5MB", `BULK_BYTES: "5MB" is no whole number`},
		{"PARSE", "yes", `PARSE: "yes" is neither true nor false`},
	} {
		t.Run(c.name+" "+c.value, func(t *testing.T) {
			_, err := ReadSettings(environment(c.name, c.value))
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
	_, err := ReadSettings(environment("ARCHIVE_BUCKET", "", "TIME_ZONE", "x", "PARSE", "1"))
	for _, name := range []string{"ARCHIVE_BUCKET", "TIME_ZONE", "PARSE"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
}

func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"7bfe19bf-6bb7-4dd5-8c96-0b2bd5f05c4c": true, "r_1.2": true,
		"": false, "..": false, "a/b": false, "a b": false, strings.Repeat("a", 81): false,
	} {
		if ValidName(name) != want {
			t.Errorf("ValidName(%q) = %v", name, !want)
		}
	}
}
