// Package logdb is the one place that touches VictoriaLogs, the log database
// that the embedded store is built on: rows are added, searched and deleted
// here, and its web page is served from here.
//
// VictoriaLogs is a program that can be used as a library: it reads its settings
// from flags and keeps its storage in a global. So a process can have one
// database open at a time. What it prints goes to standard error, errors only.
// When the disk fails it ends the process, as it does in its own program; what
// was added but not yet Saved has to be added again then.
//
// It knows nothing of documents, indices or Elasticsearch.
package logdb

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"

	"github.com/VictoriaMetrics/VictoriaLogs/app/vlselect"
	"github.com/VictoriaMetrics/VictoriaLogs/app/vlstorage"
)

const (
	// memoryBytes bounds VictoriaLogs' caches and buffers. By default these take 60 %
	// of the machine's memory.
	memoryBytes = 64 << 20
	// heapBytes is from where on garbage is collected sooner than Go would, unless
	// GOMEMLIMIT says otherwise. It is no bound.
	heapBytes = 224 << 20
)

// inUse is the database that the process has open, for VictoriaLogs holds it in
// a global.
var inUse sync.Mutex //nolint:gochecknoglobals // as is what it guards

// DB is the open database. It is safe for concurrent use, but for Close.
type DB struct {
	dir     string
	storage vlstorage.Storage
}

// ErrInUse is the error of Open where this process or another has a database
// open: this process any, another one that in the same folder.
var ErrInUse = errors.New("in use")

// Open opens the database in a folder, or makes one there.
func Open(dir string) (*DB, error) {
	if !inUse.TryLock() {
		return nil, fmt.Errorf("this process has a log database open already, and can have one: %w", ErrInUse)
	}
	if err := open(dir); err != nil {
		inUse.Unlock()
		return nil, err
	}
	return &DB{dir: dir}, nil
}

func open(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o750); err != nil {
		return err
	}
	for name, value := range map[string]string{
		"storageDataPath":               dir,
		"retentionPeriod":               "100y", // the most it takes
		"futureRetention":               "100y",
		"inmemoryDataFlushInterval":     "1s", // the least it takes
		"storage.minFreeDiskSpaceBytes": strconv.Itoa(minFreeBytes),
		"fs.disableMmap":                "true", // what is mapped counts as memory of the process
		"memory.allowedBytes":           strconv.Itoa(memoryBytes),
		"search.maxQueryDuration":       "10m",
		"search.logSlowQueryDuration":   "0",
		"http.disableCORS":              "true",
		"loggerLevel":                   "ERROR",
	} {
		if err := flag.CommandLine.Set(name, value); err != nil {
			return fmt.Errorf("set -%s of VictoriaLogs: %w", name, err)
		}
	}
	if !flag.CommandLine.Parsed() {
		// Its packages refuse to work before; the program's arguments are not theirs.
		if err := flag.CommandLine.Parse(nil); err != nil {
			return err
		}
	}
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(heapBytes)
	}
	vlstorage.Init()
	vlselect.Init()
	return nil
}

// minFreeBytes is how much of the disk VictoriaLogs leaves free.
const minFreeBytes = 128 << 20

// Close ends the database: everything added is on disk then.
func (db *DB) Close() {
	vlselect.Stop()
	vlstorage.Stop()
	inUse.Unlock()
}

// Writable tells why no rows can be added for now: the disk is nearly full.
func (db *DB) Writable() error { return db.storage.CanWriteData() }
