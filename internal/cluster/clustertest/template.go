package clustertest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/document"
	"github.com/rehydrate/rehydrate/internal/run"
)

func testInfo(t *testing.T, s *suite) {
	got, err := s.Prepare(t.Context(), s.settings(), s.plan())
	if err != nil {
		t.Fatal(err)
	}
	if got.Product != cmp.Or(s.target.Product, got.Product) || got.Version != cmp.Or(s.target.Version, got.Version) {
		t.Errorf("recognised as %s %s, want %s %s", got.Product, got.Version, s.target.Product, s.target.Version)
	}
	if got.Product != "elasticsearch" && got.Product != "opensearch" {
		t.Errorf("recognised as %q", got.Product)
	}
}

// Ours is put once, seen again, renewed when settings change, and makes the
// indices that a bulk creates, of the best that the cluster has.
func testTemplate(t *testing.T, s *suite) {
	settings := s.settings()
	name := "rehydrate-" + s.prefix
	s.send(t, esapi.IndicesDeleteIndexTemplateRequest{Name: name})
	if r := s.send(t, esapi.IndicesGetIndexTemplateRequest{Name: name}); r.status != http.StatusNotFound {
		t.Errorf("getting a template that is not there was answered with %d, want 404\n%s", r.status, r.body)
	}
	for i, step := range []struct {
		doing     string
		refresh   string
		exact     bool
		installed bool
	}{
		{"first", "30s", false, true},
		{"again", "30s", false, false},
		{"with another setting", "60s", false, true},
		{"exact", "60s", true, true},
		{"exact again", "60s", true, false},
		{"no longer exact", "60s", false, true},
	} {
		settings.RefreshInterval, settings.Exact = step.refresh, step.exact
		settings.Fields = []string{"logGroup", "account"}
		got, err := s.Prepare(t.Context(), settings, s.plan())
		if err != nil {
			t.Fatalf("%s: %v", step.doing, err)
		}
		if got.Template != name || got.Installed != step.installed || len(got.Warnings) != 0 {
			t.Errorf("%s: %+v, want %s, installed %t, no warning", step.doing, got, name, step.installed)
		}
		s.checkMade(t, fmt.Sprintf("%s-2019-01-%02d", s.prefix, i+1), settings)
	}
	s.must(t, esapi.IndicesDeleteIndexTemplateRequest{Name: name})
	if r := s.must(t, esapi.IndicesSimulateIndexTemplateRequest{Name: s.prefix + "-2018-12-11"}); canonical(t, string(r.body)) != "{}" {
		t.Errorf("with the template deleted a simulated index is %s", r.body)
	}
}

// checkMade has a bulk create an index and looks at what it was made with.
func (s *suite) checkMade(t *testing.T, name string, settings run.Settings) {
	t.Helper()
	s.delete(t, name)
	if items := s.items(t, line(name, strings.Repeat("3", 56), source(noon, `"a"`))); items[0].Status != http.StatusCreated {
		t.Fatalf("create: %+v", items[0])
	}
	var made map[string]struct {
		Settings struct {
			Index struct {
				Codec   string
				Shards  string `json:"number_of_shards"`
				Refresh string `json:"refresh_interval"`
			}
		}
		Mappings json.RawMessage
	}
	s.must(t, esapi.IndicesGetRequest{Index: []string{name}}).decode(t, &made)
	index := made[name]
	if index.Settings.Index.Codec != "best_compression" || index.Settings.Index.Shards != "1" || index.Settings.Index.Refresh != settings.RefreshInterval {
		t.Errorf("the index has the settings %+v", index.Settings.Index)
	}
	message := `{"type":"text","norms":false}`
	if s.target.MatchOnly {
		message = `{"type":"match_only_text"}`
	}
	if settings.Exact {
		message = strings.TrimSuffix(message, "}") + `,"fields":{"keyword":{"type":"keyword","ignore_above":8191,"doc_values":false}}}`
	}
	want := `{"dynamic":"false","properties":{` +
		`"@timestamp":{"type":"date"},` +
		`"aws":{"properties":{"cloudwatch":{"properties":{"log_group":{"type":"keyword","ignore_above":1024}}}}},` +
		`"cloud":{"properties":{"account":{"properties":{"id":{"type":"keyword","ignore_above":1024}}}}},` +
		`"message":` + message + `}}`
	if got := string(index.Mappings); canonical(t, got) != canonical(t, want) {
		t.Errorf("the index has the mappings\n%s\nwant\n%s", got, want)
	}
}

// An index keeps the mapping that it was made with, and Prepare tells so.
func testExact(t *testing.T, s *suite) {
	settings := s.settings()
	for _, exact := range []bool{false, true} {
		s.delete(t, s.index())
		for _, now := range []bool{exact, !exact} {
			settings.Exact = now
			got, err := s.Prepare(t.Context(), settings, s.plan())
			if err != nil {
				t.Fatal(err)
			}
			s.items(t, line(s.index(), strings.Repeat("3", 56), source(noon, `"a"`)))
			told := len(got.Warnings) == 1 && strings.Contains(got.Warnings[0], s.index()) && strings.Contains(got.Warnings[0], "message.keyword")
			if told != (now != exact) || len(got.Warnings) > 1 {
				t.Errorf("made with exact %t, prepared with %t: warnings %q", exact, now, got.Warnings)
			}
		}
	}
}

// canonical is JSON with its members in order.
func canonical(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A template of somebody else's with a higher priority applies, and stays.
func testTemplateOfOthers(t *testing.T, s *suite) {
	name := s.prefix + "-own"
	body := `{"index_patterns":["` + s.prefix + `-*"],"priority":3,"template":{"mappings":{"properties":{"message":{"type":"keyword"}}}}}`
	s.must(t, esapi.IndicesPutIndexTemplateRequest{Name: name, Body: strings.NewReader(body)})
	t.Cleanup(func() { _, _ = esapi.IndicesDeleteIndexTemplateRequest{Name: name}.Do(t.Context(), s) })
	defer s.must(t, esapi.IndicesDeleteIndexTemplateRequest{Name: name})
	got, err := s.Prepare(t.Context(), s.settings(), s.plan())
	if err != nil {
		t.Fatal(err)
	}
	if got.Template != name || got.Installed {
		t.Errorf("%+v, want %s to stay", got, name)
	}
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "message as keyword without ignore_above") {
		t.Errorf("warnings %q, want one on message", got.Warnings)
	}
}

// What a cluster would do wrong it refuses when the template is put.
func testTemplateRefused(t *testing.T, s *suite) {
	ours := `{"index_patterns":["` + s.prefix + `-20*"],"priority":0,"template":{}}`
	s.must(t, esapi.IndicesPutIndexTemplateRequest{Name: s.prefix, Body: strings.NewReader(ours)})
	defer s.must(t, esapi.IndicesDeleteIndexTemplateRequest{Name: s.prefix})
	for name, body := range map[string]string{
		"same priority":       `{"index_patterns":["` + s.prefix + `-*"],"template":{}}`,
		"unknown type":        `{"index_patterns":["` + s.prefix + `-x"],"template":{"mappings":{"properties":{"a":{"type":"nonsense"}}}}}`,
		"unknown setting":     `{"index_patterns":["` + s.prefix + `-x"],"template":{"settings":{"index.nonsense":1}}}`,
		"unknown member":      `{"index_patterns":["` + s.prefix + `-x"],"nonsense":1}`,
		"no index_patterns":   `{"template":{}}`,
		"not JSON":            `{"index_patterns":`,
		"unknown mapping key": `{"index_patterns":["` + s.prefix + `-x"],"template":{"mappings":{"properties":{"a":{"type":"text","nonsense":1}}}}}`,
	} {
		r := s.send(t, esapi.IndicesPutIndexTemplateRequest{Name: s.prefix + "-other", Body: strings.NewReader(body)})
		if r.status != http.StatusBadRequest {
			t.Errorf("%s: answered with %d, want 400\n%s", name, r.status, r.body)
		}
	}
}

// A parsed message lies in one field, of the type that the cluster has for it; a
// cluster that has none refuses the template.
func testParsed(t *testing.T, s *suite) {
	settings := s.settings()
	settings.Parse = true
	name := "rehydrate-" + s.prefix
	s.delete(t, s.index())
	_, err := s.Prepare(t.Context(), settings, s.plan())
	if s.target.Parse == "" {
		if err == nil || !strings.Contains(err.Error(), "neither the type flattened") {
			t.Errorf("prepared: %v, want that the cluster has no type for parsed messages", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.must(t, esapi.IndicesDeleteIndexTemplateRequest{Name: name})
	if again, err := s.Prepare(t.Context(), settings, s.plan()); err != nil || again.Installed || len(again.Warnings) != 0 {
		t.Errorf("again: %+v, %v, want nothing new", again, err)
	}
	body := ""
	documents := map[string]string{}
	for i, parsed := range []string{
		`{"level":"ERROR","nested":{"a":{"b":1}},"list":[1,"x",{"y":null}]}`,
		`{"level":{"name":"WARN"},"n":1.5}`, // level is an object here
		`{}`,
	} {
		id := string(rune('a' + i))
		documents[id] = strings.TrimSuffix(source(noon, `"m"`), "}") + `,"parsed":` + parsed + `}`
		body += line(s.index(), id, documents[id])
	}
	for _, i := range s.items(t, body) {
		if i.Status != http.StatusCreated {
			t.Errorf("create %s: %+v", i.ID, i)
		}
	}
	s.refresh(t, s.index())
	for id, want := range documents {
		if got := string(s.get(t, s.index(), id)); got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
	s.testMakersLimits(t, settings)
}

// testMakersLimits sends JSON messages at the edge of what package document puts
// into the field: whatever it makes, the cluster takes.
func (s *suite) testMakersLimits(t *testing.T, settings run.Settings) {
	t.Helper()
	maker := document.NewMaker(settings)
	messages := []string{
		`{"a":"` + strings.Repeat("x", 31_900) + `"}`,
		`{"a":"` + strings.Repeat("x", 33_000) + `"}`,
		`{"a":"` + strings.Repeat("あ", 10_600) + `"}`,
		`{"a":` + strings.Repeat("7", 999) + `}`,
		`{"a":` + strings.Repeat("7", 2000) + `}`,
		`{"a":1e400,"b":-0.0,"c":123456789012345678901234567890}`,
		strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20),
		strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60),
		`{"a":` + strings.Repeat("[", 60) + "1" + strings.Repeat("]", 60) + `}`,
		`{"` + strings.Repeat("k", 31_000) + `":"v"}`,
		`{"":1,".":2,"a.b":3,"..":4," ":5,"a":{"":{"":6}}}`,
		`{"a\u0000b":1,"c":"d\u0000e"}`,
		`{"\ud800":1,"s":"\udfff"}`,
		`{"a":1,"a":2}`,
		`{"a.b":1,"a":{"b":2}}`,
		`{"_id":"x","_source":{},"@timestamp":"never","parsed":{"parsed":1}}`,
		`{"a":null,"b":[],"c":{},"d":[{},[],null]}`,
		`{"a":true,"b":"2018-12-10","c":"17"}`,
	}
	body := ""
	for i, message := range messages {
		quoted, err := json.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		e := decode.Event{ID: []byte("limit-" + strconv.Itoa(i)), Time: 1544414264183, Message: quoted}
		body += string(maker.Append(nil, &e))
	}
	for i, item := range s.items(t, body) {
		if item.Status != http.StatusCreated {
			t.Errorf("the document of %.80s was answered with %+v", messages[i], item)
		}
	}
}
