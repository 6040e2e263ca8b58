package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/token/lowercase"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/unicode"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/searcher"
	bleve "github.com/blevesearch/bleve_index_api"
	bolt "go.etcd.io/bbolt"
)

// words is the part of an index that searches by word: bleve's scorch, with
// rows as its documents. It follows the rows when a search asks for it, not
// when they arrive: indexing words takes ten times as long as keeping rows. All
// that it holds can be made again from the rows.
type words struct {
	path string

	mu     sync.Mutex
	index  bleve.Index
	queue  *bleve.AnalysisQueue
	closed bool
}

const (
	wordsFolder = "words"
	// chunk is how many rows are indexed at once.
	chunk = 4000
	// analysers run beside each other while rows are indexed.
	analysers = 2
)

func throughKey() []byte { return []byte("through") }

func newWords(path string) *words { return &words{path: path} }

// analyser is Elasticsearch's standard analyzer: words as Unicode cuts them
// (UAX #29), in lower case.
func analyser() analysis.Analyzer {
	return &analysis.DefaultAnalyzer{
		Tokenizer:    unicode.NewUnicodeTokenizer(),
		TokenFilters: []analysis.TokenFilter{lowercase.NewLowerCaseFilter()},
	}
}

// split is s in words, in their order.
func split(s string) []string {
	var all []string
	for _, token := range analyser().Analyze([]byte(s)) {
		all = append(all, string(token.Term))
	}
	return all
}

func (w *words) open() error {
	if w.closed {
		return errors.New("the index is closed")
	}
	if w.index != nil {
		return nil
	}
	if err := os.MkdirAll(w.path, 0o750); err != nil {
		return err
	}
	queue := bleve.NewAnalysisQueue(analysers)
	index, err := scorch.NewScorch(scorch.Name, map[string]any{"path": w.path}, queue)
	if err == nil {
		err = index.Open()
	}
	if err != nil {
		queue.Close()
		return fmt.Errorf("open the word index in %s: %w; delete that folder, the next search makes it again", w.path, err)
	}
	w.index, w.queue = index, queue
	return nil
}

func (w *words) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if w.index == nil {
		return nil
	}
	err := w.index.Close()
	w.queue.Close()
	w.index = nil
	return err
}

// follow indexes all rows that it has not yet; the mapping says which of their
// members hold words.
func (w *words) follow(ctx context.Context, db *bolt.DB, m *mapping) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.open(); err != nil {
		return err
	}
	through, err := w.through()
	if err != nil {
		return err
	}
	texts, a := m.texts(), analyser()
	for ctx.Err() == nil {
		batch := bleve.NewBatch()
		err := db.View(func(tx *bolt.Tx) error {
			rows := tx.Bucket(rowsKey()).Cursor()
			for k, _ := rows.Seek(rowKey(through)); k != nil && len(batch.IndexOps) < chunk; k, _ = rows.Next() {
				number := binary.BigEndian.Uint64(k)
				_, source := row(tx, number)
				batch.Update(wordsOf(k, source, texts, a))
				through = number + 1
			}
			return nil
		})
		if err != nil || len(batch.IndexOps) == 0 {
			return err
		}
		batch.SetInternal(throughKey(), rowKey(through))
		if err := w.index.Batch(batch); err != nil {
			return fmt.Errorf("index words in %s: %w", w.path, err)
		}
	}
	return ctx.Err()
}

// through is the number of the first row that is not indexed.
func (w *words) through() (uint64, error) {
	reader, err := w.index.Reader()
	if err != nil {
		return 0, err
	}
	v, err := reader.GetInternal(throughKey())
	if err = errors.Join(err, reader.Close()); err != nil || v == nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(v), nil
}

func wordsOf(key, source []byte, texts []string, a analysis.Analyzer) bleve.Document {
	doc := document.NewDocument(string(key))
	for _, path := range texts {
		var n uint64 // keeps the words of an array's elements apart
		eachValue(source, path, func(value []byte) {
			options := bleve.IndexField | bleve.IncludeTermVectors
			doc.AddField(document.NewTextFieldCustom(path, []uint64{n}, []byte(text(value)), options, a))
			n++
		})
	}
	return doc
}

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
