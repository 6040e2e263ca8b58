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
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

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

// ensure gives the index of that name and makes it if there is none.
func (s *Store) ensure(name string) (*index, error) {
	s.mu.RLock()
	ix, ok, auto := s.indices[name], s.indices[name] != nil, s.autoCreate
	s.mu.RUnlock()
	if ok {
		return ix, nil
	}
	if !auto {
		p := indexNotFound(name)
		p.reason += " and [action.auto_create_index] is [false]"
		return nil, p
	}
	ix, err := s.create(name, nil, nil)
	var p *problem
	if errors.As(err, &p) && p.kind == alreadyExists {
		return s.one(name)
	}
	return ix, err
}

const alreadyExists = "resource_already_exists_exception"

// create makes an index of the template that applies and, above it, the given
// settings and mapping.
func (s *Store) create(name string, own settings, ownMapping *mapping) (*index, error) {
	if p := checkIndexName(name); p != nil {
		return nil, p
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ix := s.indices[name]; ix != nil {
		p := badRequest(alreadyExists, "index [%s/%s] already exists", name, ix.meta.UUID)
		p.index = name
		return nil, p
	}
	meta := indexMeta{UUID: newUUID(), Created: time.Now().UnixMilli(), Mapping: &mapping{}, Settings: settings{}}
	if _, t := match(s.templates, name); t != nil {
		m, err := t.mapping.clone()
		if err != nil {
			return nil, err
		}
		meta.Mapping, meta.Settings = m, maps.Clone(t.settings)
	}
	maps.Copy(meta.Settings, own)
	if ownMapping != nil {
		meta.Mapping.merge(ownMapping)
	}
	ix, err := createIndex(s.folder(name), name, meta)
	if err != nil {
		return nil, err
	}
	s.indices[name] = ix
	return ix, nil
}

func (s *Store) one(name string) (*index, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if ix := s.indices[name]; ix != nil {
		return ix, nil
	}
	return nil, indexNotFound(name)
}

// resolve gives the indices that an expression names: names and patterns with
// commas between them, -pattern to take away. A name that is no index is
// refused unless missing is true.
func (s *Store) resolve(expression string, missing bool) ([]*index, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	chosen := map[string]bool{}
	for i, part := range strings.Split(expression, ",") {
		without, taken := strings.CutPrefix(part, "-")
		taken = taken && i > 0
		if taken {
			part = without
		}
		if part == "_all" || part == "" {
			part = "*"
		}
		if strings.Contains(part, "*") {
			for name := range s.indices {
				if matchPattern(part, name) {
					chosen[name] = !taken
				}
			}
			continue
		}
		if s.indices[part] == nil && !missing && !taken {
			return nil, indexNotFound(part)
		}
		if s.indices[part] != nil {
			chosen[part] = !taken
		}
	}
	var found []*index
	for _, name := range slices.Sorted(maps.Keys(chosen)) {
		if chosen[name] {
			found = append(found, s.indices[name])
		}
	}
	return found, nil
}

// remove deletes indices for good.
func (s *Store) remove(indices []*index) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ix := range indices {
		if s.indices[ix.name] != ix {
			continue
		}
		delete(s.indices, ix.name)
		if err := ix.delete(); err != nil {
			return fmt.Errorf("delete index %s: %w", ix.name, err)
		}
	}
	return nil
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
