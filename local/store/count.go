package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rehydrate/rehydrate/local/store/logdb"
)

// extent is how many documents there are, and the times of the first and last in
// nanoseconds since 1970.
type extent struct {
	documents   int64
	first, last int64
}

// extents are those of each index that has documents of the search.
func (s *Store) extents(ctx context.Context, filter string, from, to int64) (map[string]extent, error) {
	s.seen()
	found := map[string]extent{}
	err := s.db.Query(ctx, filter+" | stats by ("+fieldIndex+") count() n, min(_time) first, max(_time) last", from, to, func(b *logdb.Block) error {
		for i := range b.Len() {
			n, err := strconv.ParseInt(b.Value(i, "n"), 10, 64)
			if err != nil {
				return fmt.Errorf("count documents: %w", err)
			}
			if n == 0 {
				continue
			}
			e := extent{documents: n}
			for name, at := range map[string]*int64{"first": &e.first, "last": &e.last} {
				t, err := time.Parse(time.RFC3339Nano, b.Value(i, name))
				if err != nil {
					return fmt.Errorf("count documents: %w", err)
				}
				*at = t.UnixNano()
			}
			found[strings.Clone(b.Value(i, fieldIndex))] = e
		}
		return nil
	})
	return found, err
}

// all joins extents.
func all(extents map[string]extent) (whole extent) {
	for _, e := range extents {
		if whole.documents == 0 {
			whole = e
			continue
		}
		whole.documents += e.documents
		whole.first, whole.last = min(whole.first, e.first), max(whole.last, e.last)
	}
	return whole
}

func (s *Store) counted(r *request) (answer, error) {
	names, err := s.indicesOf(r)
	if err != nil {
		return answer{}, err
	}
	var given struct {
		Query json.RawMessage `json:"query"`
	}
	q, err := parseSearch(names, nil)
	if err == nil && len(r.body) > 0 {
		if err = decodeStrict("count", r.body, &given); err == nil {
			err = q.query(given.Query)
		}
	}
	if err != nil {
		return answer{}, err
	}
	found, err := s.extents(r.Context(), q.filter(), q.from, q.to)
	if err != nil {
		return answer{}, err
	}
	return ok(map[string]any{"count": all(found).documents, "_shards": shards(len(names))})
}
