package store_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// library is a store with a few logs.
func library(t *testing.T) string {
	t.Helper()
	url := serve(t, t.TempDir()) + "/i"
	must(t, http.MethodPut, url, `{"mappings":`+logs+`}`, nil)
	bulk(t, strings.TrimSuffix(url, "/i"), "create", "i",
		[2]string{"1", `{"@timestamp":"2018-12-10T00:00:00.000+09:00","message":"ERROR cannot connect to db-1: refused","aws":{"cloudwatch":{"log_group":"/ecs-task"}}}`},
		[2]string{"2", `{"@timestamp":"2018-12-10T12:00:00.000+09:00","message":"INFO GET /api/orders 200 17ms","parsed":{"level":"INFO","n":{"a":1}}}`},
		[2]string{"3", `{"@timestamp":"2018-12-11T00:00:00.000+09:00","message":"WARN slow query, 3000 ms","aws.cloudwatch.log_group":"/other"}`},
		[2]string{"4", `{"@timestamp":"2018-12-11T23:59:59.999Z","message":"INFO db-1 connected"}`},
		[2]string{"5", `{"message":"no time, ` + strings.Repeat("x", 100) + `"}`},
	)
	return url
}

func TestQueryString(t *testing.T) {
	url := library(t)
	for q, want := range map[string][]string{
		`refused`:                                  {"1"},
		`ERROR OR WARN`:                            {"1", "3"},
		`error || warn`:                            {"1", "3"},
		`info connected`:                           {"2", "4"},
		`info AND connected`:                       {"4"},
		`info && connected`:                        {"4"},
		`+info -connected`:                         {"2"},
		`info NOT connected`:                       {"2"},
		`info AND NOT connected`:                   {"2"},
		`info !connected`:                          {"2"},
		`"slow query"`:                             {"3"},
		`"query slow"`:                             nil,
		`(error OR warn) AND db`:                   {"1"},
		`error AND db OR warn`:                     {"1"}, // to Lucene: +error +db warn
		`message:(slow OR refused)`:                {"1", "3"},
		`message:connect*`:                         {"1", "4"},
		`message:re?used`:                          {"1"},
		`message.keyword:INFO*`:                    {"2", "4"},
		`message.keyword:/INFO.*/`:                 {"2", "4"},
		`message:/re.u[a-z]+d/ OR /slo./`:          {"1", "3"},
		`aws.cloudwatch.log_group:/\/ecs-.{4}/`:    {"1"},
		`@timestamp:/2018.*/`:                      nil,
		`aws.cloudwatch.log_group:\/ecs-task`:      {"1"},
		`aws.cloudwatch.log_group:"/other"`:        {"3"},
		`parsed.level:INFO`:                        {"2"},
		`parsed.n.a:1`:                             {"2"},
		`_exists_:parsed`:                          {"2"},
		`aws.cloudwatch.log_group:*`:               {"1", "3"},
		`_id:(1 OR 5)`:                             {"1", "5"},
		`@timestamp:[2018-12-10 TO 2018-12-11}`:    {"2", "3"},
		`@timestamp:[2018-12-10 TO 2018-12-11]`:    {"2", "3", "4"},
		`@timestamp:>=2018-12-10T15\:00\:00Z`:      {"3", "4"},
		`@timestamp:["2018-12-10T15:00:00Z" TO *]`: {"3", "4"},
		`@timestamp:<2018-12-10 OR message:slow`:   {"1", "3"},
		`nothing:x`:                                nil,
	} {
		body, _ := json.Marshal(map[string]any{"query_string": map[string]string{"query": q}})
		wantFound(t, url, string(body), want...)
	}
	wantFound(t, url, `{"query_string":{"query":"info connected","default_operator":"AND"}}`, "4")
	wantFound(t, url, `{"query_string":{"query":"INFO*","fields":["message.keyword"]}}`, "2", "4")
}

func TestQueries(t *testing.T) {
	url := library(t)
	for query, want := range map[string][]string{
		`{"term":{"message":"db"}}`:                                                             {"1", "4"},
		`{"term":{"message":"ERROR"}}`:                                                          nil, // words are kept in lower case
		`{"term":{"message":{"value":"ERROR","case_insensitive":true}}}`:                        {"1"},
		`{"terms":{"message":["slow","refused"]}}`:                                              {"1", "3"},
		`{"terms":{"_id":["1","9"]}}`:                                                           {"1"},
		`{"terms":{"message":[]}}`:                                                              nil,
		`{"prefix":{"message":"conn"}}`:                                                         {"1", "4"},
		`{"prefix":{"message.keyword":{"value":"info","case_insensitive":true}}}`:               {"2", "4"},
		`{"wildcard":{"message.keyword":{"wildcard":"*db-?:*"}}}`:                               {"1"},
		`{"wildcard":{"message.keyword":"no time*"}}`:                                           nil, // over ignore_above
		`{"regexp":{"message.keyword":"(INFO|WARN) .*"}}`:                                       {"2", "3", "4"},
		`{"regexp":{"message":"conn.+"}}`:                                                       {"1", "4"},
		`{"match":{"aws.cloudwatch.log_group":"/ecs-task"}}`:                                    {"1"},
		`{"term":{"parsed":"INFO"}}`:                                                            {"2"},
		`{"term":{"@timestamp":"2018-12-10"}}`:                                                  {"2", "3"},
		`{"match":{"@timestamp":"2018-12-10T15:00:00.000Z"}}`:                                   {"3"},
		`{"range":{"@timestamp":{"gte":"2018-12-10","lte":"2018-12-10","time_zone":"+09:00"}}}`: {"1", "2"},
		`{"range":{"@timestamp":{"gt":"2018-12-10","time_zone":"Asia/Tokyo"}}}`:                 {"3", "4"},
		`{"range":{"@timestamp":{"gte":1544367600000,"lt":"1544410800000"}}}`:                   {"1"},
		`{"range":{"aws.cloudwatch.log_group":{"gt":"/ecs-task"}}}`:                             {"3"},
		`{"exists":{"field":"@timestamp"}}`:                                                     {"1", "2", "3", "4"},
		`{"exists":{"field":"message.keyword"}}`:                                                {"1", "2", "3", "4"},
		`{"constant_score":{"filter":{"match":{"message":"slow"}}}}`:                            {"3"},
		`{"match_none":{}}`:                                                                     nil,
		`{"bool":{}}`:                                                                           {"1", "2", "3", "4", "5"},
		`{"bool":{"must":{"match":{"message":"info"}},"should":[{"match":{"message":"get"}}]}}`: {"2", "4"},
		`{"bool":{"should":[{"match":{"message":"info"}},{"match":{"message":"db"}},{"match":{"message":"connected"}}],"minimum_should_match":2}}`: {"4"},
		`{"bool":{"should":[{"match":{"message":"info"}}],"minimum_should_match":2}}`:                                                              nil,
		`{"match_phrase":{"message":"..."}}`: nil,
	} {
		wantFound(t, url, query, want...)
	}
}

// A word is found exactly in the documents that a plain reading finds it in.
func TestWordsAreFoundWhereTheyStand(t *testing.T) {
	url := serve(t, t.TempDir())
	words := []string{"alpha", "Beta", "gamma", "delta", "epsilon", "zeta"}
	r := rand.New(rand.NewPCG(5, 6))
	var texts []string
	for round := range 4 { // in several steps, so that there are several segments
		var documents [][2]string
		for range 40 {
			var text []string
			for range r.IntN(6) {
				text = append(text, words[r.IntN(len(words))])
			}
			documents = append(documents, [2]string{fmt.Sprint(len(texts)), `{"message":"` + strings.Join(text, " ") + `"}`})
			texts = append(texts, strings.ToLower(strings.Join(text, " ")))
		}
		bulk(t, url, "create", "i", documents...)
		wantFound(t, url+"/i", `{"match":{"message":"none"}}`)
		for range 10 {
			a, b := strings.ToLower(words[r.IntN(len(words))]), strings.ToLower(words[r.IntN(len(words))])
			for query, pattern := range map[string]string{
				`{"match":{"message":"` + a + " " + b + `"}}`:                            `\b(` + a + `|` + b + `)\b`,
				`{"match_phrase":{"message":"` + a + " " + b + `"}}`:                     `\b` + a + ` ` + b + `\b`,
				`{"match":{"message":{"query":"` + a + " " + b + `","operator":"and"}}}`: `\b` + a + `\b.*\b` + b + `\b|\b` + b + `\b.*\b` + a + `\b`,
				`{"bool":{"must_not":[{"match":{"message":"` + a + `"}}]}}`:              "",
			} {
				var want []string
				for i, text := range texts {
					hit := pattern != "" && regexp.MustCompile(pattern).MatchString(text)
					if pattern == "" {
						hit = !slices.Contains(strings.Fields(text), a)
					}
					if a == b && strings.Contains(query, "operator") {
						hit = slices.Contains(strings.Fields(text), a)
					}
					if hit {
						want = append(want, fmt.Sprint(i))
					}
				}
				got := found(t, url+"/i", `{"size":1000,"query":`+query+`}`)
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Fatalf("round %d: %s finds %q, want %q", round, query, got, want)
				}
			}
		}
	}
}

func TestOrderAndPages(t *testing.T) {
	url := serve(t, t.TempDir())
	must(t, http.MethodPut, url+"/_index_template/t", `{"index_patterns":"a-*","template":{"mappings":`+logs+`}}`, nil)
	var want []string
	for i := range 30 {
		id := fmt.Sprintf("%02d", (i*7)%30)
		bulk(t, url, "create", "a-"+fmt.Sprint(i%3), [2]string{id, fmt.Sprintf(`{"@timestamp":"2018-12-10T00:00:%02d.000Z"}`, (i*7)%30/2)})
		want = append(want, id)
	}
	bulk(t, url, "create", "a-0", [2]string{"timeless", `{}`})
	slices.Sort(want)
	for sort, expected := range map[string][]string{
		`[{"@timestamp":"asc"},"_id"]`:                             append(slices.Clone(want), "timeless"),
		`[{"@timestamp":{"order":"asc"}},{"_id":{"order":"asc"}}]`: append(slices.Clone(want), "timeless"),
		`["_id"]`: append(slices.Clone(want), "timeless"),
	} {
		var ids []string
		after := ""
		for range 20 {
			var page struct {
				Hits struct {
					Hits []struct {
						ID   string `json:"_id"`
						Sort json.RawMessage
					}
				}
			}
			must(t, http.MethodPost, url+"/a-*/_search", `{"size":4,"sort":`+sort+after+`}`, &page)
			if len(page.Hits.Hits) == 0 {
				break
			}
			for _, h := range page.Hits.Hits {
				ids = append(ids, h.ID)
			}
			after = `,"search_after":` + string(page.Hits.Hits[len(page.Hits.Hits)-1].Sort)
		}
		if !slices.Equal(ids, expected) {
			t.Errorf("sort %s, page by page: %q, want %q", sort, ids, expected)
		}
	}
	slices.Reverse(want)
	if got := found(t, url+"/a-*", `{"size":100,"sort":[{"@timestamp":"desc"},{"_id":"desc"}]}`); !slices.Equal(got, append(want, "timeless")) {
		t.Errorf("backwards: %q", got)
	}
	var total struct {
		Hits struct {
			Total *struct {
				Value    int
				Relation string
			}
		}
	}
	must(t, http.MethodPost, url+"/_search", `{"track_total_hits":7}`, &total)
	if total.Hits.Total == nil || total.Hits.Total.Value != 7 || total.Hits.Total.Relation != "gte" {
		t.Errorf("tracking 7 hits: %+v", total.Hits.Total)
	}
	total.Hits.Total = nil
	must(t, http.MethodGet, url+"/_search?track_total_hits=false&size=0", "", &total)
	if total.Hits.Total != nil {
		t.Errorf("tracking no hits: %+v", total.Hits.Total)
	}
	if got := found(t, url+"/a-0,a-1,-a-1", `{"size":100}`); len(got) != 11 {
		t.Errorf("a-0 without a-1 holds %q", got)
	}
	var picked struct {
		Hits struct {
			Hits []struct {
				Source json.RawMessage `json:"_source"`
			}
		}
	}
	must(t, http.MethodGet, url+"/_search?q=_id:timeless&_source=message&sort=@timestamp:desc", "", &picked)
	if len(picked.Hits.Hits) != 1 || string(picked.Hits.Hits[0].Source) != "{}" {
		t.Errorf("by parameters: %+v", picked)
	}
}

func TestAggregations(t *testing.T) {
	url := library(t)
	type bucket struct {
		Key  string `json:"key_as_string"`
		Docs int    `json:"doc_count"`
	}
	for _, tt := range []struct {
		what, body string
		want       []bucket
	}{
		{"days in Tokyo", `{"field":"@timestamp","calendar_interval":"day","time_zone":"Asia/Tokyo"}`, []bucket{
			{"2018-12-10T00:00:00.000+09:00", 2}, {"2018-12-11T00:00:00.000+09:00", 1}, {"2018-12-12T00:00:00.000+09:00", 1},
		}},
		{"days in UTC", `{"field":"@timestamp","calendar_interval":"1d"}`, []bucket{
			{"2018-12-09T00:00:00.000Z", 1}, {"2018-12-10T00:00:00.000Z", 2}, {"2018-12-11T00:00:00.000Z", 1},
		}},
		{"spans of 12 hours, the full ones", `{"field":"@timestamp","fixed_interval":"12h","min_doc_count":1}`, []bucket{
			{"2018-12-09T12:00:00.000Z", 1}, {"2018-12-10T00:00:00.000Z", 1}, {"2018-12-10T12:00:00.000Z", 1}, {"2018-12-11T12:00:00.000Z", 1},
		}},
		{"months", `{"field":"@timestamp","calendar_interval":"month"}`, []bucket{{"2018-12-01T00:00:00.000Z", 4}}},
		{"weeks", `{"field":"@timestamp","calendar_interval":"week"}`, []bucket{{"2018-12-03T00:00:00.000Z", 1}, {"2018-12-10T00:00:00.000Z", 3}}},
	} {
		var answer struct {
			Aggregations struct {
				Over struct{ Buckets []bucket }
				N    struct{ Value float64 }
				Last struct {
					Text string `json:"value_as_string"`
				}
			}
		}
		must(t, http.MethodPost, url+"/_search", `{"size":0,"aggs":{"over":{"date_histogram":`+tt.body+`},
			"n":{"value_count":{"field":"@timestamp"}},"last":{"max":{"field":"@timestamp"}}}}`, &answer)
		if !slices.Equal(answer.Aggregations.Over.Buckets, tt.want) {
			t.Errorf("%s: %+v, want %+v", tt.what, answer.Aggregations.Over.Buckets, tt.want)
		}
		if answer.Aggregations.N.Value != 4 || answer.Aggregations.Last.Text != "2018-12-11T23:59:59.999Z" {
			t.Errorf("%s: %+v", tt.what, answer.Aggregations)
		}
	}
}
