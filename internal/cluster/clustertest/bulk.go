package clustertest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// Each document has its own answer, at its own place.
func testBulk(t *testing.T, s *suite) {
	s.prepare(t)
	other := s.prefix + "-2018-12-11"
	s.delete(t, other)
	s.items(t, line(s.index(), "before", source(noon, `"first"`)))
	cases := []struct {
		what   string
		index  string
		id     string
		source string
		status int
	}{
		{"new", s.index(), "1", source(noon, `"hello"`), 201},
		{"twice in a body", s.index(), "1", source(noon, `"other"`), 409},
		{"there before", s.index(), "before", source(noon, `"second"`), 409},
		{"a date that is none", s.index(), "2", source("yesterday", `"x"`), 400},
		{"a message that is an object", s.index(), "3", source(noon, `{"a":1}`), 400},
		{"a number as message", s.index(), "4", source(noon, `17`), 201},
		{"another index", other, "1", source(noon, `"hello"`), 201},
		{"an empty id", s.index(), "", source(noon, `"x"`), 400},
		{"an id of 512 bytes", s.index(), strings.Repeat("i", 512), source(noon, `"x"`), 201},
		{"an unmapped member", s.index(), "5", `{"@timestamp":"` + noon + `","message":"m","new":{"a":1}}`, 201},
		{"no members", s.index(), "6", `{}`, 201},
	}
	body := ""
	for _, c := range cases {
		body += line(c.index, c.id, c.source)
	}
	items := s.items(t, body)
	if len(items) != len(cases) {
		t.Fatalf("%d items for %d documents", len(items), len(cases))
	}
	for i, c := range cases {
		got := items[i]
		if got.Status != c.status || got.Index != c.index || c.id != "" && got.ID != c.id {
			t.Errorf("%s: %+v, want %d for %s of %s", c.what, got, c.status, c.id, c.index)
		}
		if (c.status == 201) != (got.Result == "created") || (c.status == 201) == (got.Error.Type != "") {
			t.Errorf("%s: result %q and error %q do not go with status %d", c.what, got.Result, got.Error.Type, got.Status)
		}
		if c.status == 409 && got.Error.Type != "version_conflict_engine_exception" {
			t.Errorf("%s: error %q", c.what, got.Error.Type)
		}
	}
	s.refresh(t, s.index(), other)
	if got := string(s.get(t, s.index(), "before")); got != source(noon, `"first"`) {
		t.Errorf("a create changed the document that was there: %s", got)
	}
	testBulkForms(t, s)
}

// Compressed and not, and with nothing wrong in it.
func testBulkForms(t *testing.T, s *suite) {
	for id, compress := range map[string]bool{"plain": false, "gzip": true} {
		r := s.bulk(t, line(s.index(), id, source(noon, `"form"`)), compress)
		var whole bulkReply
		r.decode(t, &whole)
		if r.status != http.StatusOK || whole.Errors || whole.Took == nil || len(whole.Items) != 1 {
			t.Errorf("%s: answered with %d %s", id, r.status, r.body)
		}
	}
	r := s.bulk(t, line(s.index(), "plain", source(noon, `"form"`)), false)
	var whole bulkReply
	if r.decode(t, &whole); !whole.Errors {
		t.Errorf("errors is not set for a conflict: %s", r.body)
	}
}

// How strings that are not everyday ones are taken. What is taken is given back
// byte for byte.
func testStrings(t *testing.T, s *suite) {
	s.prepare(t)
	cases := []struct {
		id      string
		message string // as it stands in the body, quotes included
		taken   bool
	}{
		{"empty", `""`, true},
		{"escapes", `"tab\t newline\n quote\" slash\/ backslash\\ \u00e9"`, true},
		{"lone-surrogate", `"before \ud800 after"`, true},
		{"surrogate-pair", `"\ud83d\ude00 😀"`, true},
		{"nul", `"a\u0000b"`, true},
		{"separators", "\"a\u2028b\u2029c\uFFFF\"", true},
		{"replacement", "\"a\uFFFDb\"", true},
		{"braces", `"}{ {\"a\":1}{\"b\":2}"`, true},
		{"long-token", `"` + strings.Repeat("x", 40_000) + `"`, true},
		{"megabyte", `"` + strings.Repeat("word ", 200_000) + `"`, true},
		{"not-utf-8", "\"a\xffb\"", false},
		{"cut-sequence", "\"a\xe3\x81\"", false},
		{"raw-control", "\"a\x01b\"", false},
		{"raw-tab", "\"a\tb\"", false},
		{"bad-escape", `"a\qb"`, false},
	}
	body := ""
	for _, c := range cases {
		body += line(s.index(), c.id, `{"@timestamp":"`+noon+`","message":`+c.message+`}`)
	}
	items := s.items(t, body)
	s.refresh(t, s.index())
	for i, c := range cases {
		if items[i].ID != c.id {
			t.Fatalf("item %d is of %s, want %s", i, items[i].ID, c.id)
		}
		if !c.taken {
			if items[i].Status != http.StatusBadRequest {
				t.Errorf("%s: %+v, want 400", c.id, items[i])
			}
			continue
		}
		if items[i].Status != http.StatusCreated {
			t.Errorf("%s: %+v, want 201", c.id, items[i])
			continue
		}
		if got, want := s.get(t, s.index(), c.id), `{"@timestamp":"`+noon+`","message":`+c.message+`}`; string(got) != want {
			t.Errorf("%s: _source is %.200q, want %.200q", c.id, got, want)
		}
	}
}

// What fails a whole request leaves nothing of it behind. (An action of an unknown
// name does not everywhere: Elasticsearch 7.10 passes over it.)
func testWholeBulk(t *testing.T, s *suite) {
	s.prepare(t)
	neighbour := line(s.index(), "neighbour", source(noon, `"x"`))
	for what, body := range map[string]string{
		"an id of 513 bytes":      neighbour + line(s.index(), strings.Repeat("i", 513), source(noon, `"x"`)),
		"an action not UTF-8":     neighbour + "{\"create\":{\"_index\":\"" + s.index() + "\",\"_id\":\"\xff\"}}\n{}\n",
		"an action not JSON":      neighbour + "create\n{}\n",
		"no newline at the end":   strings.TrimSuffix(neighbour, "\n"),
		"nothing":                 "",
		"an unknown action field": neighbour + "{\"create\":{\"_index\":\"" + s.index() + "\",\"_id\":\"2\",\"nonsense\":1}}\n{}\n",
	} {
		if r := s.bulk(t, body, false); r.status != http.StatusBadRequest {
			t.Errorf("%s: answered with %d, want 400\n%s", what, r.status, r.body)
		}
	}
	if n := s.count(t, s.index()); n != 0 {
		t.Errorf("%d documents were kept of bodies that were refused", n)
	}
}

// get reads the _source of a document.
func (s *suite) get(t *testing.T, index, id string) []byte {
	t.Helper()
	var found struct {
		Source json.RawMessage `json:"_source"`
	}
	s.must(t, esapi.GetRequest{Index: index, DocumentID: id}).decode(t, &found)
	return found.Source
}
