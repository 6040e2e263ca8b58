package cluster

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

func noonOf(day int) time.Time { return time.Date(2018, 12, day, 12, 0, 0, 0, time.UTC) }

func TestDays(t *testing.T) {
	tokyo, newYork := zone(t, "Asia/Tokyo"), zone(t, "America/New_York")
	for _, c := range []struct {
		zone     *time.Location
		from, to string
		want     string
	}{
		{tokyo, "2018-12-10T00:00:00+09:00", "2018-12-12T00:00:00+09:00", "10 11"},
		{tokyo, "2018-12-09T14:59:59.999Z", "2018-12-09T15:00:00.001Z", "09 10"},
		{tokyo, "2018-12-09T15:00:00Z", "2018-12-09T15:00:00.001Z", "10"},
		{time.UTC, "2018-12-10T23:00:00Z", "2018-12-11T00:00:00Z", "10"},
		{newYork, "2018-11-04T00:00:00-04:00", "2018-11-05T00:00:00-05:00", "04"}, // a day of 25 hours
		{newYork, "2018-03-11T00:00:00-05:00", "2018-03-13T00:00:00-04:00", "11 12"},
		{zone(t, "America/Sao_Paulo"), "2018-11-04T01:00:00-02:00", "2018-11-06T00:00:00-02:00", "04 05"}, // without midnight
	} {
		from, _ := time.Parse(time.RFC3339Nano, c.from)
		to, _ := time.Parse(time.RFC3339Nano, c.to)
		var got []string
		for _, name := range days("p", c.zone, from, to) {
			got = append(got, name[len(name)-2:])
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s to %s in %s: %q, want %s", c.from, c.to, c.zone, got, c.want)
		}
	}
	if got := days("ecs-task", tokyo, noonOf(31), noonOf(31).AddDate(10, 0, 0)); len(got) != 3654 || got[1] != "ecs-task-2019-01-01" {
		t.Errorf("ten years are %d days, the second %s", len(got), got[1])
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"*", "anything", true},
		{"ecs-*", "ecs-task-2018-12-10", true},
		{"ecs-task-20*-*-*", "ecs-task-2018-12-10", true},
		{"ecs-task-20*-*-*", "ecs-task-staging-2018-12-10", false},
		{"*-10", "ecs-task-2018-12-10", true},
		{"*-12-*", "ecs-task-2018-12-10", true},
		{"a*a", "a", false},
		{"a*a", "aa", true},
		{"a*b*a", "aba", true},
		{"a**a", "aa", true},
		{"exact", "exact", true},
		{"exact", "exactly", false},
		{"", "x", false},
	} {
		if got := matches(c.pattern, c.name); got != c.want {
			t.Errorf("%q matches %q: %t, want %t", c.pattern, c.name, got, c.want)
		}
	}
}

func TestAutoCreate(t *testing.T) {
	for setting, want := range map[string]bool{
		"true": true, "false": false, "": false,
		"ecs-*": true, "+ecs-*": true, "-ecs-*": false, "logs-*": false,
		"-ecs-task-*,+*": false, "+ecs-task-*,-*": true, ".security, +ecs*": true,
	} {
		if got := (limits{autoCreate: setting}).creates("ecs-task-2018-12-10"); got != want {
			t.Errorf("%q creates: %t, want %t", setting, got, want)
		}
	}
}

// What an index lacks for documents, by its mappings and settings.
func TestCheckIndex(t *testing.T) {
	const timestamp, message = `"@timestamp":{"type":"date"}`, `"message":{"type":"text"}`
	for _, c := range []struct {
		what, index string
		settings    run.Settings
		want        []string // parts of warnings
		conflict    string
	}{
		{what: "all there", index: `{"mappings":{"dynamic":"false","properties":{` + timestamp + `,` + message + `}}}`},
		{what: "nothing mapped, dynamic", index: `{}`},
		{what: "nothing mapped, fixed", index: `{"mappings":{"dynamic":false}}`, want: []string{"does not map @timestamp", "does not map message"}},
		{what: "time as keyword", index: `{"mappings":{"properties":{"@timestamp":{"type":"keyword"}}}}`, want: []string{"@timestamp as keyword, not date"}},
		{what: "no date detection", index: `{"mappings":{"date_detection":false}}`, want: []string{"detects no dates"}},
		{what: "nanoseconds", index: `{"mappings":{"properties":{"@timestamp":{"type":"date_nanos"}}}}`},
		{what: "keyword without limit", index: `{"mappings":{"properties":{"message":{"type":"keyword"}}}}`, want: []string{"32,766"}},
		{what: "keyword", index: `{"mappings":{"properties":{"message":{"type":"keyword","ignore_above":256}}}}`, want: []string{"words in it cannot"}},
		{what: "sub-field without limit", index: `{"mappings":{"properties":{"message":{"type":"text","fields":{"raw":{"type":"keyword"}}}}}}`, want: []string{"message.raw as keyword without ignore_above"}},
		{what: "message as number", index: `{"mappings":{"properties":{"message":{"type":"long"}}}}`, want: []string{"as long, not text"}},
		{what: "pipeline", index: `{"settings":{"index":{"default_pipeline":"drop-all","final_pipeline":"_none"}}}`, want: []string{"pipeline drop-all"}},
		{what: "an old type", index: `{"mappings":{"_doc":{"dynamic":"strict","properties":{` + timestamp + `}}}}`, conflict: "does not map message"},
		{what: "strict", index: `{"mappings":{"dynamic":"strict","properties":{` + timestamp + `,` + message + `}}}`},
		{
			what: "strict without a field", index: `{"mappings":{"dynamic":"strict","properties":{` + timestamp + `,` + message + `}}}`,
			settings: run.Settings{Fields: []string{"logGroup"}}, conflict: "aws.cloudwatch.log_group",
		},
		{
			what: "a field by its dotted name", index: `{"mappings":{"dynamic":"strict","properties":{` + timestamp + `,` + message + `,"cloud":{"properties":{"account.id":{"type":"keyword"}}}}}}`,
			settings: run.Settings{Fields: []string{"account"}},
		},
		{
			what: "a field not mapped", index: `{"mappings":{"dynamic":"false","properties":{` + timestamp + `,` + message + `}}}`,
			settings: run.Settings{Fields: []string{"region"}}, want: []string{"does not map cloud.region"},
		},
		{what: "parsed would explode", index: `{}`, settings: run.Settings{Parse: true}, conflict: "field of its own"},
		{
			what: "parsed not mapped", index: `{"mappings":{"dynamic":"false","properties":{` + timestamp + `,` + message + `}}}`,
			settings: run.Settings{Parse: true}, want: []string{"does not map parsed"},
		},
		{what: "parsed as object", index: `{"mappings":{"properties":{"parsed":{"type":"object"}}}}`, settings: run.Settings{Parse: true}, conflict: "field of its own"},
		{what: "parsed flattened", index: `{"mappings":{"properties":{"parsed":{"type":"flattened"}}}}`, settings: run.Settings{Parse: true}},
		{what: "parsed kept only", index: `{"mappings":{"properties":{"parsed":{"type":"object","enabled":false}}}}`, settings: run.Settings{Parse: true}},
	} {
		t.Run(c.what, func(t *testing.T) {
			var index indexConfig
			if err := json.Unmarshal([]byte(c.index), &index); err != nil {
				t.Fatal(err)
			}
			got, err := index.check("it", c.settings)
			if (err != nil) != (c.conflict != "") || err != nil && !strings.Contains(err.Error(), c.conflict) {
				t.Errorf("conflict %v, want %q", err, c.conflict)
			}
			if len(got) != len(c.want) && c.conflict == "" {
				t.Fatalf("%q, want %q", got, c.want)
			}
			for i, part := range c.want {
				if !strings.Contains(got[i], part) {
					t.Errorf("%q does not say %q", got[i], part)
				}
			}
		})
	}
}

// Which templates apply, as the cluster decides it.
func TestTemplatesThatApply(t *testing.T) {
	template := func(name string, priority int64, patterns ...string) composableTemplate {
		c := composableTemplate{Name: name}
		c.Body.Priority, c.Body.IndexPatterns = priority, patterns
		return c
	}
	const ours = "rehydrate-p"
	mine := template(ours, 0, "p-20*-*-*")
	indices := []string{"p-2018-12-10", "p-2018-12-11"}
	for _, c := range []struct {
		what       string
		composable []composableTemplate
		legacy     map[string]legacyTemplate
		applies    []string
		wanted     bool
	}{
		{what: "none", wanted: true},
		{what: "ours", composable: []composableTemplate{mine}, applies: []string{ours}, wanted: true},
		{what: "another's above ours", composable: []composableTemplate{mine, template("a", 1, "p-*")}, applies: []string{"a"}},
		{what: "the higher of others", composable: []composableTemplate{template("b", 7, "p-*"), template("a", 1, "*")}, applies: []string{"b"}},
		{what: "another's on one day", composable: []composableTemplate{template("a", 1, "*-10")}, applies: []string{"a"}, wanted: true},
		{what: "another's of other indices", composable: []composableTemplate{template("a", 1, "q-*")}, wanted: true},
		{what: "legacy", legacy: map[string]legacyTemplate{"l": {IndexPatterns: []string{"p-*"}}}},
		{what: "legacy on one day", legacy: map[string]legacyTemplate{"l": {IndexPatterns: []string{"*-10"}}}},
		{what: "legacy of other indices", legacy: map[string]legacyTemplate{"l": {IndexPatterns: []string{"q-*"}}}, wanted: true},
		{what: "legacy below ours", composable: []composableTemplate{mine}, legacy: map[string]legacyTemplate{"l": {IndexPatterns: []string{"p-*"}}}, applies: []string{ours}, wanted: true},
		{what: "legacy below another's", composable: []composableTemplate{template("a", 1, "p-*")}, legacy: map[string]legacyTemplate{"l": {IndexPatterns: []string{"*"}}}, applies: []string{"a"}},
	} {
		f := templates{ours: ours, composable: c.composable, legacy: c.legacy}.of(indices)
		if got := sortedKeys(f.applies); !slices.Equal(got, c.applies) || f.wanted != c.wanted {
			t.Errorf("%s: %q apply, wanted %t; want %q, %t", c.what, got, f.wanted, c.applies, c.wanted)
		}
	}
}

// Legacy templates are laid over each other by their order.
func TestLegacyTemplates(t *testing.T) {
	var all map[string]legacyTemplate
	if err := json.Unmarshal([]byte(`{
		"base":{"order":0,"index_patterns":["*"],"mappings":{"dynamic":"strict","properties":{"message":{"type":"keyword"},"@timestamp":{"type":"date"}}}},
		"own":{"order":5,"index_patterns":"p-*","mappings":{"properties":{"message":{"type":"text"}}},"settings":{"index":{"default_pipeline":"x"}}},
		"other":{"order":9,"index_patterns":["q-*"],"mappings":{"properties":{"message":{"type":"long"}}}}}`), &all); err != nil {
		t.Fatal(err)
	}
	names, index := templates{legacy: all}.legacyFor("p-2018-12-10")
	if names != "base,own" || index.Mappings.Properties["message"].Type != "text" || index.Mappings.Properties["@timestamp"].Type != "date" ||
		!index.Mappings.isStrict() || index.Settings.Index.DefaultPipeline != "x" {
		t.Errorf("%s make %+v", names, index)
	}
}
