package main

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Requests that only some clusters are sent, none of them the embedded store.
var elsewhere = map[string]string{
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
	for name, allowed := range map[string][]searchRequest{
		"prepare": prepareRequests("ecs-task"), "index": indexRequests(), "report": reportRequests("ecs-task"),
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

// matches compares as IAM does: * stands for anything.
func (a searchRequest) matches(request string) bool {
	pattern := strings.ToUpper(a.method) + " /" + a.path
	pattern = strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`)
	return regexp.MustCompile("^" + pattern + "$").MatchString(request)
}

func TestRequestsAreBoundToTheIndexPrefix(t *testing.T) {
	for _, requests := range [][]searchRequest{prepareRequests("app"), reportRequests("app"), readerRequests("app")} {
		for _, r := range requests {
			if !strings.HasPrefix(r.path, "_") && r.path != "" && !strings.HasPrefix(r.path, "app-") {
				t.Errorf("%s %s is not bound to the prefix", r.method, r.path)
			}
		}
	}
}
