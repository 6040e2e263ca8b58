// Package store is the embedded store of one computer: logs on disk, in a log
// database with a web page and a query language of its own, behind the part of
// Elasticsearch's API that loading needs. That is: bulk requests of creates,
// index templates, counts, and reading documents back by time. What it does not
// implement it refuses with a sentence that names it; it never ignores what would
// change an answer. People search on the page and by Events.
//
// An id is created exactly once, a document comes back byte for byte, and a
// document that was answered survives the death of the process at any moment.
//
// It knows nothing of archives, runs or Lambdas.
package store

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/rehydrate/rehydrate/local/guard"
	"github.com/rehydrate/rehydrate/local/store/logdb"
)

// Store is an open store; it is safe for concurrent use.
type Store struct {
	dir     string
	lock    *os.File
	db      *logdb.DB
	handler http.Handler

	// mu guards the catalog: which indices and templates there are.
	mu      sync.RWMutex
	catalog catalog

	// writing is held by whoever takes ids or gives them back. Rows are added after
	// that, with adding held for reading.
	writing sync.Mutex
	adding  sync.RWMutex
	journal *journal
	ids     ids

	// unseen: documents were added since the last flush.
	unseen sync.Mutex
	added  bool
}

const (
	lockFile   = "lock"
	logsFolder = "logs"
	keptFolder = "kept"
)

// Open opens the store in a folder, or makes one there. Only one process can have
// it open, and a process can have only one store open.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("open the store in %s: %w", dir, err)
	}
	s := &Store{dir: dir, lock: lock, ids: ids{}}
	if err := s.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the store in %s: %w", dir, err), s.Close())
	}
	s.handler = guard.New(s.routes())
	return s, nil
}

// lockFolder claims a folder for this process, until it ends or closes the file.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errors.New("another process has it open; stop that one or choose another folder")
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (s *Store) open() (err error) {
	if s.catalog, err = loadCatalog(s.dir); err != nil {
		return err
	}
	if s.db, err = logdb.Open(filepath.Join(s.dir, logsFolder)); err != nil {
		return err
	}
	if s.journal, err = openJournal(s.dir); err != nil {
		return err
	}
	return s.recover(context.Background())
}

// Close ends the store; requests under way fail. What was answered is kept.
func (s *Store) Close() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.adding.Lock()
	defer s.adding.Unlock()
	if s.db != nil {
		s.db.Close() // all is on disk
		s.db = nil
	}
	var err error
	if s.journal != nil {
		err = s.journal.close(s.handler != nil)
		s.journal = nil
	}
	return errors.Join(err, s.lock.Close())
}

// Refresh lets everything be found that was answered, also by the page, which
// otherwise finds it a second later.
func (s *Store) Refresh() { s.seen() }

// seen lets everything be found that was answered.
func (s *Store) seen() {
	s.unseen.Lock()
	defer s.unseen.Unlock()
	if s.added {
		s.db.Flush()
		s.added = false
	}
}

func (s *Store) addedSome() {
	s.unseen.Lock()
	s.added = true
	s.unseen.Unlock()
}
