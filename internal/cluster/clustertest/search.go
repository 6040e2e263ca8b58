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

// count is how many documents of December 2018 an index holds, after a refresh.
func (s *suite) count(t *testing.T, index string) int64 {
	t.Helper()
	from := time.Date(2018, 12, 1, 0, 0, 0, 0, time.UTC)
	return s.counts(t, from, from.AddDate(0, 1, 0), index)[0]
}

func (s *suite) counts(t *testing.T, from, to time.Time, indices ...string) []int64 {
	t.Helper()
	counts, err := s.Count(t.Context(), indices, from, to)
	if err != nil {
		t.Fatal(err)
	}
	documents := make([]int64, len(indices))
	for i, c := range counts {
		if c.Index != indices[i] || c.Documents == nil {
			t.Fatalf("count %d is %+v, want one of %s", i, c, indices[i])
		}
		documents[i] = *c.Documents
	}
	return documents
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
		if n := s.counts(t, at(c.from), at(c.to), s.index())[0]; n != c.want {
			t.Errorf("%s to %s: %d, want %d", c.from, c.to, n, c.want)
		}
	}
	indices := []string{s.prefix + "-2018-12-09", s.index(), s.prefix + "-2018-12-11"}
	if got, want := s.counts(t, at("2018-12-01T00:00:00Z"), at("2019-01-01T00:00:00Z"), indices...), []int64{0, 5, 0}; !slices.Equal(got, want) {
		t.Errorf("%d in %s, want %d", got, indices, want)
	}
}

// Without a refresh of the index's own, only ours makes documents visible. Ours
// passes over indices that are not there.
func testRefresh(t *testing.T, s *suite) {
	s.prepare(t)
	s.items(t, line(s.index(), "1", source(noon, `"x"`)))
	from := time.Date(2018, 12, 1, 0, 0, 0, 0, time.UTC)
	if n := s.counts(t, from, from.AddDate(0, 1, 0), s.prefix+"-1999-01-01", s.index()); n[0] != 0 || n[1] != 1 {
		t.Errorf("after a refresh %d documents are found, want 0 and 1", n)
	}
}

// Documents can be read in the order of time, from any time on.
func testSearch(t *testing.T, s *suite) {
	s.prepare(t)
	body := ""
	for i := range 25 {
		body += line(s.index(), fmt.Sprintf("id-%02d", 24-i), source(fmt.Sprintf("2018-12-10T00:00:%02d.000Z", 24-i), `"x"`))
	}
	s.items(t, body)
	s.refresh(t, s.index())
	query := func(body string) (ids []string, total int64) {
		var found searchReply
		s.must(t, esapi.SearchRequest{Index: []string{s.prefix + "-*"}, Body: strings.NewReader(body)}).decode(t, &found)
		for _, hit := range found.Hits.Hits {
			ids = append(ids, hit.ID)
			if hit.Index != s.index() {
				t.Errorf("a hit is of %s", hit.Index)
			}
		}
		return ids, found.Hits.Total.Value
	}
	for body, want := range map[string]string{
		`{"size":10,"track_total_hits":true,"sort":[{"@timestamp":"asc"}]}`:                                                                                            "id-00 to id-09",
		`{"size":10,"track_total_hits":true,"sort":[{"@timestamp":{"order":"asc"}}],"query":{"match_all":{}}}`:                                                         "id-00 to id-09",
		`{"size":100,"track_total_hits":true,"sort":[{"@timestamp":"asc"}],"query":{"range":{"@timestamp":{"gte":"2018-12-10T09:00:20+09:00"}}}}`:                      "id-20 to id-24",
		`{"size":3,"track_total_hits":true,"sort":[{"@timestamp":"asc"}],"query":{"range":{"@timestamp":{"gte":"2018-12-10T00:00:20Z","lt":"2018-12-10T00:00:22Z"}}}}`: "id-20 to id-21",
	} {
		ids, total := query(body)
		if !slices.IsSorted(ids) || len(ids) == 0 || ids[0]+" to "+ids[len(ids)-1] != want {
			t.Errorf("%s finds %q, want %s", body, ids, want)
		}
		if !strings.Contains(body, "range") && total != 25 {
			t.Errorf("%s finds %d in all, want 25", body, total)
		}
	}
	if r := s.send(t, esapi.SearchRequest{Index: []string{s.index()}, Body: strings.NewReader(`{"query":`)}); r.status != http.StatusBadRequest {
		t.Errorf("a search that is not JSON was answered with %d, want 400\n%s", r.status, r.body)
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

// An index that was deleted holds nothing, and is made anew.
func testDeleted(t *testing.T, s *suite) {
	s.prepare(t)
	s.items(t, line(s.index(), "1", source(noon, `"x"`)))
	s.must(t, esapi.IndicesDeleteRequest{Index: []string{s.index()}})
	if r := s.send(t, esapi.IndicesDeleteRequest{Index: []string{s.index()}}); r.status != http.StatusNotFound {
		t.Errorf("deleting an index that is not there was answered with %d, want 404\n%s", r.status, r.body)
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
