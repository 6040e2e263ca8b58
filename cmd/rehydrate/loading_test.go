package main

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// With --load-replicas the indices that a run makes get their replicas at its end,
// whole or stopped, and keep no mark of it.
func TestLoadReplicas(t *testing.T) {
	p := newRig(t, "")
	var mu sync.Mutex
	var changes []string
	p.atCluster(func(_ http.ResponseWriter, r *http.Request, body []byte) bool {
		mu.Lock()
		defer mu.Unlock()
		if r.Method == http.MethodPut || r.Method == http.MethodDelete || strings.HasSuffix(r.URL.Path, "/_flush") {
			path, what, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/_index_template"), "/_")
			if strings.HasPrefix(what, "settings") || strings.HasPrefix(what, "mapping") {
				path += " " + string(body)
			}
			changes = append(changes, r.Method+" "+path)
		}
		return false
	})
	p.first(t, ended{kind: "complete", verdict: "Complete"}, "--from", "2018-12-10", "--to", "2018-12-10", "--load-replicas", "0")
	want := []string{
		"PUT /rehydrate-ecs-task",
		"PUT /rehydrate.loading-ecs-task",
		"POST /ecs-task-2018-12-10",
		`PUT /ecs-task-2018-12-10 {"index.number_of_replicas":null}`,
		`PUT /ecs-task-2018-12-10 {"_meta":{}}`,
		"DELETE /rehydrate.loading-ecs-task",
	}
	if !slices.Equal(changes, want) {
		t.Errorf("the run changed\n%s\nwant\n%s", strings.Join(changes, "\n"), strings.Join(want, "\n"))
	}
	// Its index is there now, and stays as it is.
	changes = nil
	status, _ := p.run(t, "second", "--from", "2018-12-10", "--to", "2018-12-10", "--load-replicas", "0")
	if status != exitComplete || len(changes) > 0 {
		t.Errorf("the second run ended with %d and changed %q", status, changes)
	}
}
