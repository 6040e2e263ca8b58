package cluster

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// FuzzAnswers: whatever a cluster answers to one request of Prepare and Count,
// they end with counts that a cluster can have, or with a fault that says what is
// wrong.
func FuzzAnswers(f *testing.F) {
	requests := slices.Sorted(maps.Keys(sayings()))
	for i, request := range requests {
		f.Add(uint8(i), []byte(sayings()[request]))
	}
	f.Add(uint8(slices.Index(requests, "POST /_msearch")), []byte(`{"responses":[`+hits(-1)+`]}`))
	f.Add(uint8(0), []byte("<html><title>Log in</title></html>"))
	var says atomic.Pointer[map[string]string]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := (*says.Load())[r.Method+" "+r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write([]byte(body))
	}))
	f.Cleanup(server.Close)
	c, err := Connect(f.Context(), run.Search{URL: server.URL, Auth: "none"}, nil, nil)
	if err != nil {
		f.Fatal(err)
	}
	day := time.Date(2018, 12, 10, 0, 0, 0, 0, time.UTC)
	s := run.Settings{IndexPrefix: "p", Zone: time.UTC, Replicas: -1, LoadReplicas: -1, Search: run.Search{URL: server.URL, Auth: "basic"}}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		all := sayings()
		all[requests[int(which)%len(requests)]] = string(body)
		says.Store(&all)
		sound := func(counts []run.IndexCount, err error) {
			var fault *run.Fault
			if err != nil && (!errors.As(err, &fault) || fault.Reason == "" || fault.Remedy == "") {
				t.Errorf("%q: %v says neither what is wrong nor what to do", body, err)
			}
			for _, count := range counts {
				if count.Documents != nil && *count.Documents < 0 {
					t.Errorf("%q: %d documents", body, *count.Documents)
				}
			}
		}
		prepared, err := c.Prepare(t.Context(), s, run.Plan{From: day, To: day.AddDate(0, 0, 1)})
		sound(prepared.Indices, err)
		// Count searches once where Prepare does twice.
		all = maps.Clone(all)
		if all["POST /_msearch"] == sayings()["POST /_msearch"] {
			all["POST /_msearch"] = `{"responses":[` + hits(3) + `]}`
		}
		says.Store(&all)
		sound(c.Count(t.Context(), []string{"p-2018-12-10"}, day, day.AddDate(0, 0, 1)))
	})
}
