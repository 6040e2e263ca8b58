package main

import (
	"encoding/json"
	"net/http"
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
	if err := json.Unmarshal(enginetest.Ask(t, http.MethodGet, url+"/_cat/indices/ecs-task-*,capped-*?format=json&expand_wildcards=all", ""), &left); err != nil {
		t.Fatal(err)
	}
	for _, i := range left {
		enginetest.Ask(t, http.MethodDelete, url+"/"+i.Index, "")
	}
}
