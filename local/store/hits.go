package store

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rehydrate/rehydrate/local/store/logdb"
)

// hit is a document that was found.
type hit struct {
	place
	index  string
	source []byte
}

// found is the answer to a search.
type found struct {
	total  int64
	shards int
	hits   []hit
	search *search
}

// search answers q. Extents are what counts documents, s.extents or what has its
// answers already.
func (s *Store) search(ctx context.Context, q *search, count func(ctx context.Context, filter string, from, to int64) (map[string]extent, error)) (found, error) {
	f := found{search: q, shards: len(q.indices)}
	counts, err := count(ctx, q.filter(), q.whole[0], q.whole[1])
	if err != nil {
		return f, err
	}
	for name := range counts {
		if !slices.Contains(q.indices, name) {
			delete(counts, name)
		}
	}
	whole := all(counts)
	f.total = whole.documents
	if q.size == 0 || whole.documents == 0 {
		return f, nil
	}
	from, to := max(q.from, whole.first), min(q.to, whole.last+1)
	if from, to, err = s.narrow(ctx, q, from, to); err != nil {
		return f, err
	}
	f.hits, err = s.page(ctx, q, from, to)
	return f, err
}

// narrow finds the part of a range of time that surely holds what a page needs.
func (s *Store) narrow(ctx context.Context, q *search, from, to int64) (int64, int64, error) {
	buckets, err := s.histogram(ctx, q.filter(), from, to, stepOf(to-from))
	if err != nil || len(buckets) == 0 {
		return from, to, err
	}
	if q.newest {
		slices.Reverse(buckets)
	}
	need := q.size + q.skip
	if q.after != nil {
		need += int(buckets[0].Events) // some of which come before the page
	}
	for _, b := range buckets {
		if need -= int(b.Events); need > 0 {
			continue
		}
		if q.newest {
			return max(from, b.from), to, nil
		}
		return from, min(to, b.to), nil
	}
	return from, to, nil
}

// page reads the documents of a page that lies in a range of time, holding no
// more of them at a time than twice as many as that.
func (s *Store) page(ctx context.Context, q *search, from, to int64) ([]hit, error) {
	var hits []hit
	need := q.size + q.skip
	trim := func() {
		slices.SortFunc(hits, q.compare)
		hits = hits[:min(len(hits), need)]
	}
	err := s.db.Query(ctx, q.filter(), from, to, func(b *logdb.Block) error {
		times := b.Times()
		for i := range b.Len() {
			h := hit{place: place{time: times[i], id: b.Value(i, fieldID)}}
			if q.after != nil && cmp.Compare(q.order(h.place, *q.after), 0) <= 0 {
				continue
			}
			h.id, h.index = strings.Clone(h.id), strings.Clone(b.Value(i, fieldIndex))
			if !q.noSource {
				var err error
				if h.source, err = s.source(b, i, h); err != nil {
					return err
				}
			}
			if hits = append(hits, h); len(hits) >= 2*need+1000 {
				trim()
			}
		}
		return nil
	})
	trim()
	return hits[min(len(hits), q.skip):], err
}

// order compares places in the order of the search.
func (q *search) order(a, b place) int {
	n := cmp.Compare(a.time, b.time)
	if n == 0 && a.past != b.past {
		n = 1
		if b.past != q.newest {
			n = -1
		}
	}
	if n == 0 {
		n = cmp.Compare(a.id, b.id)
	}
	if q.newest {
		return -n
	}
	return n
}

func (q *search) compare(a, b hit) int {
	return cmp.Or(q.order(a.place, b.place), cmp.Compare(a.index, b.index))
}

// source is a document as it was given.
func (s *Store) source(b *logdb.Block, row int, h hit) ([]byte, error) {
	if form := b.Value(row, fieldForm); form != "" {
		return sourceOf(form, time.Unix(0, h.time), b.Value(row, logdb.Message)), nil
	}
	if name := b.Value(row, fieldKept); name != "" {
		return os.ReadFile(filepath.Join(s.dir, keptFolder, h.index, name))
	}
	return []byte(strings.Clone(b.Value(row, fieldSource))), nil
}

// bucket is a part of a range of time and how many rows it holds.
type bucket struct {
	from, to int64
	Events   int64
}

// stepOf divides a range of time into some 5,000 parts: a page is read from one
// or more of them.
func stepOf(length int64) time.Duration {
	return time.Duration(length/5000).Truncate(time.Millisecond) + time.Millisecond
}

// histogram counts what a query finds in parts of a range of time that are step
// long; empty ones are left out.
func (s *Store) histogram(ctx context.Context, query string, from, to int64, step time.Duration) ([]bucket, error) {
	var found []bucket
	err := s.db.Query(ctx, fmt.Sprintf("%s | stats by (_time:%dms) count() n", query, step.Milliseconds()), from, to, func(b *logdb.Block) error {
		times := b.Times()
		for i := range b.Len() {
			n, err := strconv.ParseInt(b.Value(i, "n"), 10, 64)
			if err != nil {
				return fmt.Errorf("count by time: %w", err)
			}
			found = append(found, bucket{times[i], times[i] + int64(step), n})
		}
		return nil
	})
	slices.SortFunc(found, func(a, b bucket) int { return cmp.Compare(a.from, b.from) })
	return found, err
}

// json writes the answer as Elasticsearch does; sources byte for byte.
func (f found) json() []byte {
	b := fmt.Appendf(nil, `{"took":0,"timed_out":false,"_shards":{"total":%d,"successful":%d,"skipped":0,"failed":0},`+
		`"hits":{"total":{"value":%d,"relation":"eq"},"max_score":null,"hits":[`, f.shards, f.shards, f.total)
	for n, h := range f.hits {
		if n > 0 {
			b = append(b, ',')
		}
		b = appendText(append(b, `{"_index":`...), h.index)
		b = append(appendText(append(b, `,"_id":`...), h.id), `,"_score":null`...)
		if h.source != nil {
			b = append(append(b, `,"_source":`...), h.source...)
		}
		for k, name := range f.search.keys {
			b = append(b, [2]string{`,"sort":[`, `,`}[min(k, 1)]...)
			switch name {
			case keyID:
				b = appendText(b, h.id)
			default:
				b = strconv.AppendInt(b, h.time/int64(time.Millisecond), 10)
			}
		}
		if len(f.search.keys) > 0 {
			b = append(b, ']')
		}
		b = append(b, '}')
	}
	return append(b, `]}}`...)
}
