package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

// journal keeps what was answered and is not known to be on disk in the log
// database, which saves rows some seconds after it was given them.
//
// A record is written by one write(2) before the answer, so that it outlives the
// process, killed at any moment. It is not synced: of a machine that loses its
// power the last seconds can be lost, and a run over the same range brings them
// back.
//
// There are two files. When the first is full, all of its rows are saved; then it
// takes the place of the second, whose rows have been saved for long.
type journal struct {
	dir  string
	file *os.File
	size int64
	buf  []byte
}

// journalBytes is when the journal begins a new file, for which everybody waits
// until all is on disk: a second or two. So much is read again after a kill, in
// some ten seconds.
const journalBytes = 1 << 30

const (
	journalFile  = "journal"
	earlierFile  = "journal.earlier"
	recordHeader = 8 // length and CRC-32 of what follows
)

// Kinds of records: documents that were created, and an index or a document that
// was deleted.
const (
	recordCreated = 'c'
	recordDeleted = 'd'
)

func openJournal(dir string) (*journal, error) {
	f, err := os.OpenFile(filepath.Join(dir, journalFile), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o640)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &journal{dir: dir, file: f, size: info.Size()}, nil
}

// created keeps documents that are to be answered.
func (j *journal) created(documents []*document) error {
	j.begin(recordCreated)
	for _, d := range documents {
		for _, part := range [][]byte{[]byte(d.index), []byte(d.id), d.source} {
			j.add(part)
		}
	}
	return j.end()
}

// deleted keeps that an index is to be deleted, or one document of it.
func (j *journal) deleted(index, id string) error {
	j.begin(recordDeleted)
	j.add([]byte(index))
	j.add([]byte(id))
	return j.end()
}

func (j *journal) begin(kind byte) {
	j.buf = append(append(j.buf[:0], make([]byte, recordHeader)...), kind)
}

func (j *journal) add(part []byte) {
	j.buf = append(binary.AppendUvarint(j.buf, uint64(len(part))), part...)
}

func (j *journal) end() error {
	body := j.buf[recordHeader:]
	binary.LittleEndian.PutUint32(j.buf, uint32(len(body)))
	binary.LittleEndian.PutUint32(j.buf[4:], crc32.ChecksumIEEE(body))
	n, err := j.file.Write(j.buf)
	if err != nil {
		// Half a record would hide what comes after it.
		return errors.Join(fmt.Errorf("write the journal: %w", err), j.file.Truncate(j.size))
	}
	j.size += int64(n)
	if cap(j.buf) > 16<<20 {
		j.buf = nil
	}
	return nil
}

// next begins a new file; everything in the present one is saved.
func (j *journal) next() error {
	if err := os.Rename(filepath.Join(j.dir, journalFile), filepath.Join(j.dir, earlierFile)); err != nil {
		return err
	}
	fresh, err := openJournal(j.dir)
	if err != nil {
		return err
	}
	err = j.file.Close()
	j.file, j.size = fresh.file, fresh.size
	return err
}

// close ends the journal; with remove, because everything in it is saved.
func (j *journal) close(remove bool) error {
	err := j.file.Close()
	if !remove {
		return err
	}
	for _, name := range []string{journalFile, earlierFile} {
		if e := os.Remove(filepath.Join(j.dir, name)); !errors.Is(e, os.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// replay calls f for each record, in order. A record that a kill left half
// written ends a file and was never answered; it is cut off.
func (j *journal) replay(f func(kind byte, parts [][]byte) error) error {
	for _, name := range []string{earlierFile, journalFile} {
		path := filepath.Join(j.dir, name)
		file, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		whole, err := replayFile(file, f)
		if err = errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("%s, at byte %d: %w", path, whole, err)
		}
		if err := os.Truncate(path, whole); err != nil {
			return err
		}
		if name == journalFile {
			j.size = whole
		}
	}
	return nil
}

var errJournal = errors.New("the journal is damaged: what follows cannot be read; move the file away to open the store without it, and run over the same range once more")

// replayFile returns the length of the whole records.
func replayFile(file *os.File, f func(kind byte, parts [][]byte) error) (whole int64, err error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	var header [recordHeader]byte
	for {
		if _, err := io.ReadFull(file, header[:]); err != nil {
			return whole, endOfJournal(err)
		}
		length := int64(binary.LittleEndian.Uint32(header[:]))
		if length > info.Size()-whole-recordHeader {
			return whole, nil
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(file, body); err != nil {
			return whole, endOfJournal(err)
		}
		parts, ok := split(body)
		if !ok || crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(header[4:]) {
			return whole, errJournal
		}
		if err := f(body[0], parts); err != nil {
			return whole, err
		}
		whole += int64(recordHeader + len(body))
	}
}

func endOfJournal(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

func split(body []byte) (parts [][]byte, ok bool) {
	if len(body) == 0 {
		return nil, false
	}
	for rest := body[1:]; len(rest) > 0; {
		n, used := binary.Uvarint(rest)
		if used <= 0 || n > uint64(len(rest)-used) {
			return nil, false
		}
		parts, rest = append(parts, rest[used:used+int(n)]), rest[used+int(n):]
	}
	return parts, true
}
