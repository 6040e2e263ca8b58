package store_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/local/store"
)

// source is a document as runs make it, with where it came from.
func source(at, message, group, stream string) string {
	quoted, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"@timestamp":%q,"message":%s,"aws":{"cloudwatch":{"log_group":%q,"log_stream":%q}}}`, at, quoted, group, stream)
}

func count(t testing.TB, url string) int {
	t.Helper()
	var answer struct{ Count int }
	must(t, http.MethodGet, url+"/_count", "", &answer)
	return answer.Count
}

// get reads a document's source byte for byte.
func get(t testing.TB, url, index, id string) string {
	t.Helper()
	var found struct {
		Source json.RawMessage `json:"_source"`
	}
	must(t, http.MethodGet, url+"/"+index+"/_doc/"+id, "", &found)
	return string(found.Source)
}

// Whatever form a document has, it comes back as it was, and also when it has to
// be kept beside the log database.
func TestDocumentsComeBackByteForByte(t *testing.T) {
	dir := t.TempDir()
	s, url := open(t, dir)
	word := strings.Repeat("w", 200_000)
	documents := map[string]string{
		"ours":             source("2018-12-10T12:57:44.183+09:00", "tab\t quote\" <b>&\u00e9\U0001f600", "/g", "s"),
		"utc":              `{"@timestamp":"2018-12-10T03:57:44.183Z","message":"a"}`,
		"half-hours":       `{"@timestamp":"2018-12-10T03:57:44.183-05:30","message":"a"}`,
		"whole-seconds":    `{"@timestamp":"2018-12-10T03:57:44Z","message":"a"}`,
		"nanoseconds":      `{"@timestamp":"2018-12-10T03:57:44.183999999Z","message":"a"}`,
		"milliseconds":     `{"@timestamp":1544414264183,"message":"a"}`,
		"other-order":      `{"message":"a","@timestamp":"2018-12-10T03:57:44.183Z"}`,
		"spaces":           `{ "@timestamp" : "2018-12-10T03:57:44.183Z" , "message":"a" }`,
		"slashes":          `{"@timestamp":"2018-12-10T03:57:44.183Z","message":"\/api\/v1"}`,
		"lone-surrogate":   `{"@timestamp":"2018-12-10T03:57:44.183Z","message":"a \ud800 b"}`,
		"nul":              `{"@timestamp":"2018-12-10T03:57:44.183Z","message":"a\u0000b"}`,
		"raw-surrogate":    "{\"@timestamp\":\"2018-12-10T03:57:44.183Z\",\"message\":\"a\xed\xa0\x80b\"}",
		"overlong":         "{\"@timestamp\":\"2018-12-10T03:57:44.183Z\",\"message\":\"a\xc0\xafb\"}",
		"no-message":       `{"@timestamp":"2018-12-10T03:57:44.183Z"}`,
		"empty":            `{"@timestamp":"2018-12-10T03:57:44.183Z","message":""}`,
		"a-number":         `{"@timestamp":"2018-12-10T03:57:44.183Z","message":"0017"}`,
		"a-time":           `{"@timestamp":"2018-12-10T03:57:44.183Z","message":"2018-12-10T03:57:44.1830Z"}`,
		"an-address":       `{"@timestamp":"2018-12-10T03:57:44.183Z","message":"127.0.0.1"}`,
		"no-time":          `{"message":"a"}`,
		"many-members":     `{"@timestamp":"2018-12-10T03:57:44.183Z","message":"a"` + many(3000) + `}`,
		"long-word":        `{"@timestamp":"2018-12-10T03:57:44.183Z","message":"` + word + `"}`,
		"a-megabyte":       `{"@timestamp":"2018-12-10T03:57:44.183Z","message":"` + strings.Repeat("word ", 210_000) + `"}`,
		"escaped-megabyte": `{"@timestamp":"2018-12-10T03:57:44.183Z","message":"` + strings.Repeat(`\u0001`, 1_000_000) + `"}`,
		"odd-megabyte":     `{"message":"` + strings.Repeat("word ", 210_000) + `","@timestamp":"2018-12-10T03:57:44.183Z"}`,
		"five-megabytes":   `{"@timestamp":"2018-12-10T03:57:44.183Z","message":"` + strings.Repeat("あいう ", 500_000) + `"}`,
	}
	var all [][2]string
	for id, d := range documents {
		all = append(all, [2]string{id, d})
	}
	for _, o := range bulk(t, url, "create", "i", all...) {
		if o.Status != http.StatusCreated {
			t.Fatalf("%+v", o)
		}
	}
	check := func(when, url string) {
		for id, d := range documents {
			if got := get(t, url, "i", id); got != d {
				t.Errorf("%s: %s is %.200s, want %.200s", when, id, got, d)
			}
		}
		if n := count(t, url+"/i"); n != len(documents) {
			t.Errorf("%s: %d documents, want %d", when, n, len(documents))
		}
	}
	check("at once", url)
	s.close()
	if left, _ := filepath.Glob(filepath.Join(dir, "journal*")); len(left) != 0 {
		t.Errorf("a store that was closed leaves %q", left)
	}
	s, url = open(t, dir)
	check("opened again", url)
	for query, want := range map[string][]string{
		"_msg:" + word:  {"long-word"},
		`_msg:"a\x00b"`: {"nul"},
		`_msg:="0017"`:  {"a-number"},
	} {
		if got := events(t, s.Store, store.Query{LogsQL: query}); !slices.Equal(got, want) {
			t.Errorf("%.50s finds %q, want %q", query, got, want)
		}
	}
	// What is kept beside goes with its index.
	must(t, http.MethodDelete, url+"/i", "", nil)
	if left, _ := filepath.Glob(filepath.Join(dir, "kept", "*")); len(left) != 0 {
		t.Errorf("a deleted index leaves %q", left)
	}
}

// A document behind its like is taken, kept and refused as if it stood alone.
func TestDocumentsOfOneStream(t *testing.T) {
	like := source("2018-12-10T03:57:44.183Z", "a", "/g", "s")
	rest := strings.TrimPrefix(like, `{"@timestamp":"2018-12-10T03:57:44.183Z","message":"a"`)
	made := func(stamp, message string) string {
		return `{"@timestamp":"` + stamp + `","message":` + message + rest
	}
	for name, d := range map[string]struct {
		source string
		status int
	}{
		"another time":           {made("2018-12-10T03:57:45.000Z", `"b"`), http.StatusCreated},
		"another zone":           {made("2018-12-10T12:57:45.000+09:00", `"b"`), http.StatusCreated},
		"escapes":                {made("2018-12-10T03:57:45.000Z", `"\"\\\b\f\n\r\tx"`), http.StatusCreated},
		"escapes of its own":     {made("2018-12-10T03:57:45.000Z", `"\u0041\/"`), http.StatusCreated},
		"half a pair":            {made("2018-12-10T03:57:45.000Z", `"\ud83d"`), http.StatusCreated},
		"no UTF-8":               {made("2018-12-10T03:57:45.000Z", "\"\xff\""), http.StatusBadRequest},
		"microseconds":           {made("2018-12-10T03:57:45.000001Z", `"b"`), http.StatusCreated},
		"a digit for the zone":   {made("2018-12-10T03:57:45.0000", `"b"`), http.StatusBadRequest},
		"a date alone":           {made("2018-12-10", `"b"`), http.StatusCreated},
		"no such day":            {made("2018-02-30T03:57:45.000Z", `"b"`), http.StatusBadRequest},
		"no such hour":           {made("2018-12-10T24:00:00.000Z", `"b"`), http.StatusBadRequest},
		"a time far away":        {made("1850-12-10T03:57:45.000Z", `"b"`), http.StatusBadRequest},
		"a number":               {made("2018-12-10T03:57:45.000Z", `17`), http.StatusCreated},
		"nothing":                {made("2018-12-10T03:57:45.000Z", `null`), http.StatusCreated},
		"an object":              {made("2018-12-10T03:57:45.000Z", `{}`), http.StatusBadRequest},
		"a control character":    {made("2018-12-10T03:57:45.000Z", "\"\x01\""), http.StatusBadRequest},
		"a message that is open": {made("2018-12-10T03:57:45.000Z", `"b`), http.StatusBadRequest},
		"cut":                    {made("2018-12-10T03:57:45.000Z", `"b"`)[:60], http.StatusBadRequest},
		"another stream":         {source("2018-12-10T03:57:45.000Z", "b", "/g", "other"), http.StatusCreated},
	} {
		t.Run(name, func(t *testing.T) {
			s, url := open(t, t.TempDir())
			alone := bulk(t, url, "create", "alone", [2]string{"x", d.source})[0]
			behind := bulk(t, url, "create", "behind", [2]string{"like", like}, [2]string{"x", d.source})[1]
			if behind.Status != d.status || alone.Status != d.status || alone.Error.Type != behind.Error.Type {
				t.Fatalf("alone: %+v, behind its like: %+v, want %d", alone, behind, d.status)
			}
			if d.status != http.StatusCreated {
				return
			}
			if got := get(t, url, "behind", "x"); got != d.source {
				t.Errorf("the document is %s, want %s", got, d.source)
			}
			fields := func(index string) (found map[string]string) {
				err := s.Events(t.Context(), store.Query{LogsQL: "index:=" + index + " id:=x"}, func(e store.Event) error {
					found = map[string]string{"time": e.Time.String(), "message": e.Message, "group": e.Group, "stream": e.Stream}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				return found
			}
			if a, b := fields("alone"), fields("behind"); len(a) == 0 || !maps.Equal(a, b) {
				t.Errorf("found as %v, alone as %v", b, a)
			}
		})
	}
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"member-%d-%s":"v"`, i, strings.Repeat("n", 100))
	}
	return b.String()
}

// events are the ids of what a query finds, in its order.
func events(t testing.TB, s *store.Store, q store.Query) []string {
	t.Helper()
	var ids []string
	err := s.Events(t.Context(), q, func(e store.Event) error { ids = append(ids, e.ID); return nil })
	if err != nil {
		t.Fatalf("%.200s: %v", q.LogsQL, err)
	}
	return ids
}

// Bulk requests that race for the same ids create each once.
func TestAnIDIsCreatedOnce(t *testing.T) {
	_, url := open(t, t.TempDir())
	const n, senders = 300, 4
	var mu sync.Mutex
	created := map[string]int{}
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			var documents [][2]string
			for i := range n {
				// Twice in the same request, too.
				id := fmt.Sprint((i*7 + sender) % (n / 2))
				documents = append(documents, [2]string{id, fmt.Sprintf(`{"by":%d}`, sender)})
			}
			for _, o := range bulk(t, url, "create", "i", documents...) {
				mu.Lock()
				switch o.Status {
				case http.StatusCreated:
					created[o.ID]++
				case http.StatusConflict:
				default:
					t.Errorf("%+v", o)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	for id, times := range created {
		if times != 1 {
			t.Errorf("%s was created %d times", id, times)
		}
	}
	if len(created) != n/2 || count(t, url+"/i") != n/2 {
		t.Errorf("%d ids created, %d documents, want %d", len(created), count(t, url+"/i"), n/2)
	}
}

// A process has one store, a folder one process.
func TestOneAtATime(t *testing.T) {
	dir := t.TempDir()
	_, url := open(t, dir)
	if _, err := store.Open(dir); err == nil || !strings.Contains(err.Error(), "another process has it open") {
		t.Errorf("Open: %v, want that another process has it open", err)
	}
	if _, err := store.Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "this process has a log database open") {
		t.Errorf("Open of another: %v, want that this process has one open", err)
	}
	count(t, url)
}

// Pages by time and id go through everything once, in either direction.
func TestPages(t *testing.T) {
	_, url := open(t, t.TempDir())
	var documents [][2]string
	for i := range 500 {
		at := time.UnixMilli(1544414264183 + int64(i/7)).UTC().Format("2006-01-02T15:04:05.000Z07:00")
		documents = append(documents, [2]string{fmt.Sprintf("%03d", i), `{"@timestamp":"` + at + `","message":"m"}`})
	}
	bulk(t, url, "create", "i", documents[:200]...)
	bulk(t, url, "create", "j", documents[200:]...)
	for _, direction := range []string{"asc", "desc"} {
		var got []string
		after := ""
		for {
			var page struct {
				Hits struct {
					Total struct{ Value int }
					Hits  []struct {
						ID   string `json:"_id"`
						Sort []json.RawMessage
					}
				}
			}
			must(t, http.MethodPost, url+"/_search", `{"size":32,"_source":false,"sort":[{"@timestamp":"`+direction+`"},{"_id":"`+direction+`"}]`+after+`}`, &page)
			if page.Hits.Total.Value != 500 {
				t.Fatalf("%s: %d in all, want 500", direction, page.Hits.Total.Value)
			}
			if len(page.Hits.Hits) == 0 {
				break
			}
			for _, h := range page.Hits.Hits {
				got = append(got, h.ID)
				after = fmt.Sprintf(`,"search_after":[%s,%s]`, h.Sort[0], h.Sort[1])
			}
		}
		if direction == "desc" {
			slices.Reverse(got)
		}
		if len(got) != 500 || !slices.IsSorted(got) || len(slices.Compact(got)) != 500 {
			t.Errorf("%s: pages give %d documents: %q", direction, len(got), got)
		}
	}
}

// What would change an answer and is not implemented is refused by name.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	_, url := open(t, dir)
	bulk(t, url, "create", "i", [2]string{"1", `{"@timestamp":"2018-12-10T00:00:00.000Z","message":"m"}`})
	for _, tt := range []struct{ names, method, path, body string }{
		{`"match"`, "POST", "/i/_search", `{"query":{"match":{"message":"x"}}}`},
		{`"aggs"`, "POST", "/i/_search", `{"aggs":{}}`},
		{"a range of [message]", "POST", "/i/_search", `{"query":{"range":{"message":{"gte":"2018"}}}}`},
		{"failed to parse date field [soon]", "POST", "/i/_search", `{"query":{"range":{"@timestamp":{"gte":"soon"}}}}`},
		{"sorting by [message]", "POST", "/i/_search", `{"sort":["message"]}`},
		{"sorting by [_id]", "POST", "/i/_search", `{"sort":[{"@timestamp":"asc"},{"_id":"desc"}]}`},
		{"search_after has 1", "POST", "/i/_search", `{"search_after":[1]}`},
		{"[10000]", "POST", "/i/_search", `{"size":10001}`},
		{"[q]", "GET", "/i/_search?q=x", ""},
		{"other bulk actions", "POST", "/_bulk", `{"update":{"_id":"1"}}` + "\n{}\n"},
		{"other bulk actions", "POST", "/i/_bulk", `{"index":{"_id":"1"}}` + "\n{}\n"},
		{"routing", "POST", "/i/_bulk", `{"create":{"_id":"1","routing":"a"}}` + "\n{}\n"},
		{"pipeline", "POST", "/_bulk?pipeline=p", "{}\n"},
		{"GET /i/_mapping", "GET", "/i/_mapping", ""},
		{"POST /i/_delete_by_query", "POST", "/i/_delete_by_query", "{}"},
		{"PUT /_cluster/settings", "PUT", "/_cluster/settings", "{}"},
		{"PUT /_template/x", "PUT", "/_template/x", "{}"},
		{"Wildcard expressions", "DELETE", "/i*", ""},
		{"[nested]", "PUT", "/_index_template/n", `{"index_patterns":["n"],"template":{"mappings":{"properties":{"a":{"type":"nested"}}}}}`},
		{"[index.sort.field]", "PUT", "/_index_template/n", `{"index_patterns":["n"],"template":{"settings":{"sort":{"field":"a"}}}}`},
		{"aliases", "PUT", "/_index_template/n", `{"index_patterns":["n"],"template":{"aliases":{"a":{"filter":{}}}}}`},
		{"component templates", "PUT", "/_index_template/n", `{"index_patterns":["n"],"composed_of":["c"]}`},
	} {
		wantRefused(t, http.StatusBadRequest, tt.names, tt.method, url+tt.path, tt.body)
	}
	wantRefused(t, http.StatusNotFound, "no such index [none]", http.MethodGet, url+"/none/_count", "")
	for _, name := range []string{"..", "A", "a b", "-a"} {
		if o := bulk(t, url, "create", name, [2]string{"1", `{}`}); o[0].Status != http.StatusBadRequest || !strings.Contains(o[0].Error.Reason, "Invalid index name") {
			t.Errorf("an index named %q: %+v", name, o[0])
		}
	}
	if o := bulk(t, url, "create", "i", [2]string{"old", `{"@timestamp":"1900-01-01T00:00:00Z"}`}); o[0].Status != http.StatusBadRequest || !strings.Contains(o[0].Error.Reason, "@timestamp") {
		t.Errorf("a document of 1900: %+v, want it refused", o[0])
	}
	if n := count(t, url+"/i"); n != 1 {
		t.Errorf("after all of these the index holds %d documents", n)
	}
	if _, err := os.Stat(filepath.Join(dir, "kept")); err == nil {
		t.Error("something was kept beside the log database")
	}
}

// What the disk does not take is refused in words that do not ask to try again,
// and can be created once there is room.
func TestRefusedByTheDisk(t *testing.T) {
	dir := t.TempDir()
	_, url := open(t, dir)
	large := source("2018-12-10T00:00:00.000Z", strings.Repeat("word ", 500_000), "/g", "s") // in a file of its own
	kept := filepath.Join(dir, "kept")
	if err := os.WriteFile(kept, nil, 0o600); err != nil { // where a folder has to be
		t.Fatal(err)
	}
	wantRefused(t, http.StatusBadRequest, "the disk takes no more (", http.MethodPost, url+"/_bulk", `{"create":{"_index":"i","_id":"1"}}`+"\n"+large+"\n")
	if err := os.Remove(kept); err != nil {
		t.Fatal(err)
	}
	if o := bulk(t, url, "create", "i", [2]string{"1", large}); o[0].Status != http.StatusCreated {
		t.Errorf("with room: %+v", o[0])
	}
}
