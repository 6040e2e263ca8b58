package clustertest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// count is how many documents of December 2018 an index holds.
func (s *suite) count(t *testing.T, index string) int64 {
	t.Helper()
	from := time.Date(2018, 12, 1, 0, 0, 0, 0, time.UTC)
	n, err := s.Count(t.Context(), index, from, from.AddDate(0, 1, 0))
	if err != nil {
		t.Fatal(err)
	}
	if n == nil {
		t.Fatalf("%s: shards failed", index)
	}
	return *n
}

// A range takes in its beginning and leaves out its end, to the millisecond,
// whatever the offsets of either are.
func testCount(t *testing.T, s *suite) {
	s.prepare(t)
	body := ""
	for i, at := range []string{
		"2018-12-09T23:59:59.999+09:00",
		"2018-12-10T00:00:00.000+09:00",
		"2018-12-09T15:00:00.001Z",
		"2018-12-10T09:59:59.999-05:00",
		"2018-12-10T15:00:00.000Z",
	} {
		body += line(s.index(), fmt.Sprint(i), source(at, `"x"`))
	}
	for _, i := range s.items(t, body) {
		if i.Status != http.StatusCreated {
			t.Fatalf("create: %+v", i)
		}
	}
	s.refresh(t, s.index())
	at := func(text string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		from, to string
		want     int64
	}{
		{"2018-12-10T00:00:00+09:00", "2018-12-11T00:00:00+09:00", 3},
		{"2018-12-09T15:00:00Z", "2018-12-10T15:00:00Z", 3},
		{"2018-12-09T23:59:59.999+09:00", "2018-12-11T00:00:00.001+09:00", 5},
		{"2018-12-09T14:59:59.9991Z", "2018-12-10T14:59:59.9990001Z", 3},
		{"2018-12-10T00:00:00.001+09:00", "2018-12-10T00:00:00.001+09:00", 0},
		{"2019-01-01T00:00:00Z", "2020-01-01T00:00:00Z", 0},
	} {
		n, err := s.Count(t.Context(), s.index(), at(c.from), at(c.to))
		if err != nil || n == nil || *n != c.want {
			t.Errorf("%s to %s: %v, %v, want %d", c.from, c.to, n, err, c.want)
		}
	}
	indices := []string{s.prefix + "-2018-12-09", s.index(), s.prefix + "-2018-12-11"}
	counts, err := s.Counts(t.Context(), indices, at("2018-12-01T00:00:00Z"), at("2019-01-01T00:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int64{0, 5, 0} {
		if counts[i].Index != indices[i] || counts[i].Documents == nil || *counts[i].Documents != want {
			t.Errorf("%+v, want %d in %s", counts[i], want, indices[i])
		}
	}
}

// Without a refresh of the index's own, only ours makes documents visible.
func testRefresh(t *testing.T, s *suite) {
	s.prepare(t)
	s.items(t, line(s.index(), "1", source(noon, `"x"`)))
	s.refresh(t, s.prefix+"-1999-01-01", s.index())
	if n := s.count(t, s.index()); n != 1 {
		t.Errorf("after a refresh %d documents are found, want 1", n)
	}
	if r := s.send(t, esapi.IndicesRefreshRequest{Index: []string{s.prefix + "-1999-01-01"}}); r.status != http.StatusNotFound {
		t.Errorf("refreshing an index that is not there was answered with %d, want 404\n%s", r.status, r.body)
	}
}

func testSearch(t *testing.T, s *suite) {
	s.prepare(t)
	body := ""
	for i := range 25 {
		body += line(s.index(), fmt.Sprintf("id-%02d", i), source(fmt.Sprintf("2018-12-10T00:00:%02d.000Z", i), `"x"`))
	}
	s.items(t, body)
	s.refresh(t, s.index())
	query := func(body string) searchReply {
		var found searchReply
		s.must(t, esapi.SearchRequest{Index: []string{s.prefix + "-*"}, Body: strings.NewReader(body)}).decode(t, &found)
		return found
	}
	var ids []string
	after := ""
	for {
		page := query(`{"size":10,"track_total_hits":true,"sort":[{"@timestamp":"asc"}]` + after + `}`)
		if page.Hits.Total.Value != 25 || page.Hits.Total.Relation != "eq" {
			t.Errorf("total is %+v, want exactly 25", page.Hits.Total)
		}
		if len(page.Hits.Hits) == 0 {
			break
		}
		for _, hit := range page.Hits.Hits {
			ids = append(ids, hit.ID)
			if hit.Index != s.index() {
				t.Errorf("a hit is of %s", hit.Index)
			}
		}
		after = fmt.Sprintf(`,"search_after":[%.0f]`, page.Hits.Hits[len(page.Hits.Hits)-1].Sort[0])
	}
	if len(ids) != 25 || !slices.IsSorted(ids) {
		t.Errorf("paging by search_after gave %q", ids)
	}
	if page := query(`{"from":20,"size":10,"sort":[{"@timestamp":{"order":"desc"}}],"_source":false}`); len(page.Hits.Hits) != 5 || page.Hits.Hits[0].ID != "id-04" || page.Hits.Hits[0].Source != nil {
		t.Errorf("the third page backwards is %+v", page.Hits.Hits)
	}
	if page := query(`{"query":{"ids":{"values":["id-03","none","id-07"]}},"sort":["@timestamp"]}`); len(page.Hits.Hits) != 2 || page.Hits.Hits[0].ID != "id-03" {
		t.Errorf("by ids: %+v", page.Hits.Hits)
	}
	for what, body := range map[string]string{
		"beyond the window": `{"from":10000,"size":1}`,
		"unknown query":     `{"query":{"nonsense":{}}}`,
		"unknown member":    `{"nonsense":1}`,
		"not JSON":          `{"query":`,
	} {
		if r := s.send(t, esapi.SearchRequest{Index: []string{s.index()}, Body: strings.NewReader(body)}); r.status != http.StatusBadRequest {
			t.Errorf("%s: answered with %d, want 400\n%s", what, r.status, r.body)
		}
	}
	if r := s.send(t, esapi.SearchRequest{Index: []string{s.prefix + "-1999-01-01"}}); r.status != http.StatusNotFound {
		t.Errorf("searching an index that is not there was answered with %d, want 404\n%s", r.status, r.body)
	}
}

// Documents reads back exactly what was written, in pages.
func testDocuments(t *testing.T, s *suite) {
	s.prepare(t)
	const n = pageSize + 500
	want := map[string]string{}
	var body strings.Builder
	begin := time.Date(2018, 12, 10, 0, 0, 0, 0, tokyo())
	for i := range n {
		// Three documents a millisecond, so that pages end within one.
		d := source(begin.Add(time.Duration(i/3)*time.Millisecond).Format("2006-01-02T15:04:05.000Z07:00"), fmt.Sprintf(`"message %d"`, i))
		want[fmt.Sprint(i)] = d
		body.WriteString(line(s.index(), fmt.Sprint(i), d))
	}
	s.items(t, body.String())
	documents, err := Documents(t.Context(), s.target.URL, s.prefix+"-*")
	if err != nil {
		t.Fatal(err)
	}
	if len(documents) != n {
		t.Errorf("%d documents, want %d", len(documents), n)
	}
	for i, d := range documents {
		if want[d.ID] != string(d.Source) || d.Index != s.index() {
			t.Fatalf("document %d is %+v, want %s", i, d, want[d.ID])
		}
		if i > 0 && d.Time.Before(documents[i-1].Time) {
			t.Fatalf("document %d of %s comes after one of %s", i, d.Time, documents[i-1].Time)
		}
	}
}

// Indices can be asked for and deleted.
func testIndices(t *testing.T, s *suite) {
	s.prepare(t)
	s.items(t, line(s.index(), "1", source(noon, `"x"`)))
	if r := s.send(t, esapi.IndicesExistsRequest{Index: []string{s.index()}}); r.status != http.StatusOK {
		t.Errorf("HEAD of an index was answered with %d", r.status)
	}
	s.must(t, esapi.IndicesDeleteRequest{Index: []string{s.index()}})
	for _, req := range []esapi.Request{
		esapi.IndicesExistsRequest{Index: []string{s.index()}},
		esapi.IndicesGetRequest{Index: []string{s.index()}},
		esapi.IndicesDeleteRequest{Index: []string{s.index()}},
	} {
		if r := s.send(t, req); r.status != http.StatusNotFound {
			t.Errorf("%T of a deleted index was answered with %d, want 404\n%s", req, r.status, r.body)
		}
	}
	if n := s.count(t, s.index()); n != 0 {
		t.Errorf("a deleted index holds %d documents", n)
	}
	for _, i := range s.items(t, line(s.index(), "1", source(noon, `"x"`))) {
		if i.Status != http.StatusCreated {
			t.Errorf("create in a deleted index: %+v", i)
		}
	}
}
