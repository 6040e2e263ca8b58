package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/local/sample"
	"github.com/rehydrate/rehydrate/local/store"
)

// slowEngine is the embedded store behind as many threads as an engine has for bulk
// requests, with its queue, its refusals and what it tells of both. Each request takes
// a thread for a while: what a run takes then hangs on how many are under way, and not
// on the processors of the computer.
type slowEngine struct {
	threads, queue int
	takes          time.Duration
	documents      http.Handler

	mu                sync.Mutex
	free              *sync.Cond
	active, waiting   int
	refused, requests int64
}

func newSlowEngine(t testing.TB, threads, queue int, takes time.Duration) (*slowEngine, string) {
	t.Helper()
	documents, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	e := &slowEngine{threads: threads, queue: queue, takes: takes, documents: documents}
	e.free = sync.NewCond(&e.mu)
	server := httptest.NewServer(e)
	t.Cleanup(func() {
		server.Close()
		if err := documents.Close(); err != nil {
			t.Error(err)
		}
	})
	return e, server.URL
}

func (e *slowEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/_nodes/stats"):
		e.mu.Lock()
		defer e.mu.Unlock()
		fmt.Fprintf(w, `{"nodes":{"n":{"name":"n","roles":["data"],"jvm":{"mem":{"heap_max_in_bytes":8589934592,"heap_used_percent":40}},`+
			`"fs":{"total":{"total_in_bytes":1000000000000,"available_in_bytes":900000000000}},`+
			`"thread_pool":{"write":{"threads":%d,"active":%d,"queue":%d,"rejected":%d}}}}}`, e.threads, e.active, e.waiting, e.refused)
	case r.URL.Path == "/_cluster/health":
		_, _ = w.Write([]byte(`{"status":"green","active_shards":1,"initializing_shards":0,"unassigned_shards":0}`))
	case r.URL.Path == "/_bulk" && !e.enter():
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"error":{"type":"es_rejected_execution_exception","reason":"the write queue is full"},"status":429}`))
	case r.URL.Path == "/_bulk":
		time.Sleep(e.takes)
		e.documents.ServeHTTP(w, r)
		e.leave()
	default:
		e.documents.ServeHTTP(w, r)
	}
}

// enter waits for a thread, and tells whether there was room to wait.
func (e *slowEngine) enter() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.requests++
	if e.active == e.threads && e.waiting == e.queue {
		e.refused++
		return false
	}
	e.waiting++
	for e.active == e.threads {
		e.free.Wait()
	}
	e.waiting--
	e.active++
	return true
}

func (e *slowEngine) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.active--
	e.free.Signal()
}

// TestAutoFollowsTheCluster: the same run, on the whole local stack, becomes wider
// while an engine has threads to spare, and ends complete.
func TestAutoFollowsTheCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 15 seconds")
	}
	o := sample.Default()
	o.Objects, o.Events, o.Damaged = 300, 3000, false
	w := newScenario(t, o)
	_, url := newSlowEngine(t, 8, 8, 300*time.Millisecond)
	status, stdout, stderr := w.run(t.Context(), "auto", "--from", "2018-12-10", "--to", "2018-12-12", "--search", url, "--max-concurrency", "auto:10")
	if status == exitUnusable {
		t.Fatalf("%s%s", stdout, stderr)
	}
	log, err := os.ReadFile(filepath.Join(w.out, "runs", "auto", "lambda.log"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(log), `"from":4,"to":8`) || strings.Contains(string(log), `"to":11`) {
		t.Errorf("the run was not made wider, or too wide:\n%s", log)
	}
}

// BenchmarkAutoModel compares a steered run with fixed numbers of objects at once, on an
// engine that only waits: its figures mean the same on a computer that does other
// things, too.
func BenchmarkAutoModel(b *testing.B) {
	o := sample.Default()
	o.Objects, o.Events, o.Damaged = 1800, 18_000, false
	w := scenario{archive: b.TempDir(), out: b.TempDir()}
	if _, err := writeSample(b.Context(), o, w.archive); err != nil {
		b.Fatal(err)
	}
	for _, concurrency := range []string{"4", "8", "12", "24", "auto"} {
		b.Run(concurrency, func(b *testing.B) {
			e, url := newSlowEngine(b, 8, 4, 250*time.Millisecond)
			begun := time.Now()
			status, stdout, stderr := w.run(b.Context(), "m"+concurrency, "--from", "2018-12-10", "--to", "2018-12-12", "--search", url, "--max-concurrency", concurrency)
			if status == exitUnusable {
				b.Fatalf("%s%s", stdout, stderr)
			}
			b.ReportMetric(time.Since(begun).Seconds(), "s")
			b.ReportMetric(float64(e.refused), "refused")
			b.ReportMetric(0, "ns/op")
		})
	}
}
