package cluster

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

// What stands at the URL is told apart by what it answers.
func TestInfo(t *testing.T) {
	const html = "<html><head><title>Kibana</title></head></html>"
	for _, c := range []struct {
		what   string
		status int
		body   string
		want   info
		fault  string
		says   []string
	}{
		{what: "Amazon's Elasticsearch", status: 200, body: `{"version":{"number":"7.10.2","build_flavor":"oss"}}`, want: info{elasticsearch, "7.10.2"}},
		{what: "Elasticsearch 8", status: 200, body: `{"version":{"number":"8.19.7","build_flavor":"default"}}`, want: info{elasticsearch, "8.19.7"}},
		{what: "a snapshot", status: 200, body: `{"version":{"number":"10.0.0-SNAPSHOT"}}`, want: info{elasticsearch, "10.0.0-SNAPSHOT"}},
		{what: "OpenSearch", status: 200, body: `{"version":{"distribution":"opensearch","number":"1.0.0"}}`, want: info{openSearch, "1.0.0"}},
		{what: "OpenSearch that says it is 7.10", status: 200, body: `{"version":{"distribution":"opensearch","number":"7.10.2"}}`, want: info{openSearch, "7.10.2"}},
		{what: "too old", status: 200, body: `{"version":{"number":"7.9.3"}}`, fault: run.UnusableCluster, says: []string{"Elasticsearch 7.9.3", "too old", "7.10 or newer"}},
		{what: "far too old", status: 200, body: `{"version":{"number":"5.6.16"}}`, fault: run.UnusableCluster, says: []string{"5.6.16", "too old"}},
		{what: "a version that is none", status: 200, body: `{"version":{"number":"new"}}`, fault: run.UnusableCluster, says: []string{"too old"}},
		{what: "nothing", status: 200, body: "", fault: run.Unavailable, says: []string{"no answer to it"}},
		{what: "a cut answer", status: 200, body: `{"version":{"number":"8.1`, fault: run.Unavailable, says: []string{"no answer to it"}},
		{what: "a page", status: 200, body: html, fault: run.UnusableCluster, says: []string{"neither Elasticsearch nor OpenSearch", "Kibana"}},
		{what: "other JSON", status: 200, body: `{"hello":1}`, fault: run.UnusableCluster, says: []string{"neither Elasticsearch nor OpenSearch"}},
		{what: "not found", status: 404, body: html, fault: run.UnusableCluster, says: []string{"neither", "404"}},
		{what: "no GET, and no nodes", status: 405, body: `{}`, fault: run.UnusableCluster, says: []string{"neither"}},
		{what: "sent on", status: 302, fault: run.UnusableCluster, says: []string{"sends us on to /login", "302"}},
		{what: "unknown user", status: 401, body: `{"error":{"type":"security_exception","reason":"unable to authenticate user [me]"},"status":401}`, fault: run.Denied, says: []string{"401", "unable to authenticate user [me]"}},
		{what: "Amazon's policy", status: 403, body: `{"Message":"User: anonymous is not authorized to perform: es:ESHttpGet"}`, fault: run.Denied, says: []string{"403", "User: anonymous is not authorized to perform: es:ESHttpGet"}},
		{what: "no master", status: 503, body: `{"error":{"type":"master_not_discovered_exception","reason":null},"status":503}`, fault: run.Unavailable, says: []string{"503", "health"}},
		{what: "a balancer without targets", status: 502, body: html, fault: run.Unavailable, says: []string{"502"}},
		{what: "too much", status: 429, body: `{"error":"slow down"}`, fault: run.Throttled, says: []string{"slow down"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/login")
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			}))
			defer s.Close()
			got, err := connect(t, run.Search{URL: s.URL}).info(t.Context())
			if c.fault != "" {
				wantFault(t, err, c.fault, c.says...)
				return
			}
			if err != nil || got != c.want {
				t.Errorf("%+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

// Blocks of people are told apart from those that lift themselves.
func TestBlocked(t *testing.T) {
	for words, fault := range map[string]string{
		"blocked by: [FORBIDDEN/6/cluster read-only (api)];":                                   run.UnusableCluster,
		"index [a] blocked by: [FORBIDDEN/5/index read-only (api)];":                           run.UnusableCluster,
		"index [a] blocked by: [FORBIDDEN/8/index write (api)];":                               run.Unavailable,
		"index [a] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage];":        run.Unavailable,
		"blocked by: [SERVICE_UNAVAILABLE/1/state not recovered / initialized];":               run.Unavailable,
		"index [a] blocked by: [FORBIDDEN/12/index read-only / allow delete (api)];":           run.Unavailable,
		"blocked by: [FORBIDDEN/10/cluster create-index blocked (api)];":                       run.Unavailable,
		"blocked by: [SERVICE_UNAVAILABLE/2/no master]; [FORBIDDEN/6/cluster read-only (api)]": run.UnusableCluster,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, `{"error":{"type":"cluster_block_exception","reason":%q},"status":403}`, words)
		}))
		err := connect(t, run.Search{URL: s.URL}).refresh(t.Context(), []string{"a"})
		s.Close()
		wantFault(t, err, fault, "read-only", words)
	}
}
