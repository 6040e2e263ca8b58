package store_test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/local/store"
	"github.com/rehydrate/rehydrate/local/store/logdb"
)

// stocked is a store with a few events in two streams.
func stocked(t *testing.T) (*opened, string) {
	t.Helper()
	s, url := open(t, t.TempDir())
	var documents [][2]string
	for i, e := range [][2]string{
		{"one", "api"}, {"two", "api"}, {"three ERROR <script>alert(1)</script>", "api"}, {"four", "api"}, {"five", "worker"}, {"six ERROR", "worker"},
	} {
		at := time.Date(2018, 12, 10, 3, 0, i, 0, time.UTC).Format("2006-01-02T15:04:05.000Z07:00")
		id, _, _ := strings.Cut(e[0], " ")
		documents = append(documents, [2]string{id, source(at, e[0], "/ecs/"+e[1], e[1]+"/1")})
	}
	bulk(t, url, "create", "i-2018-12-10", documents...)
	return s, url
}

type reply struct {
	StatusCode int
	Status     string
	Header     http.Header
}

// ask sends a request as a browser on the page does, or with other headers.
func ask(t *testing.T, method, address string, header map[string]string) (reply, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
		if name == "Host" {
			req.Host = value
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{res.StatusCode, res.Status, res.Header}, string(body)
}

// A browser is led to the page, with the range of what is stored; a client is told
// which product this is.
func TestRoot(t *testing.T) {
	s, address := stocked(t)
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ShowIn(tokyo); err != nil {
		t.Fatal(err)
	}
	res, body := ask(t, http.MethodGet, address+"/", map[string]string{"Accept": "text/html,*/*"})
	if res.StatusCode != http.StatusOK || !strings.Contains(body, `data-zone="Asia/Tokyo" data-seconds="7" data-end="2018-12-10T03:00:06Z"`) {
		t.Fatalf("%s: %s", res.Status, body)
	}
	for _, path := range []string{"/", "/_cluster/settings"} {
		if res, body := ask(t, http.MethodGet, address+path, nil); res.StatusCode != http.StatusOK || res.Header.Get("X-Elastic-Product") != "Elasticsearch" {
			t.Errorf("%s: %s %s", path, res.Status, body)
		}
	}
	res, body = ask(t, http.MethodGet, address+"/select/vmui/", nil)
	if res.StatusCode != http.StatusOK || !strings.Contains(body, `<div id="root">`) || !strings.Contains(res.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("the page: %s %v %s", res.Status, res.Header, body)
	}
}

// The API of the page reads and nothing else, and does not show what only the
// store needs.
func TestPageReadsOnly(t *testing.T) {
	s, address := stocked(t)
	s.Refresh()
	res, body := ask(t, http.MethodPost, address+"/select/logsql/query?query="+url.QueryEscape("ERROR")+"&start=2018-12-01&hidden_fields_filters=%5B%5D", nil)
	if res.StatusCode != http.StatusOK || strings.Count(body, "\n") != 2 || strings.Contains(body, "rehydrate.") || !strings.Contains(body, `"log_group":"/ecs/api"`) || !strings.Contains(body, `"id":"three"`) {
		t.Errorf("a query: %s %s", res.Status, body)
	}
	if res.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("pages of other sites may read the answer")
	}
	if n := hitsOf(t, address, `{log_group="/ecs/worker"}`); n != 2 {
		t.Errorf("%d events in the stream, want 2", n)
	}
	for _, path := range []string{
		"/delete/run_task?filter=*", "/select/delete", "/internal/force_flush", "/internal/partition/list", "/internal/select/query", "/internal/delete/run_task",
		"/insert/jsonline", "/select/logsql/../../delete/run_task", "/select/logsql/nothing", "/select/vmalert/", "/select/vmui/../logsql/x", "/metrics", "/flags", "/debug/pprof/", "/snapshot/create",
	} {
		if res, body := ask(t, http.MethodPost, address+path, nil); res.StatusCode/100 == 2 {
			t.Errorf("POST %s: %s %s", path, res.Status, body)
		}
	}
	if res, _ := ask(t, http.MethodDelete, address+"/select/logsql/query?query=*", nil); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: %s", res.Status)
	}
	for _, header := range []map[string]string{{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}} {
		for _, path := range []string{"/i-2018-12-10", "/select/logsql/query?query=*"} {
			if res, body := ask(t, http.MethodDelete, address+path, header); res.StatusCode != http.StatusForbidden {
				t.Errorf("%v %s: %s %s", header, path, res.Status, body)
			}
		}
	}
	if n := count(t, address+"/i-2018-12-10"); n != 6 {
		t.Errorf("after all of these %d documents are left, want 6", n)
	}
}

func TestEvents(t *testing.T) {
	s, _ := stocked(t)
	at := func(second int) time.Time { return time.Date(2018, 12, 10, 3, 0, second, 0, time.UTC) }
	for _, tt := range []struct {
		what  string
		query store.Query
		want  []string
	}{
		{"all", store.Query{LogsQL: "*"}, []string{"one", "two", "three", "four", "five", "six"}},
		{"newest first", store.Query{LogsQL: "*", Newest: true, Limit: 2}, []string{"six", "five"}},
		{"oldest first", store.Query{LogsQL: "*", Limit: 2}, []string{"one", "two"}},
		{"a range", store.Query{LogsQL: "*", From: at(1), To: at(3)}, []string{"two", "three"}},
		{"an empty range", store.Query{LogsQL: "*", From: at(3), To: at(3)}, nil},
		{"a stream", store.Query{LogsQL: `{log_group="/ecs/worker"}`}, []string{"five", "six"}},
		{"around", store.Query{LogsQL: "three", Before: 1, After: 1}, []string{"two", "three", "four"}},
		{"around, in its stream only", store.Query{LogsQL: "ERROR", Before: 1, After: 1}, []string{"two", "three", "four", "five", "six"}},
		{"nothing", store.Query{LogsQL: "seven"}, nil},
		{"a query that picks some", store.Query{LogsQL: "* | filter ERROR"}, []string{"three", "six"}},
	} {
		if got := events(t, s.Store, tt.query); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.what, got, tt.want)
		}
		if tt.query.Before > 0 || tt.query.Limit > 0 {
			continue
		}
		if n, err := s.Count(t.Context(), tt.query); err != nil || int(n) != len(tt.want) {
			t.Errorf("%s: counted %d, %v, want %d", tt.what, n, err, len(tt.want))
		}
	}
	err := s.Events(t.Context(), store.Query{LogsQL: "three"}, func(e store.Event) error {
		want := store.Event{Time: e.Time, Group: "/ecs/api", Stream: "api/1", Index: "i-2018-12-10", ID: "three", Message: "three ERROR <script>alert(1)</script>"}
		if !e.Time.Equal(at(2)) || e.Message != want.Message || e.Group != want.Group || e.Stream != want.Stream || e.Index != want.Index {
			t.Errorf("%+v, want %+v", e, want)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	var sums []logdb.Field
	err = s.Events(t.Context(), store.Query{LogsQL: "* | stats by (log_group) count() n | sort by (log_group)"}, func(e store.Event) error { sums = append(sums, e.Fields...); return nil })
	if want := []logdb.Field{{Name: "log_group", Value: "/ecs/api"}, {Name: "n", Value: "4"}, {Name: "log_group", Value: "/ecs/worker"}, {Name: "n", Value: "2"}}; err != nil || !slices.Equal(sums, want) {
		t.Errorf("sums: %v, %v, want %v", sums, err, want)
	}
	parts, err := s.Histogram(t.Context(), store.Query{LogsQL: "*", From: at(1)}, 2*time.Second)
	want := []store.Part{{From: at(1), To: at(2), Events: 1}, {From: at(2), To: at(4), Events: 2}, {From: at(4), To: at(6), Events: 2}}
	if err != nil || !slices.EqualFunc(parts, want, func(a, b store.Part) bool { return a.From.Equal(b.From) && a.To.Equal(b.To) && a.Events == b.Events }) {
		t.Errorf("a histogram: %+v, %v, want %+v", parts, err, want)
	}
	if err := s.Events(t.Context(), store.Query{LogsQL: "(", Limit: 1}, nil); err == nil || !strings.Contains(err.Error(), "no LogsQL") {
		t.Errorf("a query that is none: %v", err)
	}
}
