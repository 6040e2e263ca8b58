package store

import (
	"context"
	"encoding/binary"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/searcher"
	bleve "github.com/blevesearch/bleve_index_api"
)

// reader is a view of the words at one moment.
type reader struct {
	bleve.IndexReader
}

func (w *words) reader() (*reader, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.open(); err != nil {
		return nil, err
	}
	r, err := w.index.Reader()
	if err != nil {
		return nil, err
	}
	return &reader{r}, nil
}

func (r *reader) number(id bleve.IndexInternalID) (uint32, error) {
	key, err := r.ExternalID(id)
	if err != nil {
		return 0, err
	}
	return uint32(binary.BigEndian.Uint64([]byte(key))), nil
}

// having are the rows whose field holds the word.
func (r *reader) having(ctx context.Context, field, word string) (*roaring.Bitmap, error) {
	found := roaring.New()
	postings, err := r.TermFieldReader(ctx, []byte(word), field, false, false, false)
	if err != nil {
		return nil, err
	}
	defer func() { _ = postings.Close() }() // nothing was written
	for {
		p, err := postings.Next(nil)
		if err != nil || p == nil {
			return found, err
		}
		number, err := r.number(p.ID)
		if err != nil {
			return nil, err
		}
		found.Add(number)
	}
}

// phrase are the rows whose field holds the words one behind the other.
func (r *reader) phrase(ctx context.Context, field string, phrase []string) (*roaring.Bitmap, error) {
	s, err := searcher.NewPhraseSearcher(ctx, r, phrase, 0, false, field, 1, search.SearcherOptions{})
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }()
	found := roaring.New()
	sc := &search.SearchContext{DocumentMatchPool: search.NewDocumentMatchPool(s.DocumentMatchPoolSize(), 0), IndexReader: r}
	for {
		match, err := s.Next(sc)
		if err != nil || match == nil {
			return found, err
		}
		number, err := r.number(match.IndexInternalID)
		if err != nil {
			return nil, err
		}
		found.Add(number)
		sc.DocumentMatchPool.Put(match)
	}
}

// like are the words of a field that the test accepts.
func (r *reader) like(field string, accept func(string) bool) ([]string, error) {
	dict, err := r.FieldDict(field)
	if err != nil {
		return nil, err
	}
	defer func() { _ = dict.Close() }()
	var found []string
	for {
		entry, err := dict.Next()
		if err != nil || entry == nil {
			return found, err
		}
		if accept(entry.Term) {
			found = append(found, strings.Clone(entry.Term))
		}
	}
}
