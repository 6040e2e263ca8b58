package store

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	bolterrors "go.etcd.io/bbolt/errors"
)

// searching is the body of a search. Scores are not computed: without a sort,
// hits come in the order in which they arrived, each with score 1.
type searching struct {
	Query          json.RawMessage            `json:"query"`
	From           int                        `json:"from"`
	Size           *int                       `json:"size"`
	Sort           json.RawMessage            `json:"sort"`
	SearchAfter    []json.RawMessage          `json:"search_after"`
	Source         json.RawMessage            `json:"_source"`
	TrackTotalHits json.RawMessage            `json:"track_total_hits"`
	Aggs           map[string]json.RawMessage `json:"aggs"`
	Aggregations   map[string]json.RawMessage `json:"aggregations"`
	// These change only how long a search may take, or nothing here.
	Timeout     string `json:"timeout"`
	TrackScores bool   `json:"track_scores"`
	Version     bool   `json:"version"`
	SeqNo       bool   `json:"seq_no_primary_term"`
}

// maxWindow is index.max_result_window.
const maxWindow = 10_000

// defaultTracked is up to how many hits are told exactly.
const defaultTracked = 10_000

// hit is a document that a search found.
type hit struct {
	index  int
	number uint32
	time   int64
	// id is only there if the sort asks for it.
	id string
}

// search runs a search over indices and writes the answer.
func (s *Store) search(ctx context.Context, indices []*index, body []byte) ([]byte, error) {
	started := time.Now()
	var q searching
	if len(body) > 0 {
		if err := decodeStrict("search", body, &q); err != nil {
			return nil, err
		}
	}
	size := 10
	if q.Size != nil {
		size = *q.Size
	}
	if q.From < 0 || size < 0 || q.From+size > maxWindow {
		return nil, badRequest("illegal_argument_exception",
			"from [%d] and size [%d] must not be negative, nor their sum above [%d]; page on with search_after", q.From, size, maxWindow)
	}
	order, err := parseSort(q.Sort)
	if err != nil {
		return nil, err
	}
	after, err := order.after(q.SearchAfter)
	if err != nil {
		return nil, err
	}
	if after != nil && q.From != 0 {
		return nil, badRequest("illegal_argument_exception", "`from` parameter must be set to 0 when `search_after` is used")
	}
	filter, err := parseSource(q.Source)
	if err != nil {
		return nil, err
	}
	tracked, err := parseTracked(q.TrackTotalHits)
	if err != nil {
		return nil, err
	}
	if len(q.Aggregations) == 0 {
		q.Aggregations = q.Aggs
	}
	aggs, err := parseAggregations(q.Aggregations)
	if err != nil {
		return nil, err
	}

	answer := page{order: order, filter: filter, tracked: tracked, indices: indices}
	err = s.view(ctx, indices, q.Query, func(views []*view, found []*roaring.Bitmap) error {
		hits := collect(views, found, order)
		answer.total = len(hits)
		if answer.aggregations, err = aggs.run(hits); err != nil {
			return err
		}
		order.sort(hits)
		if after != nil {
			hits = hits[order.position(hits, after):]
		}
		hits = hits[min(q.From, len(hits)):]
		answer.took = time.Since(started)
		answer.write(views, hits[:min(size, len(hits))])
		return nil
	})
	return answer.body, err
}

// count is how many documents a query matches.
func (s *Store) count(ctx context.Context, indices []*index, query []byte) (uint64, error) {
	var n uint64
	err := s.view(ctx, indices, query, func(_ []*view, found []*roaring.Bitmap) error {
		for _, f := range found {
			n += f.GetCardinality()
		}
		return nil
	})
	return n, err
}

// view runs a query on all indices and calls f while what it found stands.
func (s *Store) view(ctx context.Context, indices []*index, query []byte, f func([]*view, []*roaring.Bitmap) error) error {
	if len(query) == 0 {
		query = []byte(`{"match_all":{}}`)
	}
	// A faulty query is refused even where there is no index.
	if _, err := (&parser{mapping: &mapping{}}).parse(query); err != nil {
		return err
	}
	views := make([]*view, 0, len(indices))
	found := make([]*roaring.Bitmap, 0, len(indices))
	for _, ix := range indices {
		v, rows, err := ix.find(ctx, query)
		if err != nil {
			return err
		}
		defer v.close()
		views, found = append(views, v), append(found, rows)
	}
	return f(views, found)
}

// find runs a query on the index. The view must be closed.
func (ix *index) find(ctx context.Context, query []byte) (*view, *roaring.Bitmap, error) {
	ix.mu.RLock()
	p := parser{mapping: ix.meta.Mapping}
	c, err := p.parse(query)
	m, db := ix.meta.Mapping, ix.rows.db
	ix.mu.RUnlock()
	if err != nil {
		return nil, nil, err
	}
	if p.words {
		// The long part is done while the index can be written to, the rest once
		// more below.
		if err := ix.words.follow(ctx, db, m); err != nil {
			return nil, nil, err
		}
	}
	v := &view{index: ix, rows: ix.rows}
	ix.mu.RLock()
	if err := v.begin(ctx, p.words); err != nil {
		v.close()
		return nil, nil, err
	}
	found, err := c.rows(ctx, v, ix.rows.live.Clone())
	if err != nil {
		v.close()
		return nil, nil, err
	}
	return v, found, nil
}

func (v *view) begin(ctx context.Context, words bool) error {
	var err error
	if v.tx, err = v.rows.db.Begin(false); errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return indexNotFound(v.index.name) // deleted meanwhile
	}
	if err != nil || !words {
		return err
	}
	if err = v.index.words.follow(ctx, v.rows.db, v.index.meta.Mapping); err != nil {
		return err
	}
	v.words, err = v.index.words.reader()
	return err
}

// close gives the index free.
func (v *view) close() {
	if v.words != nil {
		_ = v.words.Close() // a reader's end has nothing to tell
	}
	if v.tx != nil {
		_ = v.tx.Rollback() // nothing was written
	}
	v.index.mu.RUnlock()
}

func collect(views []*view, found []*roaring.Bitmap, order order) []hit {
	n := 0
	for _, f := range found {
		n += int(f.GetCardinality())
	}
	hits := make([]hit, 0, n)
	withID := slices.ContainsFunc(order, func(k sortKey) bool { return k.field == "_id" })
	for i, f := range found {
		for it := f.Iterator(); it.HasNext(); {
			h := hit{index: i, number: it.Next()}
			h.time = views[i].rows.times[h.number]
			if withID {
				id, _ := row(views[i].tx, uint64(h.number))
				h.id = string(id)
			}
			hits = append(hits, h)
		}
	}
	return hits
}

// parseTracked gives up to how many hits are counted: -1 is all of them, 0 that
// the total is not told.
func parseTracked(raw []byte) (int, error) {
	switch s := text(raw); s {
	case "":
		return defaultTracked, nil
	case "true":
		return -1, nil
	case "false":
		return 0, nil
	default:
		n, err := strconv.Atoi(s)
		if err != nil || n < -1 {
			return 0, badRequest("parsing_exception", "[track_total_hits] takes true, false or a number, not [%s]", s)
		}
		return n, nil
	}
}
