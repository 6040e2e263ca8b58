package main

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	search "github.com/rehydrate/rehydrate/internal/cluster"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/store"
)

// Requests that only some clusters are sent, none of them the embedded store.
var elsewhere = map[string]string{
	"Put _index_template/rehydrate.view-ecs-task-*":   "sent for a view: TestViewsRequests",
	"Put ecs-task-*-20??-??-??/_mapping":              "the same",
	"Get _cluster/health":                             "asked where there are nodes to tell of",
	"Get _nodes/_local":                               "asked where / does not tell the version",
	"Post _index_template/_simulate_index/ecs-task-*": "asked where a template of the user's own applies",
	"Post _security/user/_has_privileges":             "asked of Elasticsearch with its own security",
}

// record keeps each request that a Lambda sends to the cluster.
func (d *deployment) record(cluster http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		request := r.Method + " " + r.URL.EscapedPath()
		if d.calling != "" && !slices.Contains(d.requests[d.calling], request) {
			d.requests[d.calling] = append(d.requests[d.calling], request)
		}
		d.mu.Unlock()
		cluster.ServeHTTP(w, r)
	})
}

// checkRequests finds each request that was recorded among those that the
// policies for an Amazon domain allow, and none of these to be for nothing.
func (d *deployment) checkRequests(t *testing.T) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	ecsTask := run.Settings{IndexPrefix: "ecs-task", LoadReplicas: -1}
	for name, allowed := range map[string][]searchRequest{
		"prepare": prepareRequests(ecsTask), "index": indexRequests(), "report": reportRequests(ecsTask),
	} {
		if len(d.requests[name]) == 0 {
			t.Errorf("%s sent nothing", name)
		}
		for _, request := range d.requests[name] {
			if !slices.ContainsFunc(allowed, func(a searchRequest) bool { return a.matches(request) }) {
				t.Errorf("%s sends %s, which its policy does not allow", name, request)
			}
		}
		for _, a := range allowed {
			if elsewhere[a.method+" "+a.path] == "" && !slices.ContainsFunc(d.requests[name], a.matches) {
				t.Errorf("%s may send %s %s, and does not", name, a.method, a.path)
			}
		}
	}
}

// matches compares as IAM does: * stands for anything, ? for a character.
func (a searchRequest) matches(request string) bool {
	pattern := strings.ToUpper(a.method) + " /" + a.path
	pattern = strings.ReplaceAll(strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`), `\?`, `.`)
	return regexp.MustCompile("^" + pattern + "$").MatchString(request)
}

func TestRequestsAreBoundToTheIndexPrefix(t *testing.T) {
	app := run.Settings{IndexPrefix: "app"}
	for _, requests := range [][]searchRequest{prepareRequests(app), reportRequests(app)} {
		for _, r := range requests {
			if !strings.HasPrefix(r.path, "_") && r.path != "" && !strings.HasPrefix(r.path, "app-") {
				t.Errorf("%s %s is not bound to the prefix", r.method, r.path)
			}
		}
	}
}

// With loadReplicas set, Prepare and Report send more, and may.
func TestLoadingRequests(t *testing.T) {
	documents, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer documents.Close()
	var sent []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = append(sent, r.Method+" "+r.URL.EscapedPath())
		documents.ServeHTTP(w, r)
	}))
	defer server.Close()
	c, err := search.Connect(t.Context(), run.Search{URL: server.URL}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := run.Settings{IndexPrefix: "ecs-task", Zone: time.UTC, Replicas: 1, Search: run.Search{URL: server.URL}}
	day := time.Date(2018, 12, 10, 0, 0, 0, 0, time.UTC)
	prepare := func(name string) {
		if _, err := c.Prepare(t.Context(), s, run.Plan{Run: name, From: day, To: day.AddDate(0, 0, 2)}); err != nil {
			t.Fatal(err)
		}
	}
	create := func(index string) {
		line := `{"create":{"_index":"` + index + `","_id":"1"}}` + "\n" + `{"@timestamp":"2018-12-10T00:00:00.000Z","message":"a"}` + "\n"
		res, err := http.Post(server.URL+"/_bulk", "application/x-ndjson", strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	check := func(who string, allowed []searchRequest) {
		for _, request := range sent {
			if !strings.HasSuffix(request, "_bulk") && !slices.ContainsFunc(allowed, func(a searchRequest) bool { return a.matches(request) }) {
				t.Errorf("%s sends %s, which its policy does not allow", who, request)
			}
		}
		for _, a := range endLoadingRequests("ecs-task") {
			if strings.HasSuffix(a.path, "loading-ecs-task-*") {
				continue // of a view
			}
			if !slices.ContainsFunc(sent, a.matches) {
				t.Errorf("%s may send %s %s, and does not", who, a.method, a.path)
			}
		}
		sent = nil
	}
	prepare("killed")
	create("ecs-task-2018-12-10")
	prepare("next")
	check("prepare", prepareRequests(s))
	create("ecs-task-2018-12-11")
	if err := c.EndLoading(t.Context(), "ecs-task", "next"); err != nil {
		t.Fatal(err)
	}
	check("report", reportRequests(s))
}

// Filling a view, listing, extending and deleting it sends what the policies of
// Prepare and of the views Lambda allow, which let no daily index be deleted.
func TestViewsRequests(t *testing.T) {
	documents, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer documents.Close()
	var sent []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = append(sent, r.Method+" "+r.URL.EscapedPath())
		documents.ServeHTTP(w, r)
	}))
	defer server.Close()
	c, err := search.Connect(t.Context(), run.Search{URL: server.URL}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := run.Settings{IndexPrefix: "ecs-task", Zone: time.UTC, Replicas: 1, LoadReplicas: -1, Search: run.Search{URL: server.URL}}
	day := time.Date(2018, 12, 10, 0, 0, 0, 0, time.UTC)
	prepare := func(expires run.Expiry) {
		if _, err := c.Prepare(t.Context(), s, run.Plan{Run: "r1", View: "incident", Expires: expires, From: day, To: day.AddDate(0, 0, 2)}); err != nil {
			t.Fatal(err)
		}
	}
	check := func(who string, allowed, used []searchRequest) {
		for _, request := range sent {
			if !slices.ContainsFunc(allowed, func(a searchRequest) bool { return a.matches(request) }) {
				t.Errorf("%s sends %s, which its policy does not allow", who, request)
			}
		}
		for _, a := range used {
			if !slices.ContainsFunc(sent, a.matches) && !strings.Contains(a.path, "loading") {
				t.Errorf("%s may send %s %s, and does not", who, a.method, a.path)
			}
		}
		sent = nil
	}
	prepare("")
	for _, index := range []string{"ecs-task-incident-2018-12-10", "ecs-task-incident-2018-12-11"} {
		line := `{"create":{"_index":"` + index + `","_id":"1"}}` + "\n" + `{"@timestamp":"` + index[len("ecs-task-incident-"):] + `T00:00:00.000Z","message":"a"}` + "\n"
		line = strings.Replace(line, `"_id":"1"`, `"_id":"`+strings.Repeat("3", 56)+`"`, 1)
		res, err := http.Post(server.URL+"/_bulk", "application/x-ndjson", strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	sent = slices.DeleteFunc(sent, func(request string) bool { return strings.HasSuffix(request, "_bulk") })
	prepare(run.Expiry("2100-01-01T00:00:00Z"))
	check("prepare", prepareRequests(s), fillViewRequests("ecs-task"))
	if _, err := c.Views(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Extend(t.Context(), s, "incident", "none", day); err != nil {
		t.Fatal(err)
	}
	if d, err := c.Drop(t.Context(), s, "incident"); err != nil || len(d.Deleted) != 2 {
		t.Fatalf("%+v, %v", d, err)
	}
	allowed := viewsRequests(s)
	check("views", allowed, allowed)
	for _, a := range allowed {
		if a.method == "Delete" && a.matches("DELETE /ecs-task-2018-12-10") {
			t.Errorf("%s lets a daily index be deleted", a.path)
		}
	}
}
