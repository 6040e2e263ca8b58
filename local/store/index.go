package store

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// index is one index, in a folder of its own. Whoever reads it holds mu for
// reading, so that no row is replaced meanwhile.
type index struct {
	name string
	uuid string
	dir  string

	mu    sync.RWMutex
	meta  indexMeta
	rows  *rows
	words *words
}

// operation is one document to write, and what came of it.
type operation struct {
	action string
	id     string
	source []byte

	status  int
	result  string
	entry   entry
	problem *problem
}

// Actions of operations.
const (
	actionCreate = "create"
	actionIndex  = "index"
	actionDelete = "delete"
)

func createIndex(dir, name string, meta indexMeta) (*index, error) {
	r, err := createRows(dir, meta)
	if err != nil {
		return nil, fmt.Errorf("create index %s: %w", name, err)
	}
	return &index{name: name, uuid: meta.UUID, dir: dir, meta: meta, rows: r, words: newWords(filepath.Join(dir, wordsFolder))}, nil
}

func openIndex(dir, name string) (*index, error) {
	r, meta, err := openRows(dir)
	if err != nil {
		return nil, fmt.Errorf("open index %s: %w", name, err)
	}
	return &index{name: name, uuid: meta.UUID, dir: dir, meta: meta, rows: r, words: newWords(filepath.Join(dir, wordsFolder))}, nil
}

func (ix *index) close() error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	return errors.Join(ix.words.close(), ix.rows.db.Close())
}

// delete ends the index for good. Without its file of documents it is none any
// more, wherever a kill stops the rest.
func (ix *index) delete() error {
	if err := ix.close(); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(ix.dir, documentsFile)); err != nil {
		return err
	}
	return os.RemoveAll(ix.dir)
}

// apply carries out operations in their order, in one transaction: when it
// returns without error, they are on disk. What is wrong with one of them is
// in its problem, and does not touch the others.
func (ix *index) apply(operations []*operation) error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if p := ix.meta.Settings.block(ix.name); p != nil {
		for _, op := range operations {
			op.fail(p)
		}
		return nil
	}
	writing := writing{index: ix, meta: ix.meta}
	err := ix.rows.db.Update(func(tx *bolt.Tx) error {
		writing.tx = tx
		return writing.all(operations)
	})
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return indexNotFound(ix.name) // deleted meanwhile
	}
	if err != nil {
		return fmt.Errorf("write to index %s: %w", ix.name, err)
	}
	ix.meta = writing.meta
	for _, e := range writing.removed {
		ix.rows.live.Remove(uint32(e.number))
	}
	for _, e := range writing.added {
		ix.rows.times = append(ix.rows.times, e.time)
		ix.rows.live.Add(uint32(e.number))
	}
	// A row that was added and replaced in the same request.
	for _, e := range writing.removed {
		ix.rows.live.Remove(uint32(e.number))
	}
	return nil
}

// writing is a transaction: what it has changed beside the file.
type writing struct {
	index   *index
	tx      *bolt.Tx
	meta    indexMeta
	changed bool
	added   []entry
	removed []entry
}

func (w *writing) all(operations []*operation) error {
	m, err := w.meta.Mapping.clone()
	if err != nil {
		return err
	}
	w.meta.Mapping = m
	for _, op := range operations {
		if err := w.one(op); err != nil {
			return err
		}
	}
	if !w.changed {
		return nil
	}
	return putMeta(w.tx, w.meta)
}

func (w *writing) one(op *operation) error {
	before, exists := lookup(w.tx, op.id)
	switch {
	case op.action == actionDelete:
		return w.delete(op, before, exists)
	case op.action == actionCreate && exists:
		op.fail(w.conflict(op.id, before.version))
		return nil
	}
	doc, err := w.read(op)
	if err != nil || op.problem != nil {
		return err
	}
	op.status, op.result = http.StatusCreated, "created"
	if exists {
		op.status, op.result = http.StatusOK, "updated"
		if err := remove(w.tx, op.id, before); err != nil {
			return err
		}
		w.removed = append(w.removed, before)
	}
	if op.entry, err = add(w.tx, doc, before.version+1); err != nil {
		return err
	}
	w.added = append(w.added, op.entry)
	return nil
}

// read passes the document through the mapping; one that is refused leaves no
// trace there.
func (w *writing) read(op *operation) (reading, error) {
	doc, err := w.meta.Mapping.read(op.id, op.source)
	if err == nil {
		w.changed = w.changed || len(doc.undo) > 0
		return doc, nil
	}
	var p *problem
	if !errors.As(err, &p) {
		return doc, err
	}
	op.fail(p)
	for _, undo := range doc.undo {
		undo()
	}
	return doc, nil
}

func (w *writing) delete(op *operation, before entry, exists bool) error {
	if !exists {
		op.status, op.result = http.StatusNotFound, "not_found"
		return nil
	}
	op.status, op.result, op.entry = http.StatusOK, "deleted", before
	w.removed = append(w.removed, before)
	return remove(w.tx, op.id, before)
}

func (w *writing) conflict(id string, version uint64) *problem {
	return &problem{
		status: http.StatusConflict, kind: "version_conflict_engine_exception", index: w.index.name,
		reason: fmt.Sprintf("[%s]: version conflict, document already exists (current version [%d])", id, version),
	}
}

func (op *operation) fail(p *problem) {
	op.status, op.problem = p.status, p
}

// change gives the index other settings; an empty one goes back to its default.
func (ix *index) change(s settings) error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	meta := ix.meta
	meta.Settings = maps.Clone(meta.Settings)
	maps.Copy(meta.Settings, s)
	maps.DeleteFunc(meta.Settings, func(_, value string) bool { return value == "" })
	err := ix.rows.db.Update(func(tx *bolt.Tx) error { return putMeta(tx, meta) })
	if err != nil {
		return fmt.Errorf("change index %s: %w", ix.name, err)
	}
	ix.meta = meta
	return nil
}

// count is how many documents the index holds.
func (ix *index) count() uint64 {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return ix.rows.live.GetCardinality()
}
