package cluster

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

const sound = `{"_shards":{"total":1,"successful":1,"failed":0}}`

// searched are the indices that the lines of a body of searches name.
func searched(t *testing.T, r *http.Request) []string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	var names []string
	for line := range strings.Lines(string(body)) {
		var head struct{ Index string }
		if err := json.Unmarshal([]byte(line), &head); err != nil {
			t.Errorf("%v in %s", err, line)
		}
		if head.Index != "" {
			names = append(names, head.Index)
		}
	}
	return names
}

func hits(n int) string {
	return fmt.Sprintf(`{"status":200,"_shards":{"total":1,"successful":1,"failed":0},"hits":{"total":{"value":%d,"relation":"eq"},"hits":[]}}`, n)
}

// Names are spread over requests so that no request line becomes too long.
func TestManyIndices(t *testing.T) {
	var refreshed []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.RequestURI) > 4000 {
			t.Errorf("a request line of %d bytes", len(r.RequestURI))
		}
		if r.URL.Path != "/_msearch" {
			names, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
			refreshed = append(refreshed, strings.Split(names, ",")...)
			_, _ = w.Write([]byte(sound))
			return
		}
		var answers []string
		for _, name := range searched(t, r) {
			var n int
			_, _ = fmt.Sscanf(name, "ログ-%d", &n)
			answers = append(answers, hits(n))
		}
		fmt.Fprintf(w, `{"responses":[%s]}`, strings.Join(answers, ","))
	}))
	defer s.Close()
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprintf("ログ-%d", i))
	}
	counts, err := connect(t, run.Search{URL: s.URL}).Count(t.Context(), names, noonOf(9), noonOf(10))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(refreshed, ",") != strings.Join(names, ",") {
		t.Errorf("%d names were refreshed, want each of %d once and in order", len(refreshed), len(names))
	}
	for i, c := range counts {
		if c.Index != names[i] || c.Documents == nil || *c.Documents != int64(i) {
			t.Fatalf("count %d is %+v, want %d of %s", i, c, i, names[i])
		}
	}
}

// counting is a cluster that answers refreshes and searches with these bodies.
func counting(t *testing.T, refresh, search string) *Cluster {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/_msearch" {
			_, _ = w.Write([]byte(search))
			return
		}
		_, _ = w.Write([]byte(refresh))
	}))
	t.Cleanup(s.Close)
	return connect(t, run.Search{URL: s.URL})
}

// A shard that fails leaves a count unknown; a refresh that fails is told.
func TestFailedShards(t *testing.T) {
	responses := `{"responses":[
		{"status":200,"_shards":{"total":2,"successful":1,"failed":1},"hits":{"total":{"value":5,"relation":"eq"},"hits":[]}},
		{"status":503,"error":{"type":"search_phase_execution_exception","reason":"all shards failed"}},
		{"status":200,"timed_out":true,"_shards":{"total":2,"successful":2,"failed":0},"hits":{"total":{"value":5,"relation":"eq"},"hits":[]}},
		` + hits(7) + `]}`
	c := counting(t, sound, responses)
	counts, err := c.Count(t.Context(), []string{"a", "b", "c", "d"}, noonOf(9), noonOf(10))
	if err != nil {
		t.Fatal(err)
	}
	if counts[0].Documents != nil || counts[1].Documents != nil || counts[2].Documents != nil || counts[3].Documents == nil || *counts[3].Documents != 7 {
		t.Errorf("%+v, want three unknown and 7", counts)
	}
	_, err = c.Count(t.Context(), []string{"a", "b"}, noonOf(9), noonOf(10))
	wantFault(t, err, run.Unavailable, "no answer to it") // four to two searches
	counts, err = counting(t, `{"_shards":{"total":2,"successful":1,"failed":1}}`, responses).Count(t.Context(), []string{"a"}, noonOf(9), noonOf(10))
	wantFault(t, err, run.Unavailable, "1 of 2 shards")
	if len(counts) != 1 || counts[0].Documents != nil {
		t.Errorf("%+v, want one unknown", counts)
	}
}

// An index that the cluster refuses to count is unknown, with its reason; the
// others are counted.
func TestRefusedCount(t *testing.T) {
	for status, fault := range map[int]string{403: run.Denied, 409: run.UnusableCluster, 412: run.UnusableCluster, 429: run.Throttled, 500: run.Unavailable} {
		refused := fmt.Sprintf(`{"status":%d,"error":{"type":"x","reason":"not this one"}}`, status)
		c := counting(t, sound, `{"responses":[`+hits(3)+`,`+refused+`,`+hits(5)+`]}`)
		counts, err := c.Count(t.Context(), []string{"a", "b", "c"}, noonOf(9), noonOf(10))
		wantFault(t, err, fault, "not this one", fmt.Sprint(status))
		if len(counts) != 3 || counts[0].Documents == nil || *counts[0].Documents != 3 || counts[1].Documents != nil || counts[2].Documents == nil || *counts[2].Documents != 5 {
			t.Errorf("%d: %+v, want 3, unknown, 5", status, counts)
		}
	}
}

// A request that is refused leaves what it asked for unknown, and no more; after
// one that is not answered no other is sent.
func TestRefusedRequests(t *testing.T) {
	names := []string{"first-" + strings.Repeat("x", 200), "second-" + strings.Repeat("x", 200)}
	for len(names) < 30 { // over two requests
		names = append(names, fmt.Sprintf("more-%d-%s", len(names), strings.Repeat("x", 200)))
	}
	for _, c := range []struct{ status, known, requests int }{{403, 16, 5}, {409, 16, 5}, {412, 16, 5}, {429, 0, 1}, {503, 0, 1}} {
		requests := 0
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests++
			switch {
			case requests == 1:
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(`{"error":{"type":"x","reason":"not now"}}`))
			case r.URL.Path == "/_msearch":
				n := len(searched(t, r))
				fmt.Fprintf(w, `{"responses":[%s]}`, strings.TrimSuffix(strings.Repeat(hits(1)+",", n), ","))
			default:
				_, _ = w.Write([]byte(sound))
			}
		}))
		counts, err := connect(t, run.Search{URL: s.URL}).Count(t.Context(), names, noonOf(9), noonOf(10))
		s.Close()
		if err == nil || !strings.Contains(err.Error(), "not now") {
			t.Errorf("%d: error %v", c.status, err)
		}
		known := 0
		for _, n := range counts {
			if n.Documents != nil {
				known++
			}
		}
		if len(counts) != len(names) || known != c.known || requests != c.requests {
			t.Errorf("%d: %d of %d counts known after %d requests, want %d after %d", c.status, known, len(counts), requests, c.known, c.requests)
		}
	}
}
