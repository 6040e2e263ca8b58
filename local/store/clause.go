package store

import (
	"context"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	bolt "go.etcd.io/bbolt"
)

// clause is a query, or a part of one, on one index. rows gives those of within
// that it matches; it may change within.
type clause interface {
	rows(ctx context.Context, v *view, within *roaring.Bitmap) (*roaring.Bitmap, error)
}

// view is an index at one moment.
type view struct {
	index *index
	rows  *rows
	tx    *bolt.Tx
	// words is nil where no clause needs it.
	words *reader
}

// all matches every document, or none.
type all struct{ none bool }

func (c all) rows(_ context.Context, _ *view, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	if c.none {
		return roaring.New(), nil
	}
	return within, nil
}

// ids matches documents by _id.
type ids []string

func (c ids) rows(_ context.Context, v *view, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	found := roaring.New()
	for _, id := range c {
		if e, ok := lookup(v.tx, id); ok {
			found.Add(uint32(e.number))
		}
	}
	found.And(within)
	return found, nil
}

// span matches documents whose @timestamp, in milliseconds, is from first to
// last.
type span struct{ first, last int64 }

func (c span) rows(_ context.Context, v *view, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	found := roaring.New()
	for it := within.Iterator(); it.HasNext(); {
		n := it.Next()
		if t := v.rows.times[n]; t != noTime && c.first <= t && t <= c.last {
			found.Add(n)
		}
	}
	return found, nil
}

// scan matches documents that have a value at path for which accept is true. It
// reads each document.
type scan struct {
	path   string
	accept func(value []byte) bool
}

func (c scan) rows(ctx context.Context, v *view, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	found := roaring.New()
	for it := within.Iterator(); it.HasNext(); {
		n := it.Next()
		if n%chunk == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		_, source := row(v.tx, uint64(n))
		matched := false
		eachValue(source, c.path, func(value []byte) { matched = matched || c.accept(value) })
		if matched {
			found.Add(n)
		}
	}
	return found, nil
}

// having matches documents whose field holds all of the words, or one of them.
type having struct {
	field string
	words []string
	one   bool
}

func (c having) rows(ctx context.Context, v *view, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	sum := roaring.New()
	for i, word := range c.words {
		found, err := v.words.having(ctx, c.field, word)
		if err != nil {
			return nil, err
		}
		if c.one || i == 0 {
			sum.Or(found)
		} else {
			sum.And(found)
		}
	}
	sum.And(within)
	return sum, nil
}

// phrase matches documents whose field holds the words one behind the other.
type phrase struct {
	field string
	words []string
}

func (c phrase) rows(ctx context.Context, v *view, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	found, err := v.words.phrase(ctx, c.field, c.words)
	if err != nil {
		return nil, err
	}
	found.And(within)
	return found, nil
}

// like matches documents whose field holds a word that accept takes.
type like struct {
	field  string
	accept func(word string) bool
}

func (c like) rows(ctx context.Context, v *view, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	found, err := v.words.like(c.field, c.accept)
	if err != nil {
		return nil, err
	}
	return having{c.field, found, true}.rows(ctx, v, within)
}

// boolean matches what all of must, none of mustNot and at least atLeast of
// should match.
type boolean struct {
	must, should, mustNot []clause
	atLeast               int
}

func (c boolean) rows(ctx context.Context, v *view, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	var err error
	// Each takes away rows that the next need not look at; those that read
	// documents come last.
	for _, must := range cheapFirst(c.must) {
		if within, err = must.rows(ctx, v, within); err != nil {
			return nil, err
		}
	}
	if c.atLeast > 0 {
		if within, err = c.some(ctx, v, within); err != nil {
			return nil, err
		}
	}
	for _, not := range cheapFirst(c.mustNot) {
		found, err := not.rows(ctx, v, within.Clone())
		if err != nil {
			return nil, err
		}
		within.AndNot(found)
	}
	return within, nil
}

// some are the rows that at least atLeast of should match.
func (c boolean) some(ctx context.Context, v *view, within *roaring.Bitmap) (*roaring.Bitmap, error) {
	// levels[i] are the rows that more than i clauses have matched.
	levels := make([]*roaring.Bitmap, c.atLeast)
	for i := range levels {
		levels[i] = roaring.New()
	}
	for _, should := range c.should {
		found, err := should.rows(ctx, v, within.Clone())
		if err != nil {
			return nil, err
		}
		for i := len(levels) - 1; i > 0; i-- {
			levels[i].Or(roaring.And(levels[i-1], found))
		}
		levels[0].Or(found)
	}
	return levels[len(levels)-1], nil
}

func cheapFirst(clauses []clause) []clause {
	sorted := slices.Clone(clauses)
	slices.SortStableFunc(sorted, func(a, b clause) int { return cost(a) - cost(b) })
	return sorted
}

func cost(c clause) int {
	switch c.(type) {
	case all, ids:
		return 0
	case span, having, phrase, like:
		return 1
	case boolean:
		return 2
	}
	return 3
}
