package settings

import (
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/rehydrate/rehydrate/internal/run"
)

func flags(s *run.Settings, names ...string) *pflag.FlagSet {
	fs := pflag.NewFlagSet("run", pflag.ContinueOnError)
	fs.SetOutput(io.Discard)
	Flags(fs, s, names...)
	return fs
}

func TestFlagsFillSettings(t *testing.T) {
	var got run.Settings
	if err := flags(&got).Parse([]string{
		"--prefix", "a,b/", "--prefix=c/", "--archive-zone", "Asia/Tokyo", "--zone", "UTC", "--index-prefix", "logs",
		"--search", "http://127.0.0.1:9200/", "--search-auth", "basic", "--search-secret", "file:secret.json",
		"--fields", "logGroup,account", "--fields", "logStream", "--parse",
	}); err != nil {
		t.Fatal(err)
	}
	var want run.Settings
	Default(&want, "env")
	want.ArchivePrefixes = []string{"a,b/", "c/"}
	want.ArchiveZone, want.Zone = want.Zone, want.ArchiveZone
	want.IndexPrefix = "logs"
	want.Search = run.Search{URL: "http://127.0.0.1:9200", Auth: "basic", Secret: "file:secret.json"}
	want.Fields = []string{"logGroup", "account", "logStream"}
	want.Parse = true
	if !reflect.DeepEqual(got, want) {
		t.Errorf("flags say %+v\nwant      %+v", got, want)
	}
}

func TestFlagsRefused(t *testing.T) {
	for _, c := range []struct{ flag, value, want string }{
		{"zone", "Mars", `"--zone" flag: "Mars" is no time zone`},
		{"archive-zone", "Local", `"Local" is no time zone`},
		{"index-prefix", "Logs", "upper-case"},
		{"search-auth", "kerberos", "is none of none, basic, apikey, sigv4"},
		{"search", "search.example", "it is no http or https URL"},
		{"fields", "logGroup,level", `"level" is none of logGroup, logStream`},
		{"parse", "yes", `"yes" is neither true nor false`},
	} {
		t.Run(c.flag, func(t *testing.T) {
			var s run.Settings
			if err := flags(&s).Parse([]string{"--" + c.flag + "=" + c.value}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v\nwant one that says %q", err, c.want)
			}
		})
	}
}

// A command takes the flags that it names, and every setting has its default.
func TestFlagsOfACommand(t *testing.T) {
	var s run.Settings
	fs := flags(&s, "index-prefix", "parse")
	want := `      --index-prefix string   indices are named PREFIX-YYYY-MM-DD (default "ecs-task")
      --parse                 add the members of messages that are JSON, in one flattened field
`
	if got := fs.FlagUsages(); got != want {
		t.Errorf("help is\n%s\nwant\n%s", got, want)
	}
	if s.IndexPrefix != "ecs-task" || s.IndexMemory != 1769 || s.Zone.String() != "Asia/Tokyo" {
		t.Errorf("defaults are %+v", s)
	}
}

// What help shows of all flags can be read: no Markdown, a default where there is one.
func TestFlagsExplainThemselves(t *testing.T) {
	var s run.Settings
	flags(&s).VisitAll(func(f *pflag.Flag) {
		if f.Usage == "" || strings.ContainsAny(f.Usage, "*`") {
			t.Errorf("--%s says %q", f.Name, f.Usage)
		}
	})
}
