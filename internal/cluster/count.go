package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

const (
	// searchesAtOnce is how many searches one request holds.
	searchesAtOnce = 200
	// pathBytes is how much of a request's path index names may take: a request
	// line has at most 4,096 bytes by default.
	pathBytes = 3000
)

// Count is how many documents with from ≤ @timestamp < to an index holds, of
// those that the last refresh made visible. An index that does not exist holds 0;
// nil says that the cluster could not tell, because a shard failed.
func (c *Cluster) Count(ctx context.Context, index string, from, to time.Time) (*int64, error) {
	counts, err := c.Counts(ctx, []string{index}, from, to)
	if err != nil {
		return nil, err
	}
	return counts[0].Documents, nil
}

// Counts is Count for many indices, in their order. It asks for 200 of them in
// one request.
func (c *Cluster) Counts(ctx context.Context, indices []string, from, to time.Time) ([]run.IndexCount, error) {
	var counts []run.IndexCount
	for some := range slices.Chunk(indices, searchesAtOnce) {
		searches := make([]search, len(some))
		for i, index := range some {
			searches[i] = search{index: index, from: from, to: to}
		}
		found, err := c.search(ctx, searches)
		if err != nil {
			return nil, err
		}
		for i, f := range found {
			counts = append(counts, run.IndexCount{Index: some[i], Documents: f.documents})
		}
	}
	return counts, nil
}

// Refresh makes everything indexed so far visible to Count. Indices that do not
// exist are passed over.
func (c *Cluster) Refresh(ctx context.Context, indices []string) error {
	for some := range chunkByPath(indices) {
		var done struct {
			Shards shards `json:"_shards"`
		}
		yes := true
		req := esapi.IndicesRefreshRequest{Index: escapeAll(some), IgnoreUnavailable: &yes, AllowNoIndices: &yes}
		if err := c.ask(ctx, req, "refresh "+strings.Join(some, ","), &done); err != nil {
			return err
		}
		if done.Shards.Failed > 0 {
			return &run.Fault{
				Name: run.Unavailable, Reason: fmt.Sprintf("%d of %d shards of %s to %s could not be refreshed", done.Shards.Failed, done.Shards.Total, some[0], some[len(some)-1]),
				Remedy: "look at the cluster's health",
			}
		}
	}
	return nil
}

type shards struct{ Total, Failed int }

// search is one question about an index: how many documents a range holds, and
// the ids of the first or last few as they lie in its segments.
type search struct {
	index    string
	from, to time.Time
	ids      int
	last     bool
}

// found is the answer to a search.
type found struct {
	// documents is nil where a shard failed.
	documents *int64
	missing   bool
	ids       []string
}

// instant is t as a query has it. Events have whole milliseconds, so that a bound
// between two of them is the same as the later one.
func instant(t time.Time) string {
	return t.Add(time.Millisecond - 1).Truncate(time.Millisecond).Format("2006-01-02T15:04:05.000Z07:00")
}

func (s search) body() map[string]any {
	order := "asc"
	if s.last {
		order = "desc"
	}
	return map[string]any{
		"size": s.ids, "track_total_hits": true, "_source": false,
		"sort": []any{map[string]any{"_doc": map[string]any{"order": order}}},
		"query": map[string]any{"range": map[string]any{"@timestamp": map[string]any{
			"gte": instant(s.from), "lt": instant(s.to),
		}}},
	}
}

// search answers all searches by one request.
func (c *Cluster) search(ctx context.Context, searches []search) ([]found, error) {
	var body bytes.Buffer
	lines := json.NewEncoder(&body)
	for _, s := range searches {
		if err := lines.Encode(map[string]any{"index": s.index}); err != nil {
			return nil, fmt.Errorf("write a search of %s: %w", s.index, err)
		}
		if err := lines.Encode(s.body()); err != nil {
			return nil, fmt.Errorf("write a search of %s: %w", s.index, err)
		}
	}
	doing := fmt.Sprintf("count the documents of %s", searches[0].index)
	var all struct {
		Responses []json.RawMessage
	}
	if err := c.ask(ctx, esapi.MsearchRequest{Body: &body}, doing, &all); err != nil {
		return nil, err
	}
	if len(all.Responses) != len(searches) {
		return nil, &run.Fault{Name: run.Unavailable, Reason: fmt.Sprintf("the cluster gave %d answers to %d searches", len(all.Responses), len(searches))}
	}
	results := make([]found, len(searches))
	for i, response := range all.Responses {
		var err error
		if results[i], err = c.readSearch(response, searches[i].index); err != nil {
			return nil, err
		}
	}
	return results, nil
}

func (c *Cluster) readSearch(response json.RawMessage, index string) (found, error) {
	var r struct {
		Status int
		Shards shards `json:"_shards"`
		Hits   struct {
			Total struct{ Value int64 }
			Hits  []struct {
				ID string `json:"_id"`
			}
		}
	}
	doing := "count the documents of " + index
	a := &answer{status: http.StatusOK, body: response}
	if err := c.decode(a, doing, &r); err != nil {
		return found{}, err
	}
	a.status = r.Status
	switch {
	case r.Status == http.StatusNotFound && a.errorType() == "index_not_found_exception":
		return found{documents: new(int64), missing: true}, nil
	case a.errorType() == "index_closed_exception":
		return found{}, &run.Fault{
			Name: run.UnusableCluster, Reason: fmt.Sprintf("the index %s is closed, so it can neither be written to nor counted", index),
			Remedy: "open it (POST " + index + "/_open) or delete it",
		}
	case r.Status == http.StatusServiceUnavailable, r.Shards.Failed > 0:
		return found{}, nil // some or all of its shards cannot be asked
	case r.Status != http.StatusOK:
		return found{}, c.refusal(a, doing)
	}
	f := found{documents: &r.Hits.Total.Value}
	for _, hit := range r.Hits.Hits {
		f.ids = append(f.ids, hit.ID)
	}
	return f, nil
}

// chunkByPath yields names in groups that fit into a path.
func chunkByPath(names []string) func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		start, size := 0, 0
		for i, name := range names {
			n := len(escape(name)) + len("%2C")
			if i > start && size+n > pathBytes {
				if !yield(names[start:i]) {
					return
				}
				start, size = i, 0
			}
			size += n
		}
		if start < len(names) {
			yield(names[start:])
		}
	}
}

// escape makes a name safe in a path, which esapi takes as it is.
func escape(name string) string { return url.PathEscape(name) }

func escapeAll(names []string) []string {
	escaped := make([]string, len(names))
	for i, name := range names {
		escaped[i] = escape(name)
	}
	return escaped
}
