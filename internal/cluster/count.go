package cluster

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/apierror"
	"github.com/rehydrate/rehydrate/internal/run"
)

const (
	// searchesAtOnce is how many searches one request holds.
	searchesAtOnce = 200
	// pathBytes is how much of a request's path index names may take: a request
	// line has at most 4,096 bytes by default.
	pathBytes = 3000
)

// Count refreshes indices and counts the documents with from ≤ @timestamp < to in
// each. An index that does not exist holds 0; where the cluster could not tell,
// because a shard failed or it refused, Documents is nil.
//
// There is a count for each of indices, in their order, whatever the error is:
// that says why the first of those that are unknown is, where more is known than
// that a shard failed. A cluster that does not answer is not asked on.
func (c *Cluster) Count(ctx context.Context, indices []string, from, to time.Time) ([]run.IndexCount, error) {
	counts := make([]run.IndexCount, len(indices))
	for i, index := range indices {
		counts[i].Index = index
	}
	var first error
	// goOn keeps the first error and tells whether another request makes sense.
	goOn := func(err error) bool {
		first = cmp.Or(first, err)
		var f *run.Fault
		return err == nil || errors.As(err, &f) && f.Name != run.Unavailable && f.Name != run.Throttled
	}
	at := 0
	for some := range chunkByPath(indices) {
		searches := make([]search, len(some))
		for i, index := range some {
			searches[i] = search{index: index, from: from, to: to}
		}
		err := c.refresh(ctx, some)
		var found []found
		if err == nil {
			found, err = c.search(ctx, searches)
		}
		if !goOn(err) {
			break
		}
		for i, f := range found {
			counts[at+i].Documents = f.documents
			if f.refused != nil {
				first = cmp.Or[error](first, f.refused)
			}
		}
		at += len(some)
	}
	return counts, first
}

// refresh makes everything indexed so far visible to searches. Indices that do
// not exist are passed over. Their names have to fit into a path.
func (c *Cluster) refresh(ctx context.Context, indices []string) error {
	var done struct {
		Shards *shards `json:"_shards"`
	}
	yes := true
	req := esapi.IndicesRefreshRequest{Index: escapeAll(indices), IgnoreUnavailable: &yes, AllowNoIndices: &yes}
	err := c.ask(ctx, req, "refresh "+several(indices), &done, func() bool { return done.Shards.sound() })
	if err == nil && *done.Shards.Failed > 0 {
		return &run.Fault{
			Name: run.Unavailable, Reason: fmt.Sprintf("%d of %d shards of %s could not be refreshed", *done.Shards.Failed, *done.Shards.Total, several(indices)),
			Remedy: "look at the cluster's health",
		}
	}
	return err
}

// shards says how many of them had to do with an answer.
type shards struct{ Total, Successful, Failed *int }

func (s *shards) sound() bool {
	return s != nil && s.Total != nil && s.Successful != nil && s.Failed != nil && *s.Successful+*s.Failed <= *s.Total
}

// search is one question about an index: how many documents a range holds, and
// the ids of the first or last few as they lie in its segments.
type search struct {
	index    string
	from, to time.Time
	// all takes the place of from and to: documents without a time count, too.
	all  bool
	ids  int
	last bool
}

// found is the answer to a search.
type found struct {
	// documents is nil where the cluster could not tell, refused why if it refused.
	documents *int64
	refused   *run.Fault
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
	query := map[string]any{"range": map[string]any{"@timestamp": map[string]any{
		"gte": instant(s.from), "lt": instant(s.to),
	}}}
	if s.all {
		query = map[string]any{"match_all": struct{}{}}
	}
	return map[string]any{
		"size": s.ids, "track_total_hits": true, "_source": false,
		"sort":  []any{map[string]any{"_doc": map[string]any{"order": order}}},
		"query": query,
	}
}

// search answers searches, in their order, by a request for every 200.
func (c *Cluster) search(ctx context.Context, searches []search) ([]found, error) {
	var results []found
	for some := range slices.Chunk(searches, searchesAtOnce) {
		var body bytes.Buffer
		lines := json.NewEncoder(&body)
		for _, s := range some {
			if err := errors.Join(lines.Encode(map[string]any{"index": s.index}), lines.Encode(s.body())); err != nil {
				return nil, fmt.Errorf("write a search of %s: %w", s.index, err)
			}
		}
		var all struct{ Responses []json.RawMessage }
		doing := fmt.Sprintf("count the documents of %d indices, the first %s", len(some), some[0].index)
		err := c.ask(ctx, esapi.MsearchRequest{Body: &body}, doing, &all, func() bool { return len(all.Responses) == len(some) })
		if err != nil {
			return nil, err
		}
		for i, response := range all.Responses {
			f, err := c.readSearch(response, some[i].index)
			if err != nil {
				return nil, err
			}
			results = append(results, f)
		}
	}
	return results, nil
}

func (c *Cluster) readSearch(response json.RawMessage, index string) (found, error) {
	var r struct {
		Status   int
		TimedOut bool    `json:"timed_out"`
		Shards   *shards `json:"_shards"`
		Hits     struct {
			Total struct {
				Value    *int64
				Relation string
			}
			Hits []struct {
				ID string `json:"_id"`
			}
		}
	}
	doing := "count the documents of " + index
	a := &answer{status: http.StatusOK, body: response}
	if json.Unmarshal(response, &r) != nil || r.Status == 0 {
		return found{}, c.unsound(a, doing)
	}
	a.status = r.Status
	switch kind := apierror.Read(response).Type; {
	case r.Status == http.StatusNotFound && kind == "index_not_found_exception":
		return found{documents: new(int64), missing: true}, nil
	case kind == "index_closed_exception":
		return found{refused: &run.Fault{
			Name: run.UnusableCluster, Reason: fmt.Sprintf("the index %s is closed, so it can neither be written to nor counted", index),
			Remedy: "open it (POST " + index + "/_open) or delete it",
		}}, nil
	case r.Status == http.StatusServiceUnavailable:
		return found{}, nil // none of its shards can be asked
	case r.Status != http.StatusOK:
		return found{refused: c.refusal(a, doing)}, nil
	case !r.Shards.sound() || r.Hits.Total.Value == nil || *r.Hits.Total.Value < 0 || r.Hits.Total.Relation != "eq":
		return found{}, c.unsound(a, doing)
	case *r.Shards.Failed > 0 || r.TimedOut:
		return found{}, nil
	}
	f := found{documents: r.Hits.Total.Value}
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

// several names a few of many.
func several(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d others", strings.Join(names[:few], ", "), len(names)-few)
}
