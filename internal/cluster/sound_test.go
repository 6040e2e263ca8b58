package cluster

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// sayings are what a cluster with one index answers to each request of Prepare.
func sayings() map[string]string {
	const index = "p-2018-12-10"
	return map[string]string{
		"GET /":                                          `{"version":{"number":"8.19.7"}}`,
		"GET /_cluster/settings":                         `{"persistent":{},"transient":{},"defaults":{"action":{"auto_create_index":"true"}}}`,
		"POST /_security/user/_has_privileges":           `{"username":"me","index":{"` + index + `":{"create_doc":true,"read":true,"maintenance":true,"create_index":true}}}`,
		"GET /" + index:                                  `{"` + index + `":{"settings":{"index":{"uuid":"u"}},"mappings":{"dynamic":"true"}}}`,
		"POST /" + index + "/_refresh":                   sound,
		"POST /_msearch":                                 `{"responses":[` + hits(3) + `,` + hits(3) + `]}`,
		"GET /_index_template":                           `{"index_templates":[]}`,
		"GET /_template":                                 `{}`,
		"GET /_nodes/stats/jvm,fs,thread_pool":           `{"nodes":{` + dataNode("a", 1<<30, 100e9, 50e9) + `}}`,
		"GET /_cluster/health":                           `{"status":"green","active_shards":3,"initializing_shards":0,"unassigned_shards":1}`,
		"PUT /_index_template/rehydrate-p":               `{"acknowledged":true}`,
		"POST /_index_template/_simulate_index/" + index: `{"template":{"settings":{},"mappings":{},"aliases":{}},"overlapping":[]}`,
	}
}

// prepareAt prepares a day of the prefix p on a cluster that says these things.
func prepareAt(t *testing.T, says map[string]string) (prepared run.Prepared, asked []string, err error) {
	t.Helper()
	day := time.Date(2018, 12, 10, 0, 0, 0, 0, time.UTC)
	return prepareWith(t, says, run.Settings{IndexPrefix: "p", Zone: time.UTC, Replicas: -1, LoadReplicas: -1}, run.Plan{From: day, To: day.AddDate(0, 0, 1)})
}

// prepareWith prepares what a plan says on such a cluster.
func prepareWith(t *testing.T, says map[string]string, settings run.Settings, plan run.Plan) (prepared run.Prepared, asked []string, err error) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request := r.Method + " " + r.URL.Path
		asked = append(asked, request)
		body, ok := says[request]
		if !ok {
			t.Errorf("asked for %s", request)
		}
		_, _ = w.Write([]byte(body))
	}))
	defer s.Close()
	search := run.Search{URL: s.URL, Auth: "apikey", Secret: secretARN}
	c, err := Connect(t.Context(), search, secretsManager(t, always("b2xk")), nil)
	if err != nil {
		t.Fatal(err)
	}
	settings.Search = search
	prepared, err = c.Prepare(t.Context(), settings, plan)
	return prepared, asked, err
}

// No answer is believed by its status alone.
func TestUnsoundAnswers(t *testing.T) {
	others := `{"index_templates":[{"name":"own","index_template":{"index_patterns":["p-*"],"priority":5}}]}`
	var asked []string
	for _, templates := range []string{sayings()["GET /_index_template"], others} {
		healthy := sayings()
		healthy["GET /_index_template"] = templates
		_, requests, err := prepareAt(t, healthy)
		if err != nil {
			t.Fatal(err)
		}
		asked = append(asked, requests...)
		for _, request := range requests {
			for what, body := range map[string]string{
				"a page": "<html><title>Log in</title></html>", "nothing": "", "an empty object": "{}", "another product's": `{"hello":{"settings":{}}}`,
				"a list": "[]", "null": "null", "cut": healthy[request][:len(healthy[request])/2], "cut at the end": healthy[request][:len(healthy[request])-1],
			} {
				if body == healthy[request] {
					continue // which a cluster without legacy templates answers
				}
				says := sayings()
				says["GET /_index_template"] = templates
				says[request] = body
				_, _, err := prepareAt(t, says)
				want := run.Unavailable
				if request == "GET /" && !strings.HasPrefix(what, "cut") && what != "nothing" {
					want = run.UnusableCluster // a whole answer of something else
				}
				t.Run(request+" "+what, func(t *testing.T) { wantFault(t, err, want) })
			}
		}
	}
	for request := range sayings() {
		if !slices.Contains(asked, request) {
			t.Errorf("%s was never asked for", request)
		}
	}
}

// A search that was not answered whole counts nothing.
func TestUnsoundSearches(t *testing.T) {
	for what, response := range map[string]string{
		"nothing":           `{}`,
		"a status alone":    `{"status":200}`,
		"no total":          `{"status":200,"_shards":{"total":1,"successful":1,"failed":0},"hits":{"hits":[]}}`,
		"a lower bound":     strings.Replace(hits(10000), `"eq"`, `"gte"`, 1),
		"fewer than none":   strings.Replace(hits(1), `"value":1`, `"value":-1`, 1),
		"no shards":         `{"status":200,"hits":{"total":{"value":0,"relation":"eq"},"hits":[]}}`,
		"a string":          `"x"`,
		"too many shards":   strings.Replace(hits(1), `"successful":1`, `"successful":7`, 1),
		"another's status":  `{"status":"green"}`,
		"null":              `null`,
		"no number of hits": strings.Replace(hits(1), `"value":1`, `"value":"many"`, 1),
	} {
		_, err := counting(t, sound, `{"responses":[`+response+`]}`).Count(t.Context(), []string{"a"}, noonOf(9), noonOf(10))
		t.Run(what, func(t *testing.T) { wantFault(t, err, run.Unavailable, "no answer to it") })
	}
}
