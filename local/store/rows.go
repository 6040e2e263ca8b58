package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	bolt "go.etcd.io/bbolt"
)

// rows is the file in which an index's documents are kept: each is a row,
// numbered in the order of arrival. A row never changes; replacing a document
// takes its row away and adds another.
//
// Three buckets: "ids" leads from an id to the number, time and version of its
// row, "rows" from a number to id and source, "index" holds the indexMeta. A
// transaction of bbolt is on disk when it has ended, and only one writes at a
// time: what was answered is there after a kill, and an id is created once.
type rows struct {
	db *bolt.DB
	// times by row number, noTime where there is none; live are the rows that
	// still stand.
	times []int64
	live  *roaring.Bitmap
}

// indexMeta is what is known of an index beside its documents.
type indexMeta struct {
	UUID     string   `json:"uuid"`
	Created  int64    `json:"created"`
	Mapping  *mapping `json:"mapping"`
	Settings settings `json:"settings"`
}

// entry is where an id leads to.
type entry struct {
	number  uint64
	time    int64
	version uint64
}

var errNoIndex = errors.New("no index was ever completed here")

func idsKey() []byte  { return []byte("ids") }
func rowsKey() []byte { return []byte("rows") }
func metaKey() []byte { return []byte("index") }

const documentsFile = "documents.db"

// lockTimeout is how long another process may hold a file before it is told.
const lockTimeout = 2 * time.Second

func createRows(dir string, meta indexMeta) (*rows, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	db, err := bolt.Open(filepath.Join(dir, documentsFile), 0o640, &bolt.Options{Timeout: lockTimeout})
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{idsKey(), rowsKey(), metaKey()} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return putMeta(tx, meta)
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &rows{db: db, live: roaring.New()}, nil
}

func openRows(dir string) (*rows, indexMeta, error) {
	var meta indexMeta
	db, err := bolt.Open(filepath.Join(dir, documentsFile), 0o640, &bolt.Options{Timeout: lockTimeout})
	if err != nil {
		return nil, meta, err
	}
	r := &rows{db: db, live: roaring.New()}
	err = db.View(func(tx *bolt.Tx) error {
		if tx.Bucket(metaKey()) == nil {
			return errNoIndex
		}
		if err := json.Unmarshal(tx.Bucket(metaKey()).Get(metaKey()), &meta); err != nil {
			return fmt.Errorf("its description: %w", err)
		}
		r.times = make([]int64, tx.Bucket(rowsKey()).Sequence())
		for i := range r.times {
			r.times[i] = noTime
		}
		return tx.Bucket(idsKey()).ForEach(func(_, v []byte) error {
			e := readEntry(v)
			r.times[e.number] = e.time
			r.live.Add(uint32(e.number))
			return nil
		})
	})
	if err != nil {
		return nil, meta, errors.Join(err, db.Close())
	}
	return r, meta, nil
}

func putMeta(tx *bolt.Tx, meta indexMeta) error {
	raw, err := json.Marshal(meta)
	if err != nil {
		return err
	}
	return tx.Bucket(metaKey()).Put(metaKey(), raw)
}

func (e entry) bytes() []byte {
	b := make([]byte, 0, 20)
	b = binary.BigEndian.AppendUint64(b, e.number)
	b = binary.BigEndian.AppendUint64(b, uint64(e.time))
	return binary.AppendUvarint(b, e.version)
}

func readEntry(b []byte) entry {
	version, _ := binary.Uvarint(b[16:])
	return entry{binary.BigEndian.Uint64(b), int64(binary.BigEndian.Uint64(b[8:])), version}
}

func rowKey(number uint64) []byte { return binary.BigEndian.AppendUint64(nil, number) }

// row is a document as it is kept. Its bytes are valid during the transaction.
func row(tx *bolt.Tx, number uint64) (id, source []byte) {
	b := tx.Bucket(rowsKey()).Get(rowKey(number))
	n, used := binary.Uvarint(b)
	return b[used : used+int(n)], b[used+int(n):]
}

// lookup finds the row of an id.
func lookup(tx *bolt.Tx, id string) (entry, bool) {
	if id == "" {
		return entry{}, false
	}
	v := tx.Bucket(idsKey()).Get([]byte(id))
	if v == nil {
		return entry{}, false
	}
	return readEntry(v), true
}

// maxRows is how many rows an index can have: they are numbered in 32 bits.
const maxRows = math.MaxUint32

// add appends a row for a document that has none (any more).
func add(tx *bolt.Tx, doc reading, version uint64) (entry, error) {
	all := tx.Bucket(rowsKey())
	all.FillPercent = 1 // they only ever grow at the end
	number := all.Sequence()
	if number == maxRows {
		return entry{}, fmt.Errorf("an index of the embedded store holds at most %d documents", uint32(maxRows))
	}
	if err := all.SetSequence(number + 1); err != nil {
		return entry{}, err
	}
	b := make([]byte, 0, 2+len(doc.id)+len(doc.source))
	b = binary.AppendUvarint(b, uint64(len(doc.id)))
	b = append(append(b, doc.id...), doc.source...)
	if err := all.Put(rowKey(number), b); err != nil {
		return entry{}, err
	}
	e := entry{number, doc.time, version}
	return e, tx.Bucket(idsKey()).Put([]byte(doc.id), e.bytes())
}

// remove takes away the row of an id.
func remove(tx *bolt.Tx, id string, e entry) error {
	if err := tx.Bucket(idsKey()).Delete([]byte(id)); err != nil {
		return err
	}
	return tx.Bucket(rowsKey()).Delete(rowKey(e.number))
}
