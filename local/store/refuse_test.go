package store_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
)

// What would change an answer and is not implemented is refused by name.
func TestRefused(t *testing.T) {
	url := library(t)
	root := strings.TrimSuffix(url, "/i")
	for _, search := range []struct{ names, body string }{
		{"[fuzzy]", `{"query":{"fuzzy":{"message":"x"}}}`},
		{"[more_like_this]", `{"query":{"more_like_this":{}}}`},
		{"fuzziness", `{"query":{"match":{"message":{"query":"x","fuzziness":2}}}}`},
		{"minimum_should_match", `{"query":{"match":{"message":{"query":"x","minimum_should_match":2}}}}`},
		{"slop", `{"query":{"match_phrase":{"message":{"query":"a b","slop":2}}}}`},
		{"boost", `{"query":{"match_all":{"boost":2}}}`},
		{"relation", `{"query":{"range":{"@timestamp":{"gte":"2018","relation":"within"}}}}`},
		{"date math", `{"query":{"range":{"@timestamp":{"gte":"now-1d"}}}}`},
		{"[yyyy]", `{"query":{"range":{"@timestamp":{"gte":"2018","format":"yyyy"}}}}`},
		{"failed to parse date field [soon]", `{"query":{"range":{"@timestamp":{"gte":"soon"}}}}`},
		{"takes one field", `{"query":{"match":{"message":"x","other":"y"}}}`},
		{"names one query", `{"query":{"match_all":{},"match_none":{}}}`},
		{"regexp", `{"query":{"regexp":{"message.keyword":"a&b"}}}`},
		{"cannot parse the pattern", `{"query":{"regexp":{"message.keyword":"(a"}}}`},
		{"flags", `{"query":{"regexp":{"message.keyword":{"value":"a","flags":"ALL"}}}}`},
		{"[~]", `{"query":{"query_string":{"query":"roam~2"}}}`},
		{"[^]", `{"query":{"query_string":{"query":"a^2"}}}`},
		{"a missing /", `{"query":{"query_string":{"query":"message:/a.*"}}}`},
		{"the operator [&]", `{"query":{"query_string":{"query":"message:/a&b/"}}}`},
		{"Failed to parse query", `{"query":{"query_string":{"query":"(a"}}}`},
		{"Failed to parse query", `{"query":{"query_string":{"query":"AND"}}}`},
		{"fuzzy_max_expansions", `{"query":{"query_string":{"query":"a","fuzzy_max_expansions":1}}}`},
		{"[message]", `{"sort":["message"]}`},
		{"[_score]", `{"sort":["_score"]}`},
		{"missing", `{"sort":[{"@timestamp":{"order":"asc","missing":"_first"}}]}`},
		{"search_after has 1", `{"search_after":[1]}`},
		{"highlight", `{"highlight":{"fields":{"message":{}}}}`},
		{"fields", `{"fields":["message"]}`},
		{"pattern or path [a.*]", `{"_source":["a.*"]}`},
		{"excludes", `{"_source":{"excludes":["a"]}}`},
		{"[terms]", `{"aggs":{"a":{"terms":{"field":"message"}}}}`},
		{"[message]", `{"aggs":{"a":{"min":{"field":"message"}}}}`},
		{"offset", `{"aggs":{"a":{"date_histogram":{"field":"@timestamp","fixed_interval":"1d","offset":"1h"}}}}`},
		{"[aggs]", `{"aggs":{"a":{"date_histogram":{"field":"@timestamp","fixed_interval":"1d"},"aggs":{}}}}`},
		{"[10000]", `{"size":10001}`},
		{"is no JSON object", `{"query":`},
		{"pit", `{"pit":{"id":"x"}}`},
	} {
		wantRefused(t, http.StatusBadRequest, search.names, http.MethodPost, url+"/_search", search.body)
	}
	for _, other := range []struct{ names, method, path, body string }{
		{"[scroll]", "GET", "/i/_search?scroll=1m", ""},
		{"[routing]", "GET", "/i/_search?routing=x", ""},
		{"GET /i/_mget", "GET", "/i/_mget", ""},
		{"POST /i/_update/1", "POST", "/i/_update/1", "{}"},
		{"POST /_reindex", "POST", "/_reindex", "{}"},
		{"DELETE /_bulk", "DELETE", "/_bulk", ""},
		{"PUT /_template/x", "PUT", "/_template/x", "{}"},
		{"POST /i/_delete_by_query", "POST", "/i/_delete_by_query", "{}"},
		{"ingest pipelines", "POST", "/_bulk?pipeline=p", `{"index":{}}` + "\n{}\n"},
		{"[update]", "POST", "/i/_bulk", `{"update":{"_id":"1"}}` + "\n{}\n"},
		{"[routing]", "POST", "/i/_bulk", `{"create":{"_id":"1","routing":"a"}}` + "\n{}\n"},
		{"[nested]", "PUT", "/n", `{"mappings":{"properties":{"a":{"type":"nested"}}}}`},
		{"analyzer", "PUT", "/n", `{"mappings":{"properties":{"a":{"type":"text","analyzer":"kuromoji"}}}}`},
		{"[index.sort.field]", "PUT", "/n", `{"settings":{"index":{"sort":{"field":"a"}}}}`},
		{"aliases", "PUT", "/n", `{"aliases":{"a":{}}}`},
		{"data_stream", "PUT", "/_index_template/n", `{"index_patterns":["n"],"data_stream":{}}`},
		{"component templates", "PUT", "/_index_template/n", `{"index_patterns":["n"],"composed_of":["c"]}`},
		{"aliases", "PUT", "/_index_template/n", `{"index_patterns":["n"],"template":{"aliases":{"a":{}}}}`},
		{"[indices.x]", "PUT", "/_cluster/settings", `{"persistent":{"indices.x":1}}`},
		{"Wildcard expressions", "DELETE", "/i*", ""},
		{"already exists", "PUT", "/i", ""},
		{"[_nodes/stats]", "GET", "/_cat/indices?h=_nodes/stats", ""},
		{"[stats] of _nodes", "GET", "/_nodes/stats", ""},
	} {
		wantRefused(t, http.StatusBadRequest, other.names, other.method, root+other.path, other.body)
	}
	if got := found(t, url, `{"size":100}`); len(got) != 5 {
		t.Errorf("after all of these the index holds %q", got)
	}
}

func TestBodies(t *testing.T) {
	url := library(t) + "/_count"
	post := func(body []byte, header ...string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode
	}
	query := []byte(`{"query":{"match_all":{}}}`)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(query)
	z.Close()
	for _, tt := range []struct {
		what   string
		body   []byte
		header []string
		want   int
	}{
		{"JSON", query, []string{"Content-Type", "application/json; charset=utf-8"}, 200},
		{"a typed client's", query, []string{"Content-Type", "application/vnd.elasticsearch+json;compatible-with=8"}, 200},
		{"gzip", packed.Bytes(), []string{"Content-Type", "application/json", "Content-Encoding", "gzip"}, 200},
		{"half a gzip", packed.Bytes()[:20], []string{"Content-Type", "application/json", "Content-Encoding", "gzip"}, 400},
		{"no gzip", query, []string{"Content-Type", "application/json", "Content-Encoding", "gzip"}, 400},
		{"another encoding", query, []string{"Content-Type", "application/json", "Content-Encoding", "br"}, 400},
		{"a form", query, []string{"Content-Type", "application/x-www-form-urlencoded"}, 406},
		{"no type", query, nil, 406},
	} {
		if got := post(tt.body, tt.header...); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.what, got, tt.want)
		}
	}
}
