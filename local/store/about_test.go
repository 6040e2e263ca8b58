package store_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/local/store"
)

func TestAbout(t *testing.T) {
	url := library(t)
	root := strings.TrimSuffix(url, "/i")
	for _, tt := range []struct{ path, contains string }{
		{"/", `"number":"` + store.Version + `"`},
		{"/", "rehydrate's embedded store"},
		{"/_cluster/health", `"status":"green"`},
		{"/_cluster/health/i?wait_for_status=yellow&timeout=5s", `"active_shards":1`},
		{"/_nodes/_local?filter_path=nodes.*.version", `"version":"` + store.Version + `"}}}`},
		{"/_nodes/http", `"publish_address":"127.0.0.1:`},
		{"/_cat/indices?v", "health status index"},
		{"/_cat/indices/i?h=index,docs.count", "i 5\n"},
		{"/_cat/indices?format=json&h=index,docs.count", `[{"docs.count":"5","index":"i"}]`},
		{"/i?filter_path=*.mappings.properties.@timestamp", `{"i":{"mappings":{"properties":{"@timestamp":{"type":"date"}}}}}`},
		{"/i/_mapping?filter_path=**.ignore_above", `{"i":{"mappings":{"properties":{"message":{"fields":{"keyword":{"ignore_above":100}}}}}}}`},
		{"/i/_count?filter_path=-_shards", `{"count":5}`},
		{"/i/_count?pretty", "{\n  \"count\": 5,"},
		{"/i/_alias", `{"i":{"aliases":{}}}`},
		{"/_template", `{}`},
		{"/none/_count?ignore_unavailable=true", `"count":0`},
		{"/none*/_count", `"count":0`},
	} {
		status, body := call(t, http.MethodGet, root+tt.path, "")
		if status != http.StatusOK || !strings.Contains(body, tt.contains) {
			t.Errorf("%s: %d %s, want %s", tt.path, status, body, tt.contains)
		}
	}
	for path, want := range map[string]int{"/i": 200, "/none": 404, "/i/_doc/1": 200, "/i/_doc/9": 404, "/_index_template/t": 404} {
		if status, body := call(t, http.MethodHead, root+path, ""); status != want || body != "" {
			t.Errorf("HEAD %s: %d %q, want %d", path, status, body, want)
		}
	}
	wantRefused(t, http.StatusNotFound, "no such index [none]", http.MethodGet, root+"/none/_count", "")
	wantRefused(t, http.StatusNotFound, "no such index [none*]", http.MethodGet, root+"/none*/_count?allow_no_indices=false", "")
}

// Many searches in one request, each with an answer of its own.
func TestManySearches(t *testing.T) {
	root := strings.TrimSuffix(library(t), "/i")
	var answer struct {
		Responses []struct {
			Status int
			Error  struct{ Type string }
			Hits   struct{ Total struct{ Value int } }
		}
	}
	must(t, http.MethodPost, root+"/_msearch", `{"index":"i"}
{"size":0,"query":{"match":{"message":"info"}}}
{"index":["none"]}
{}
{"index":["none"],"ignore_unavailable":true}
{}
{}
{"query":{"nonsense":{}}}
`, &answer)
	var got []int
	for _, r := range answer.Responses {
		got = append(got, r.Status)
	}
	if len(got) != 4 || got[0] != 200 || got[1] != 404 || got[2] != 200 || got[3] != 400 || answer.Responses[0].Hits.Total.Value != 2 {
		t.Errorf("%+v", answer.Responses)
	}
	wantRefused(t, http.StatusBadRequest, "routing", http.MethodPost, root+"/_msearch?routing=x", "{}\n{}\n")
	wantRefused(t, http.StatusBadRequest, "two lines", http.MethodPost, root+"/_msearch", "{}\n")
}

// The template of the highest priority makes an index, as simulated before.
func TestTemplates(t *testing.T) {
	url := serve(t, t.TempDir())
	must(t, http.MethodPut, url+"/_index_template/low", `{"index_patterns":["a-*"],"version":3,"_meta":{"by":"me"},"template":{"settings":{"number_of_shards":2}}}`, nil)
	must(t, http.MethodPut, url+"/_index_template/high", `{"index_patterns":["a-b*"],"priority":5,"template":{"settings":{"index":{"refresh_interval":"9s"}},"mappings":`+logs+`}}`, nil)
	for _, tt := range []struct{ method, path, contains string }{
		{"GET", "/_index_template/low", `"version":3,"_meta":{"by":"me"}`},
		{"GET", "/_index_template/low", `"settings":{"index":{"number_of_shards":"2"}}`},
		{"GET", "/_index_template?filter_path=index_templates.name", `{"index_templates":[{"name":"high"},{"name":"low"}]}`},
		{"POST", "/_index_template/_simulate_index/a-b-1?filter_path=overlapping", `{"overlapping":[{"index_patterns":["a-*"],"name":"low"}]}`},
		{"POST", "/_index_template/_simulate_index/a-b-1?filter_path=template.settings", `{"template":{"settings":{"index":{"refresh_interval":"9s"}}}}`},
		{"POST", "/_index_template/_simulate_index/b", `{}`},
	} {
		if status, body := call(t, tt.method, url+tt.path, ""); status != http.StatusOK || !strings.Contains(body, tt.contains) {
			t.Errorf("%s: %d %s, want %s", tt.path, status, body, tt.contains)
		}
	}
	if _, body := call(t, http.MethodPost, url+"/_index_template/_simulate_index/a-b-1?filter_path=template.settings", `{"index_patterns":["a-b-1"],"priority":9,"template":{"settings":{"codec":"default"}}}`); body != `{"template":{"settings":{"index":{"codec":"default"}}}}` {
		t.Errorf("simulated with another template: %s", body)
	}
	bulk(t, url, "create", "a-b-1", [2]string{"1", `{}`})
	bulk(t, url, "create", "a-c-1", [2]string{"1", `{}`})
	var made map[string]struct {
		Settings struct{ Index map[string]any }
	}
	must(t, http.MethodGet, url+"/a-*/_settings", "", &made)
	if made["a-b-1"].Settings.Index["refresh_interval"] != "9s" || made["a-c-1"].Settings.Index["number_of_shards"] != "2" {
		t.Errorf("made as %+v", made)
	}
	must(t, http.MethodDelete, url+"/_index_template/low", "", nil)
	wantRefused(t, http.StatusNotFound, "[low] not found", http.MethodGet, url+"/_index_template/low", "")
}
