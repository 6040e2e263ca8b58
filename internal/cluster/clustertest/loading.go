package clustertest

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/cluster"
	"github.com/rehydrate/rehydrate/internal/run"
)

// loader loads the days of a range with other replicas than they are to have.
type loader struct {
	*suite
	settings run.Settings
	prefix   string
	days     [3]string // the names of its indices
	begun    int
}

// newLoader begins with an index of the first day that is there before.
func newLoader(t *testing.T, s *suite) *loader {
	t.Helper()
	l := &loader{suite: s, settings: s.settings()}
	l.settings.Replicas, l.settings.LoadReplicas = 1, 0
	l.again(t)
	return l
}

// again begins anew, under another prefix.
func (l *loader) again(t *testing.T) {
	t.Helper()
	l.prefix = fmt.Sprintf("%s-%d", l.suite.prefix, l.begun)
	l.begun++
	l.settings.IndexPrefix = l.prefix
	for i := range l.days {
		l.days[i] = fmt.Sprintf("%s-2018-12-%02d", l.prefix, 9+i)
	}
	l.delete(t, l.days[:]...)
	before := l.settings
	before.LoadReplicas = -1
	for _, before.Replicas = range []int{0, 1} {
		if _, err := l.Prepare(t.Context(), before, l.plan("before")); err != nil {
			t.Fatal(err)
		}
		l.create(t, 0)
	}
}

func (l *loader) template() string { return "rehydrate.loading-" + l.prefix }

func (l *loader) plan(name string) run.Plan {
	from := time.Date(2018, 12, 9, 0, 0, 0, 0, tokyo())
	return run.Plan{Run: name, From: from, To: from.AddDate(0, 0, len(l.days))}
}

func (l *loader) create(t *testing.T, day int) {
	t.Helper()
	if i := l.items(t, line(l.days[day], strings.Repeat("3", 56), source(noon, `"a"`)))[0]; i.Status != http.StatusCreated && i.Status != http.StatusConflict {
		t.Fatalf("create: %+v", i)
	}
}

func (l *loader) load(t *testing.T, name string) run.Prepared {
	t.Helper()
	p, err := l.Prepare(t.Context(), l.settings, l.plan(name))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (l *loader) end(t *testing.T, name string) {
	t.Helper()
	if err := l.EndLoading(t.Context(), l.prefix, name); err != nil {
		t.Fatal(err)
	}
}

// wants compares the replicas of the indices that are there, and whether the
// template for those to come is; run is by whom they are marked, empty for nobody.
func (l *loader) wants(t *testing.T, when string, template bool, marks map[int]string, replicas map[int]string) {
	t.Helper()
	var all map[string]struct {
		Settings struct {
			Index struct {
				Replicas string `json:"number_of_replicas"`
			}
		}
		Mappings struct {
			Meta struct{ Rehydrate struct{ Run string } } `json:"_meta"`
		}
	}
	yes := true
	l.must(t, esapi.IndicesGetRequest{Index: l.days[:], IgnoreUnavailable: &yes}).decode(t, &all)
	gotReplicas, gotMarks := map[int]string{}, map[int]string{}
	for i, day := range l.days {
		if index, ok := all[day]; ok {
			gotReplicas[i] = index.Settings.Index.Replicas
			if mark := index.Mappings.Meta.Rehydrate.Run; mark != "" {
				gotMarks[i] = mark
			}
		}
	}
	if !maps.Equal(gotReplicas, replicas) || !maps.Equal(gotMarks, marks) {
		t.Errorf("%s: replicas %v marked by %v, want %v by %v", when, gotReplicas, gotMarks, replicas, marks)
	}
	if there := l.send(t, esapi.IndicesGetIndexTemplateRequest{Name: l.template()}).status == http.StatusOK; there != template {
		t.Errorf("%s: the template is there: %t, want %t", when, there, template)
	}
}

// What a run makes has few replicas while it is loaded and then its own; what was
// there before is never touched.
func testLoading(t *testing.T, s *suite) {
	l := newLoader(t, s)
	type by = map[int]string
	for range 2 { // a call that was lost is made again
		if p := l.load(t, "r1"); len(p.Warnings) > 0 {
			t.Errorf("warnings %q", p.Warnings)
		}
		l.create(t, 1)
		l.wants(t, "loading", true, by{1: "r1"}, by{0: "0", 1: "0"})
	}
	l.end(t, "another")
	l.wants(t, "another run has ended", true, by{1: "r1"}, by{0: "0", 1: "0"})
	l.end(t, "r1")
	l.create(t, 2)
	l.wants(t, "at the end", false, by{}, by{0: "0", 1: "1", 2: "1"})
	l.end(t, "r1")
	l.wants(t, "at its second call", false, by{}, by{0: "0", 1: "1", 2: "1"})

	l.again(t)
	l.load(t, "r2")
	l.create(t, 1)
	l.create(t, 2)
	l.must(t, esapi.IndicesPutSettingsRequest{Index: []string{l.days[2]}, Body: strings.NewReader(`{"index.number_of_replicas":2}`)})
	l.end(t, "r2")
	l.wants(t, "somebody has changed one", false, by{}, by{0: "0", 1: "1", 2: "2"})

	l.again(t)
	l.settings.Replicas = -1 // the cluster's own default is 1
	l.load(t, "r3")
	l.create(t, 1)
	l.wants(t, "loading, with the default to come", true, by{1: "r3"}, by{0: "0", 1: "0"})
	l.load(t, "r4")
	l.create(t, 2)
	l.wants(t, "another run has begun", true, by{2: "r4"}, by{0: "0", 1: "1", 2: "0"})
	l.end(t, "r3")
	l.end(t, "r4")
	l.wants(t, "both have ended", false, by{}, by{0: "0", 1: "1", 2: "1"})
	l.settings.LoadReplicas = -1
	l.load(t, "r5")
	l.wants(t, "without the setting", false, by{}, by{0: "0", 1: "1", 2: "1"})
}

// Wherever a run is killed, while it begins or while it ends, the next brings
// everything in order, even if the setting is off by then.
func testLoadingKilled(t *testing.T, s *suite) {
	l := newLoader(t, s)
	for _, ending := range []bool{false, true} {
		for n := 0; ; n++ {
			l.again(t)
			if ending {
				l.load(t, "killed")
			}
			client, ended := l.mortal(t, n)
			if ending {
				l.create(t, 1)
				_ = client.EndLoading(t.Context(), l.prefix, "killed") // what it is killed with
			} else {
				_, _ = client.Prepare(t.Context(), l.settings, l.plan("killed"))
				l.create(t, 1)
			}
			next := l.settings
			next.LoadReplicas = -1
			if _, err := l.Prepare(t.Context(), next, l.plan("next")); err != nil {
				t.Fatal(err)
			}
			l.create(t, 2)
			l.wants(t, "after the death", false, map[int]string{}, map[int]string{0: "0", 1: "1", 2: "1"})
			if t.Failed() {
				t.Fatalf("killed before request %d, while it ended: %t", n, ending)
			}
			if !ended.Load() {
				if n < 5 {
					t.Errorf("it made %d requests", n)
				}
				break
			}
		}
	}
}

// mortal is a connection that breaks with the request after the nth, and tells
// whether it has.
func (l *loader) mortal(t *testing.T, n int) (client *cluster.Cluster, ended *atomic.Bool) {
	t.Helper()
	u, err := url.Parse(l.target.URL)
	if err != nil {
		t.Fatal(err)
	}
	ended = new(atomic.Bool)
	var requests atomic.Int64 // each has a goroutine of its own
	proxy := httputil.NewSingleHostReverseProxy(u)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) > int64(n) {
			ended.Store(true)
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	if client, err = cluster.Connect(t.Context(), run.Search{URL: server.URL}, nil, nil); err != nil {
		t.Fatal(err)
	}
	return client, ended
}
