package cluster_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/cluster"
	"github.com/rehydrate/rehydrate/internal/run"
)

// person is somebody with curl: what people do to clusters.
type person struct{ url string }

func (p person) do(t *testing.T, method, path, body string) []byte {
	t.Helper()
	status, answer := p.try(t, method, path, body)
	if status > 299 {
		t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
	return answer
}

func (p person) try(t *testing.T, method, path, body string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, answer.Bytes()
}

// testPrepare does to a real engine what people do, and reads what Prepare says.
func testPrepare(t *testing.T, url string) {
	p := person{url}
	zone := time.FixedZone("JST", 9*60*60)
	plan := run.Plan{From: time.Date(2018, 12, 10, 0, 0, 0, 0, zone), To: time.Date(2018, 12, 12, 0, 0, 0, 0, zone)}
	dataStreams, _ := p.try(t, "PUT", "/_index_template/streams", `{"index_patterns":["ds-*"],"priority":7,"data_stream":{},"template":{}}`)
	for i, c := range []struct {
		what string
		// set is what somebody did, in requests on the prefix PRE; undo undoes it.
		set, undo []string
		skip      bool
		parse     bool
		fault     string
		says      []string
		template  string // that applies; ours where empty
		warns     []string
	}{
		{what: "nothing"},
		{
			what: "an index that is read-only", set: []string{"PUT /PRE-2018-12-11", `PUT /PRE-2018-12-11/_settings {"index.blocks.read_only":true}`},
			fault: run.UnusableCluster, says: []string{"PRE-2018-12-11 is read-only", "index.blocks.read_only"},
		},
		{
			what: "an index over its flood stage", set: []string{"PUT /PRE-2018-12-11", `PUT /PRE-2018-12-11/_settings {"index.blocks.read_only_allow_delete":true}`},
			fault: run.Unavailable, says: []string{"PRE-2018-12-11 is read-only for now", "flood stage", "free disk"},
		},
		{
			what: "an index that takes no writes", set: []string{"PUT /PRE-2018-12-11", `PUT /PRE-2018-12-11/_settings {"index.blocks.write":true}`},
			fault: run.Unavailable, says: []string{"PRE-2018-12-11 takes no writes"},
		},
		{
			what: "a cluster that is read-only", set: []string{`PUT /_cluster/settings {"persistent":{"cluster.blocks.read_only":true}}`},
			undo:  []string{`PUT /_cluster/settings {"persistent":{"cluster.blocks.read_only":null}}`},
			fault: run.UnusableCluster, says: []string{"cluster is read-only", "cluster.blocks.read_only"},
		},
		{
			what: "auto-creation off", set: []string{`PUT /_cluster/settings {"persistent":{"action.auto_create_index":"+logs-*,-*"}}`},
			undo:  []string{`PUT /_cluster/settings {"persistent":{"action.auto_create_index":null}}`},
			fault: run.UnusableCluster, says: []string{"PRE-2018-12-10 is not there", "auto_create_index", "+logs-*,-*", "+PRE-*"},
		},
		{
			what: "auto-creation off, but the indices are there", set: []string{
				"PUT /PRE-2018-12-10", "PUT /PRE-2018-12-11",
				`PUT /_cluster/settings {"persistent":{"action.auto_create_index":"false"}}`,
			},
			undo: []string{`PUT /_cluster/settings {"persistent":{"action.auto_create_index":null}}`},
		},
		{
			what: "a closed index", set: []string{"PUT /PRE-2018-12-11", "POST /PRE-2018-12-11/_close"},
			fault: run.UnusableCluster, says: []string{"PRE-2018-12-11 is closed", "_open"},
		},
		{
			what: "an index with another mapping", set: []string{`PUT /PRE-2018-12-11 {"mappings":{"dynamic":false,"properties":{"@timestamp":{"type":"keyword"}}}}`},
			warns: []string{"PRE-2018-12-11, does not map message", "PRE-2018-12-11, maps @timestamp as keyword"},
		},
		{
			what: "a strict index", set: []string{`PUT /PRE-2018-12-11 {"mappings":{"dynamic":"strict","properties":{"@timestamp":{"type":"date"}}}}`},
			fault: run.UnusableCluster, says: []string{"PRE-2018-12-11 is in conflict", "does not map message"},
		},
		{
			what: "a template of somebody else's, with a component", set: []string{
				`PUT /_component_template/PRE-mappings {"template":{"mappings":{"properties":{"message":{"type":"keyword"}}},"settings":{"index.default_pipeline":"mine"}}}`,
				`PUT /_index_template/PRE-own {"index_patterns":["PRE-*"],"priority":1,"composed_of":["PRE-mappings"]}`,
			},
			undo:     []string{"DELETE /_index_template/PRE-own", "DELETE /_component_template/PRE-mappings"},
			template: "PRE-own", warns: []string{"template PRE-own maps message as keyword without ignore_above", "pipeline mine"},
		},
		{
			what: "a template of the lowest priority that only touches ours", set: []string{`PUT /_index_template/PRE-other {"index_patterns":["PRE-2019-*"]}`},
			undo:  []string{"DELETE /_index_template/PRE-other"},
			fault: run.UnusableCluster, says: []string{"in conflict", "PRE-other", "priority of 1 or more"},
		},
		{
			what: "a template of another prefix that begins like ours", set: []string{`PUT /_index_template/PRE-other {"index_patterns":["PRE-staging-*"]}`},
			undo: []string{"DELETE /_index_template/PRE-other"},
		},
		{
			what: "a template that makes data streams", set: []string{`PUT /_index_template/PRE-own {"index_patterns":["PRE-*"],"priority":1,"data_stream":{}}`},
			undo: []string{"DELETE /_index_template/PRE-own"}, skip: dataStreams != http.StatusOK,
			fault: run.UnusableCluster, says: []string{"PRE-own is in conflict", "data stream"},
		},
		{
			what: "a legacy template", set: []string{`PUT /_template/PRE-old {"index_patterns":["PRE-*"],"mappings":{"properties":{"message":{"type":"keyword","ignore_above":256}}}}`},
			undo: []string{"DELETE /_template/PRE-old"}, template: "-",
			warns: []string{"legacy index template PRE-old maps message as keyword"},
		},
		{
			what: "a legacy template and parse", set: []string{`PUT /_template/PRE-old {"index_patterns":["PRE-*"],"settings":{"index.number_of_shards":1}}`},
			undo: []string{"DELETE /_template/PRE-old"}, parse: true,
			fault: run.UnusableCluster, says: []string{"PRE-old is in conflict", "field of its own"},
		},
	} {
		if c.skip {
			continue
		}
		t.Run(c.what, func(t *testing.T) {
			prefix := fmt.Sprintf("prepare%d", i)
			own := func(text string) string { return strings.ReplaceAll(text, "PRE", prefix) }
			perform := func(requests []string) {
				for _, r := range requests {
					method, rest, _ := strings.Cut(own(r), " ")
					path, body, _ := strings.Cut(rest, " ")
					p.do(t, method, path, body)
				}
			}
			perform(c.set)
			got, err := prepare(t, run.Settings{IndexPrefix: prefix, Zone: zone, Shards: -1, Replicas: -1, LoadReplicas: -1, Parse: c.parse, Search: run.Search{URL: url}}, plan)
			perform(c.undo)
			if c.fault != "" {
				wantFault(t, err, c.fault, own, c.says)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := own(c.template)
			switch want {
			case "":
				want = "rehydrate-" + prefix
			case "-":
				want = ""
			}
			if got.Template != want || got.Installed != (c.template == "") {
				t.Errorf("template %q, installed %t, want %q", got.Template, got.Installed, want)
			}
			// The engines of the tests have small heaps, and what other tests have left.
			got.Warnings = slices.DeleteFunc(got.Warnings, func(w string) bool { return strings.Contains(w, "nodes whose heap is good for") })
			if len(got.Warnings) != len(c.warns) {
				t.Fatalf("warnings %q, want %q", got.Warnings, c.warns)
			}
			for i, w := range c.warns {
				if !strings.Contains(got.Warnings[i], own(w)) {
					t.Errorf("%q does not say %q", got.Warnings[i], own(w))
				}
			}
		})
	}
}

func prepare(t *testing.T, s run.Settings, plan run.Plan) (run.Prepared, error) {
	t.Helper()
	c, err := cluster.Connect(t.Context(), s.Search, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.Prepare(t.Context(), s, plan)
}

func wantFault(t *testing.T, err error, name string, own func(string) string, says []string) {
	t.Helper()
	var f *run.Fault
	if !errors.As(err, &f) || f.Name != name || f.Remedy == "" {
		t.Fatalf("%v, want %s with what to do", err, name)
	}
	for _, part := range says {
		if !strings.Contains(f.Error(), own(part)) {
			t.Errorf("%q does not say %q", f, own(part))
		}
	}
}

// Ours is not renewed by an older program, nor where a person has made it theirs.
func testTemplateIsKept(t *testing.T, url string) {
	p := person{url}
	zone := time.UTC
	plan := run.Plan{From: time.Date(2018, 12, 10, 0, 0, 0, 0, zone), To: time.Date(2018, 12, 11, 0, 0, 0, 0, zone)}
	s := run.Settings{IndexPrefix: "kept", Zone: zone, Shards: -1, Replicas: -1, LoadReplicas: -1, Search: run.Search{URL: url}}
	for _, c := range []struct {
		what, meta string
		version    int
		installed  bool
	}{
		{"older", `{"managed_by":"rehydrate","fingerprint":"x"}`, 0, true},
		{"of another state", `{"managed_by":"rehydrate","fingerprint":"x"}`, 2, true},
		{"newer", `{"managed_by":"rehydrate","fingerprint":"x"}`, 1000, false},
		{"no longer ours", `{"managed_by":"me"}`, 0, false},
	} {
		p.do(t, "PUT", "/_index_template/rehydrate-kept", fmt.Sprintf(`{"index_patterns":["kept-20*"],"version":%d,"_meta":%s,"template":{}}`, c.version, c.meta))
		got, err := prepare(t, s, plan)
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if got.Installed != c.installed {
			t.Errorf("%s: installed %t, want %t", c.what, got.Installed, c.installed)
		}
		var there struct {
			Templates []struct {
				Template struct{ Version int } `json:"index_template"`
			} `json:"index_templates"`
		}
		if err := json.Unmarshal(p.do(t, "GET", "/_index_template/rehydrate-kept", ""), &there); err != nil {
			t.Fatal(err)
		}
		if v := there.Templates[0].Template.Version; (v == 2) != c.installed && c.version != 2 {
			t.Errorf("%s: the template has the version %d", c.what, v)
		}
	}
}
