package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/cluster/enginetest"
	"github.com/rehydrate/rehydrate/local/sample"
)

// weather is a real engine that a test makes trouble in, and the archive that is
// brought into it.
type weather struct {
	scenario
	engine *enginetest.Running
}

// newSoundWorld is an archive in which every event can be indexed: what a run
// does not bring into the cluster, the weather has kept from it.
func newSoundWorld(t *testing.T, events int) scenario {
	t.Helper()
	o := sample.Default()
	o.Objects, o.Events, o.Damaged = 150, events, false
	w := newScenario(t, o)
	w.truth.Objects = slices.DeleteFunc(w.truth.Objects, func(o sample.Object) bool {
		if o.Malformed == 0 {
			return false
		}
		if err := os.Remove(filepath.Join(w.archive, filepath.FromSlash(o.Key))); err != nil {
			t.Fatal(err)
		}
		return true
	})
	return w
}

// rideOut runs over the whole archive while trouble makes its trouble, and holds
// the run to its promise: it is complete and exact, and it did wait.
func (w weather) rideOut(t *testing.T, name, url string, trouble func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var status int
	var stdout, stderr string
	done := make(chan struct{})
	go func() {
		defer close(done)
		status, stdout, stderr = w.run(ctx, name, "--from", "2018-12-10", "--to", "2018-12-12",
			"--search", url, "--max-concurrency", "8")
	}()
	// Whatever ends the test first, the run does not go on without it.
	defer func() { cancel(); <-done }()
	trouble()
	<-done

	if status != exitComplete {
		t.Fatalf("exit status %d, want %d\n%s%s", status, exitComplete, stdout, stderr)
	}
	want := w.truth.Expect(day(t, "2018-12-10"), day(t, "2018-12-13"))
	holds(t, documents(t, w.engine.URL, "ecs-task-*"), want)
	r := w.report(t, name)
	if err := r.Events.Check(); err != nil {
		t.Error(err)
	}
	if sum := w.truth.Sum(); r.Events.Decoded != sum.Decoded || r.Events.Rejected != 0 || r.Events.Malformed != 0 {
		t.Errorf("the report tells of %+v, the archive holds %d events", r.Events, sum.Decoded)
	}
	if n := int64(len(want)); r.Events.Created > n || r.Events.Created+r.Events.InDoubt < n {
		t.Errorf("%d events created and %d in doubt, there are %d", r.Events.Created, r.Events.InDoubt, n)
	}
	if r.Effort.Retries == 0 || r.Effort.WaitedMs == 0 {
		t.Error("nothing was sent again: the weather was fine, and the test shows nothing")
	}
	t.Logf("%d created, %d in doubt, %d of %d requests sent again, waited %d ms",
		r.Events.Created, r.Events.InDoubt, r.Effort.Retries, r.Effort.Requests, r.Effort.WaitedMs)
}

// clear takes away what a run before has indexed.
func (w weather) clear(t *testing.T) {
	t.Helper()
	w.ask(t, http.MethodDelete, "/ecs-task-2018-12-10,ecs-task-2018-12-11,ecs-task-2018-12-12", "")
}

// ask asks the engine, which has to agree.
func (w weather) ask(t *testing.T, method, path, body string) []byte {
	t.Helper()
	return enginetest.Ask(t, method, w.engine.URL+path, body)
}

// witness passes requests on to the engine, and closes seen once an answer has
// the words in it.
type witness struct {
	words string
	once  sync.Once
	seen  chan struct{}
}

// witnesses gives the URL of a way to the engine that goes by witnesses of these
// words, and these.
func (w weather) witnesses(t *testing.T, words ...string) (string, []*witness) {
	t.Helper()
	engine, err := url.Parse(w.engine.URL)
	if err != nil {
		t.Fatal(err)
	}
	var all []*witness
	for _, s := range words {
		all = append(all, &witness{words: s, seen: make(chan struct{})})
	}
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(engine) },
		ModifyResponse: func(res *http.Response) error {
			b, err := io.ReadAll(res.Body)
			res.Body = io.NopCloser(bytes.NewReader(b))
			for _, v := range all {
				if bytes.Contains(b, []byte(v.words)) {
					v.once.Do(func() { close(v.seen) })
				}
			}
			return err
		},
	})
	t.Cleanup(server.Close)
	return server.URL, all
}

// await waits for what the witness is to see.
func (v *witness) await(t *testing.T) {
	t.Helper()
	select {
	case <-v.seen:
	case <-time.After(2 * time.Minute):
		t.Fatalf("no answer says %q within two minutes", v.words)
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	}
}

// An engine with one writer and room for one more to wait turns away most of
// what many senders bring at once. It sets blocks when its disk is nearly full,
// on an index or on everything, and lifts them when there is room. A run waits
// for it and misses nothing.
func TestWeatherOfEngine(t *testing.T) {
	e := enginetest.Start(t, enginetest.OpenSearch2, "thread_pool.write.size: 1", "thread_pool.write.queue_size: 1")
	w := weather{newSoundWorld(t, 60_000), e}

	t.Run("full queue", func(t *testing.T) {
		w.rideOut(t, "queue", e.URL, func() {})
		var stats struct {
			Nodes map[string]struct {
				Pool struct{ Write struct{ Rejected int64 } } `json:"thread_pool"`
			}
		}
		if err := json.Unmarshal(w.ask(t, http.MethodGet, "/_nodes/stats/thread_pool", ""), &stats); err != nil {
			t.Fatal(err)
		}
		rejected := int64(0)
		for _, n := range stats.Nodes {
			rejected += n.Pool.Write.Rejected
		}
		if rejected == 0 {
			t.Error("the engine rejected nothing: the test shows nothing")
		}
		t.Logf("the engine rejected %d times", rejected)
	})
	for _, block := range []struct{ name, path, set, lift string }{
		{
			"index", "/ecs-task-2018-12-10/_settings",
			`{"index.blocks.read_only_allow_delete":true}`, `{"index.blocks.read_only_allow_delete":null}`,
		},
		{
			"cluster", "/_cluster/settings",
			`{"transient":{"cluster.blocks.read_only_allow_delete":true}}`, `{"transient":{"cluster.blocks.read_only_allow_delete":null}}`,
		},
	} {
		t.Run("blocked "+block.name, func(t *testing.T) {
			w.clear(t)
			url, seen := w.witnesses(t, `"status":201`, "cluster_block_exception")
			w.rideOut(t, "blocked-"+block.name, url, func() {
				seen[0].await(t)
				w.ask(t, http.MethodPut, block.path, block.set)
				seen[1].await(t)
				w.ask(t, http.MethodPut, block.path, block.lift)
			})
		})
	}
}

// An engine that crashes in the middle of a run and comes back gets the rest,
// and again what it may have taken without having said so.
func crashOf(t *testing.T, e *enginetest.Running) {
	w := weather{newSoundWorld(t, 60_000), e}
	w.rideOut(t, "crash", e.URL, func() {
		w.awaitDocuments(t, 5000)
		e.Kill()
		e.Restart(t)
	})
}

// awaitDocuments polls until the engine has indexed n documents.
func (w weather) awaitDocuments(t *testing.T, n int64) {
	t.Helper()
	within := time.NewTimer(2 * time.Minute)
	defer within.Stop()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		var stats struct {
			All struct {
				Primaries struct {
					Indexing struct {
						Total int64 `json:"index_total"`
					}
				}
			} `json:"_all"`
		}
		b := w.ask(t, http.MethodGet, "/_stats/indexing", "")
		if err := json.Unmarshal(b, &stats); err != nil {
			t.Fatal(err)
		}
		if stats.All.Primaries.Indexing.Total >= n {
			return
		}
		select {
		case <-poll.C:
		case <-within.C:
			t.Fatalf("%d documents within two minutes, not %d", stats.All.Primaries.Indexing.Total, n)
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
	}
}
