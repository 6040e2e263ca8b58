// Package store is a search store for one computer, on disk, that answers to a
// part of Elasticsearch's API: enough for bulk loading, index templates, search
// and count with curl or any Elasticsearch client. What it does not implement
// it refuses with a sentence that names it; it never ignores what would change
// an answer.
//
// Documents are kept in one bbolt file per index. A bulk request that was
// answered is on disk, an id is created exactly once, and a document comes back
// byte for byte. Every document can be found as soon as it is kept. Words are
// indexed by bleve, but only when the first search asks for words; that search
// waits. Scores are not computed.
//
// It knows nothing of archives, runs or Lambdas.
package store

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Store is an open store; it is safe for concurrent use.
type Store struct {
	dir     string
	db      *bolt.DB
	handler http.Handler
	uuid    string

	// mu guards what indices and templates there are, not what is in them.
	mu         sync.RWMutex
	indices    map[string]*index
	templates  map[string]*template
	autoCreate bool
}

const (
	storeFile     = "store.db"
	indicesFolder = "indices"
)

func templatesKey() []byte  { return []byte("templates") }
func aboutKey() []byte      { return []byte("store") }
func autoCreateKey() []byte { return []byte("action.auto_create_index") }
func uuidKey() []byte       { return []byte("uuid") }

// Open opens the store in a folder, or makes one there. Only one process can
// have it open.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(filepath.Join(dir, indicesFolder), 0o750); err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	db, err := bolt.Open(filepath.Join(dir, storeFile), 0o640, &bolt.Options{Timeout: lockTimeout})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("open the store in %s: another process has it open; stop that one or choose another folder", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("open the store in %s: %w", dir, err)
	}
	s := &Store{dir: dir, db: db, indices: map[string]*index{}, templates: map[string]*template{}, autoCreate: true}
	if err := errors.Join(s.loadCatalog(), s.loadIndices()); err != nil {
		return nil, errors.Join(fmt.Errorf("open the store in %s: %w", dir, err), s.Close())
	}
	s.handler = s.routes()
	return s, nil
}

// Close ends the store; requests under way fail. What was answered is kept.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var faults []error
	for _, ix := range s.indices {
		faults = append(faults, ix.close())
	}
	return errors.Join(append(faults, s.db.Close())...)
}

func (s *Store) loadCatalog() error {
	return s.db.Update(func(tx *bolt.Tx) error {
		about, err := tx.CreateBucketIfNotExists(aboutKey())
		if err != nil {
			return err
		}
		if v := about.Get(uuidKey()); v != nil {
			s.uuid = string(v)
		} else {
			s.uuid = newUUID()
			if err := about.Put(uuidKey(), []byte(s.uuid)); err != nil {
				return err
			}
		}
		s.autoCreate = string(about.Get(autoCreateKey())) != "false"
		all, err := tx.CreateBucketIfNotExists(templatesKey())
		if err != nil {
			return err
		}
		return all.ForEach(func(name, raw []byte) error {
			t, err := parseTemplate(slices.Clone(raw))
			if err != nil {
				return fmt.Errorf("template %s: %w", name, err)
			}
			s.templates[string(name)] = t
			return nil
		})
	})
}

func (s *Store) loadIndices() error {
	folders, err := os.ReadDir(filepath.Join(s.dir, indicesFolder))
	if err != nil {
		return err
	}
	for _, folder := range folders {
		name, dir := folder.Name(), s.folder(folder.Name())
		if _, err := os.Stat(filepath.Join(dir, documentsFile)); errors.Is(err, os.ErrNotExist) {
			// What a kill left of a deleted index.
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
			continue
		}
		ix, err := openIndex(dir, name)
		if errors.Is(err, errNoIndex) {
			// What a kill left of an index that was just being made.
			err = os.RemoveAll(dir)
			if err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		s.indices[name] = ix
	}
	return nil
}

func (s *Store) folder(index string) string { return filepath.Join(s.dir, indicesFolder, index) }

// newUUID is random, in the form that Elasticsearch gives its own.
func newUUID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // it never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// put keeps something of the store itself.
func (s *Store) put(bucket, key []byte, value json.RawMessage) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		if value == nil {
			return tx.Bucket(bucket).Delete(key)
		}
		return tx.Bucket(bucket).Put(key, value)
	})
}
