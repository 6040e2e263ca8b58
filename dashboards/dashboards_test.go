package dashboards

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// saved reads a file as an import does: a JSON object on each line.
func saved(t *testing.T, file []byte) []object {
	t.Helper()
	var objects []object
	for line := range bytes.Lines(file) {
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		var o object
		if err := d.Decode(&o); err != nil || !bytes.HasSuffix(line, []byte("\n")) {
			t.Fatalf("%v in the line %s", err, line)
		}
		objects = append(objects, o)
	}
	return objects
}

// inner reads the JSON in a string attribute.
func inner[T any](t *testing.T, attributes map[string]any, name string) T {
	t.Helper()
	var v T
	s, _ := attributes[name].(string)
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatalf("%s is no JSON (%v): %s", name, err, s)
	}
	return v
}

type searchSource struct {
	Query        struct{ Query, Language string }
	Filter       []any
	IndexRefName string
}

func sourceOf(t *testing.T, o object) searchSource {
	t.Helper()
	meta, _ := o.Attributes["kibanaSavedObjectMeta"].(map[string]any)
	return inner[searchSource](t, meta, "searchSourceJSON")
}

func all(t *testing.T) map[string][]object {
	return map[string][]object{
		"plain":     saved(t, Make(Options{IndexPrefix: "ecs-task"})),
		"parsed":    saved(t, Make(Options{IndexPrefix: "ecs-task", Parse: true})),
		"of a name": saved(t, Make(Options{IndexPrefix: `ログ&'test.x`, Parse: true})),
	}
}

// What an object refers to stands before it in the file, and each name that its
// attributes use is one of its references.
func TestReferencesResolve(t *testing.T) {
	for name, objects := range all(t) {
		known := map[string]string{}
		for _, o := range objects {
			if _, ok := known[o.ID]; ok {
				t.Errorf("%s: two objects have the id %s", name, o.ID)
			}
			var names []string
			for _, r := range o.References {
				names = append(names, r.Name)
				if known[r.ID] != r.Type {
					t.Errorf("%s: %s refers to %s %s, which does not stand before it", name, o.ID, r.Type, r.ID)
				}
			}
			known[o.ID] = o.Type
			var used []string
			switch o.Type {
			case "search", "visualization":
				used = []string{sourceOf(t, o).IndexRefName}
			case "dashboard":
				for _, p := range inner[[]struct{ PanelRefName string }](t, o.Attributes, "panelsJSON") {
					used = append(used, p.PanelRefName)
				}
			}
			if !slices.Equal(names, used) {
				t.Errorf("%s: %s has the references %v and uses %v", name, o.ID, names, used)
			}
			want := map[string]string{"index-pattern": "7.6.0", "search": "7.9.3", "visualization": "7.10.0", "dashboard": "7.9.3"}[o.Type]
			if len(o.MigrationVersion) != 1 || o.MigrationVersion[o.Type] != want || want == "" {
				t.Errorf("%s: %s has the migration versions %v", name, o.ID, o.MigrationVersion)
			}
			if o.Attributes["title"] == "" {
				t.Errorf("%s: %s has no title", name, o.ID)
			}
		}
	}
}

func TestIndexPattern(t *testing.T) {
	a := all(t)["plain"][0]
	if a.Type != "index-pattern" || a.Attributes["title"] != "ecs-task-20*" || a.Attributes["timeFieldName"] != "@timestamp" {
		t.Errorf("the first object is %+v", a)
	}
	if fields := inner[[]any](t, a.Attributes, "fields"); len(fields) != 0 {
		t.Errorf("the fields are given as %v, though the cluster knows them", fields)
	}
}

// The saved search shows time and message, the newest first, and opens with a
// search bar in Lucene's language.
func TestSavedSearch(t *testing.T) {
	o := all(t)["plain"][1]
	s := sourceOf(t, o)
	if o.Type != "search" || s.Query.Language != "lucene" || s.Query.Query != "" || len(s.Filter) != 0 {
		t.Errorf("the search is %+v with the source %+v", o, s)
	}
	// The time stands before these: the pattern has a time field.
	if got := text(o.Attributes["columns"]); got != `["message"]` {
		t.Errorf("the columns are %s", got)
	}
	if got := text(o.Attributes["sort"]); got != `[["@timestamp","desc"]]` {
		t.Errorf("the order is %s", got)
	}
}

type aggregation struct {
	ID, Type, Schema string
	Enabled          bool
	Params           struct {
		Field   string
		Filters []struct {
			Label string
			Input struct{ Query, Language string }
		}
	}
}

type state struct {
	Title, Type string
	Aggs        []aggregation
	Params      struct {
		ValueAxes, CategoryAxes []struct{ ID string }
		SeriesParams            []struct {
			ValueAxis string
			Data      struct{ ID string }
		}
	}
}

func TestCharts(t *testing.T) {
	charts := map[string]int{"plain": 1, "parsed": 2}
	for name, want := range charts {
		n := 0
		for _, o := range all(t)[name] {
			if o.Type != "visualization" {
				continue
			}
			n++
			s := inner[state](t, o.Attributes, "visState")
			if s.Type != "histogram" || s.Title != o.Attributes["title"] || len(s.Aggs) != n+1 {
				t.Errorf("%s: chart %d is %+v", name, n, s)
			}
			if s.Aggs[0].Type != "count" || s.Aggs[1].Type != "date_histogram" || s.Aggs[1].Params.Field != "@timestamp" {
				t.Errorf("%s: it counts %+v over %+v", name, s.Aggs[0], s.Aggs[1])
			}
			p := s.Params
			if len(p.CategoryAxes) != 1 || len(p.ValueAxes) != 1 || len(p.SeriesParams) != 1 ||
				p.SeriesParams[0].ValueAxis != p.ValueAxes[0].ID || p.SeriesParams[0].Data.ID != s.Aggs[0].ID {
				t.Errorf("%s: its series and axes do not belong together: %+v", name, p)
			}
			if n == 2 {
				filters := s.Aggs[2].Params.Filters
				if s.Aggs[2].Type != "filters" || len(filters) != len(Levels()) {
					t.Errorf("it parts by %+v", s.Aggs[2])
				}
				for _, f := range filters {
					if f.Label == "" || f.Input.Language != "lucene" || !strings.Contains(f.Input.Query, "parsed.level:(") {
						t.Errorf("a part is %+v", f)
					}
				}
			}
		}
		if n != want {
			t.Errorf("%s: %d charts, want %d", name, n, want)
		}
	}
}

// The panels stand below one another and do not overlap.
func TestDashboard(t *testing.T) {
	for name, objects := range all(t) {
		d := objects[len(objects)-1]
		if d.Type != "dashboard" {
			t.Fatalf("%s: the last object is of type %s", name, d.Type)
		}
		panels := inner[[]struct {
			PanelIndex string
			GridData   struct {
				X, Y, W, H int
				I          string
			}
		}](t, d.Attributes, "panelsJSON")
		if len(panels) != len(objects)-2 { // all but the index pattern and itself
			t.Errorf("%s: %d panels for %d objects", name, len(panels), len(objects))
		}
		y := 0
		for _, p := range panels {
			if p.GridData.I != p.PanelIndex || p.GridData.X != 0 || p.GridData.Y != y || p.GridData.W != 48 || p.GridData.H <= 0 {
				t.Errorf("%s: panel %+v", name, p)
			}
			y += p.GridData.H
		}
		inner[map[string]bool](t, d.Attributes, "optionsJSON")
		if s := sourceOf(t, d); s.Query.Language != "lucene" {
			t.Errorf("%s: its query is %+v", name, s.Query)
		}
	}
}

// The same prefix gives the same file, another one other ids.
func TestIDs(t *testing.T) {
	if !bytes.Equal(Make(Options{IndexPrefix: "a", Parse: true}), Make(Options{IndexPrefix: "a", Parse: true})) {
		t.Error("two files for the same prefix differ")
	}
	ids := map[string]bool{}
	for _, o := range saved(t, Make(Options{IndexPrefix: "a", Parse: true})) {
		ids[o.ID] = true
	}
	for _, o := range saved(t, Make(Options{IndexPrefix: "b", Parse: true})) {
		if ids[o.ID] {
			t.Errorf("%s is of both prefixes", o.ID)
		}
	}
}
