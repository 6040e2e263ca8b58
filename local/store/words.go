package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/token/lowercase"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/unicode"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
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
