package clustertest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// testQueries asks what people do who would otherwise grep.
func testQueries(t *testing.T, s *suite) {
	s.prepare(t)
	body := ""
	for id, message := range map[string]string{
		"timeout":  "ERROR request to payment-service timed out after 3000 ms",
		"refused":  "ERROR connection refused: payment-service:8080",
		"get":      "INFO GET /api/v1/orders/42 200 17ms",
		"post":     "INFO POST /api/v1/orders 500 3ms",
		"trace":    "java.lang.OutOfMemoryError: Java heap space\n\tat com.example.OrderService.place(OrderService.java:42)",
		"japanese": "注文を受け付けました order=17",
		"long":     "needle " + strings.Repeat("hay ", 3000),
		"empty":    "",
	} {
		body += line(s.index(), id, source(noon, strconv.Quote(message)))
	}
	for _, i := range s.items(t, body) {
		if i.Status != http.StatusCreated {
			t.Fatalf("create: %+v", i)
		}
	}
	s.refresh(t, s.index())
	for _, c := range []struct {
		query string
		want  []string
	}{
		{`{"match_all":{}}`, []string{"timeout", "refused", "get", "post", "trace", "japanese", "long", "empty"}},
		{`{"match_phrase":{"message":"timed out"}}`, []string{"timeout"}},
		{`{"match_phrase":{"message":{"query":"TIMED OUT after"}}}`, []string{"timeout"}},
		{`{"match_phrase":{"message":"out timed"}}`, nil},
		{`{"match_phrase":{"message":"connection refused"}}`, []string{"refused"}},
		{`{"match_phrase":{"message":"Java heap space"}}`, []string{"trace"}},
		{`{"match_phrase":{"message":"受け付け"}}`, []string{"japanese"}},
		{`{"match":{"message":"error"}}`, []string{"timeout", "refused"}},
		{`{"match":{"message":{"query":"error refused","operator":"and"}}}`, []string{"refused"}},
		{`{"match":{"message":"refused needle"}}`, []string{"refused", "long"}},
		{`{"wildcard":{"message.keyword":"*OutOfMemory*"}}`, []string{"trace"}},
		{`{"wildcard":{"message.keyword":{"value":"INFO ??? /api/*"}}}`, []string{"get"}},
		{`{"wildcard":{"message.keyword":"*outofmemory*"}}`, nil},
		{`{"wildcard":{"message.keyword":"needle*"}}`, nil}, // over ignore_above
		{`{"regexp":{"message.keyword":"(INFO|WARN) (GET|POST) .*[0-9]{3} [0-9]+ms"}}`, []string{"get", "post"}},
		{`{"regexp":{"message.keyword":{"value":".*OrderService\\.java:[0-9]+.*"}}}`, []string{"trace"}}, // . is any character, newline too
		{`{"term":{"message.keyword":""}}`, []string{"empty"}},
		{`{"bool":{"must":[{"match_phrase":{"message":"error"}}],"must_not":[{"match_phrase":{"message":"timed out"}}]}}`, []string{"refused"}},
		{`{"bool":{"filter":[{"wildcard":{"message.keyword":"INFO*"}}],"must_not":[{"wildcard":{"message.keyword":"* 200 *"}}]}}`, []string{"post"}},
		{`{"bool":{"must_not":[{"match":{"message":"error info java hay order"}}]}}`, []string{"empty"}},
		{`{"bool":{"should":[{"match_phrase":{"message":"heap space"}},{"match_phrase":{"message":"GET"}}],"minimum_should_match":1}}`, []string{"trace", "get"}},
		{`{"bool":{"filter":[{"range":{"@timestamp":{"gte":"2018-12-10T03:57:44.183Z","lte":"2018-12-10T03:57:44.183Z"}}},{"match_phrase":{"message":"needle"}}]}}`, []string{"long"}},
		{`{"exists":{"field":"message"}}`, []string{"timeout", "refused", "get", "post", "trace", "japanese", "long", "empty"}},
	} {
		s.wantHits(t, c.query, c.want...)
	}
}

// wantHits searches the part's index and compares the ids found, in any order.
func (s *suite) wantHits(t *testing.T, query string, want ...string) {
	t.Helper()
	var found searchReply
	s.must(t, esapi.SearchRequest{
		Index: []string{s.index()}, Body: strings.NewReader(`{"size":100,"query":` + query + `}`),
	}).decode(t, &found)
	var got []string
	for _, hit := range found.Hits.Hits {
		got = append(got, hit.ID)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s finds %q, want %q", query, got, want)
	}
}
