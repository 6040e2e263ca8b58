package cluster_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// testQueries asks a real engine, in an index of our template, what people do who
// would otherwise grep.
func testQueries(t *testing.T, url string, s run.Settings) {
	p := person{url}
	const noon = "2018-12-10T12:57:44.183+09:00"
	index := s.IndexPrefix + "-2018-12-10"
	day := time.Date(2018, 12, 10, 0, 0, 0, 0, time.UTC)
	s.Zone, s.Shards, s.Search = time.UTC, 1, run.Search{URL: url}
	if _, err := prepare(t, s, run.Plan{From: day, To: day.AddDate(0, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	parsed := map[string]string{}
	if s.Parse {
		parsed["timeout"] = `,"parsed":{"level":"ERROR","nested":{"a":{"b":1}}}`
		parsed["get"] = `,"parsed":{"level":{"name":"WARN"}}`
	}
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
		body += fmt.Sprintf("{\"create\":{\"_index\":%q,\"_id\":%q}}\n", index, id) +
			fmt.Sprintf("{\"@timestamp\":%q,\"message\":%s%s}\n", noon, strconv.Quote(message), parsed[id])
	}
	type query struct {
		query string
		want  []string
	}
	queries := []query{
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
	}
	if s.Parse {
		queries = append(queries,
			query{`{"term":{"parsed.level":"ERROR"}}`, []string{"timeout"}},
			query{`{"term":{"parsed.level.name":"WARN"}}`, []string{"get"}})
	}
	var sent struct{ Errors bool }
	if answer := p.do(t, "POST", "/_bulk?refresh=true", body); json.Unmarshal(answer, &sent) != nil || sent.Errors {
		t.Fatalf("%s", answer)
	}
	for _, q := range queries {
		if strings.Contains(q.query, "message.keyword") && !s.Exact {
			continue
		}
		var found struct {
			Hits struct {
				Hits []struct {
					ID string `json:"_id"`
				}
			}
		}
		if err := json.Unmarshal(p.do(t, "POST", "/"+index+"/_search", `{"size":100,"query":`+q.query+`}`), &found); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, hit := range found.Hits.Hits {
			got = append(got, hit.ID)
		}
		slices.Sort(got)
		slices.Sort(q.want)
		if !slices.Equal(got, q.want) {
			t.Errorf("%s finds %q, want %q", q.query, got, q.want)
		}
	}
}
