package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/cluster/enginetest"
)

// What runs are promised to do holds with real engines. Each is started once: a start
// takes longer than most of what is asked of it.
func TestOnEngines(t *testing.T) {
	type part struct {
		name string
		test func(*testing.T, *enginetest.Running)
	}
	views, run, crash := part{"views", viewsOn}, part{"run", runOn}, part{"crash", crashOf}
	for _, c := range []struct {
		engine enginetest.Engine
		parts  []part
	}{
		{enginetest.OpenSearch2, []part{run, views, {"grep", grepOn("flat_object")}, {"broken", brokenOn}, crash}},
		{enginetest.Elasticsearch8, []part{run, views, {"grep", grepOn("flattened")}, {"forms", formsOn}, crash}},
		{enginetest.Elasticsearch717, []part{{"grep", grepOn("flattened")}}},
	} {
		t.Run(string(c.engine), func(t *testing.T) {
			e := enginetest.Start(t, c.engine)
			for _, p := range c.parts {
				t.Run(p.name, func(t *testing.T) { p.test(t, e) })
				empty(t, e.URL)
			}
		})
	}
}

// empty deletes the indices that a part has left.
func empty(t *testing.T, url string) {
	t.Helper()
	var left []struct{ Index string }
	if err := json.Unmarshal(ask(t, http.MethodGet, url+"/_cat/indices/ecs-task-*,capped-*?format=json&expand_wildcards=all", ""), &left); err != nil {
		t.Fatal(err)
	}
	for _, i := range left {
		ask(t, http.MethodDelete, url+"/"+i.Index, "")
	}
}

// ask asks a cluster, which has to agree.
func ask(t *testing.T, method, url, body string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode > 299 {
		t.Fatalf("%s %s: %s %s %v", method, url, res.Status, answer, err)
	}
	return answer
}
