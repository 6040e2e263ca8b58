package store

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"github.com/rehydrate/rehydrate/local/store/logdb"
)

// write creates the documents of items that are sound and whose ids are new, and
// says in each of the others what is wrong with it. When it returns without an
// error, all of that stays so.
func (s *Store) write(ctx context.Context, items []*item) error {
	fresh, err := s.promise(ctx, items)
	if err != nil || len(fresh) == 0 {
		return err
	}
	defer s.adding.RUnlock()
	return s.addRows(fresh)
}

// promise takes the new ids and keeps their documents in the journal. Where there
// are any, it returns with adding held for reading, until their rows are added.
func (s *Store) promise(ctx context.Context, items []*item) ([]*document, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.journal == nil {
		return nil, errClosed
	}
	if err := s.db.Writable(); err != nil {
		return nil, noRoom("that of " + s.dir + " is nearly full")
	}
	if s.journal.size > journalBytes {
		if err := s.turn(ctx); err != nil {
			return nil, err
		}
	}
	fresh := make([]*document, 0, len(items))
	forget := func() {
		for _, d := range fresh {
			delete(s.ids[d.index], hashID(d.id))
		}
	}
	for _, i := range items {
		if i.problem != nil {
			continue
		}
		known, err := s.idsOf(ctx, i.index)
		if err != nil {
			forget()
			return nil, err
		}
		hash := hashID(i.id)
		if _, exists := known[hash]; exists {
			i.problem = &problem{
				status: http.StatusConflict, kind: "version_conflict_engine_exception", index: i.index,
				reason: fmt.Sprintf("[%s]: version conflict, document already exists (current version [1])", i.id),
			}
			continue
		}
		known[hash] = struct{}{}
		fresh = append(fresh, &i.document)
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	if err := errors.Join(s.keepLong(fresh), s.journal.created(fresh)); err != nil {
		forget()
		return nil, err
	}
	s.adding.RLock()
	return fresh, nil
}

// noRoom refuses what the disk does not take. A cluster would ask to try again;
// here nothing changes before the person who waits does something.
func noRoom(why string) *problem {
	return badRequest("disk_exception", "the disk takes no more (%s); make room on it and start again, what is indexed stays", why)
}

var errClosed = errors.New("the store is closed")

func (s *Store) addRows(documents []*document) error {
	rows := make([]logdb.Row, len(documents))
	for i, d := range documents {
		rows[i] = d.row
	}
	err := s.db.Add(rows)
	s.addedSome()
	return err
}

// turn begins a new file of the journal when all rows of the present one are
// saved.
func (s *Store) turn(ctx context.Context) error {
	s.adding.Lock()
	defer s.adding.Unlock()
	if err := s.db.Saved(ctx); err != nil {
		return err
	}
	return s.journal.next()
}

// keepLong writes the files of documents that no row can hold.
func (s *Store) keepLong(documents []*document) error {
	for _, d := range documents {
		if !d.kept {
			continue
		}
		folder := filepath.Join(s.dir, keptFolder, d.index)
		if err := os.MkdirAll(folder, 0o750); err != nil {
			return err
		}
		if err := replaceFile(filepath.Join(folder, keptName(d.id)), d.source); err != nil {
			return err
		}
	}
	return nil
}

// replaceFile writes a file that is there as a whole or not at all.
func replaceFile(path string, content []byte) error {
	if err := os.WriteFile(path+".new", content, 0o640); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// remove deletes an index, or only the document of that id. It returns when
// nothing finds it any more and the id can be created again.
func (s *Store) remove(ctx context.Context, index, id string) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.journal == nil {
		return errClosed
	}
	if err := s.journal.deleted(index, id); err != nil {
		return err
	}
	// What has begun is carried out, whether or not somebody waits.
	return s.erase(context.WithoutCancel(ctx), index, id)
}

// erase carries out a deletion that the journal has; it can be repeated.
func (s *Store) erase(ctx context.Context, index, id string) error {
	s.adding.Lock()
	defer s.adding.Unlock()
	filter, kept := only(index), filepath.Join(s.dir, keptFolder, index)
	if id != "" {
		filter, kept = filter+" "+fieldID+":="+quoted(id), filepath.Join(kept, keptName(id))
	}
	s.seen()
	// VictoriaLogs may not delete from parts that it is about to put on disk.
	if err := s.db.Saved(ctx); err != nil {
		return err
	}
	if err := s.db.Delete(ctx, filter); err != nil {
		return err
	}
	if err := os.RemoveAll(kept); err != nil {
		return err
	}
	if id != "" {
		delete(s.ids[index], hashID(id))
		return nil
	}
	delete(s.ids, index)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.catalog.Indices, index)
	return s.catalog.save(s.dir)
}

// recover adds the documents of the journal that a kill has kept from being
// saved.
func (s *Store) recover(ctx context.Context) error {
	// A deletion that goes on would take what is added here.
	if err := s.db.Deleted(ctx); err != nil {
		return err
	}
	streams := map[string]bool{}
	taken := &mapping{types: map[string]string{"message": ""}} // all of them were
	return s.journal.replay(func(kind byte, parts [][]byte) error {
		switch {
		case kind == recordDeleted && len(parts) == 2:
			return s.erase(ctx, string(parts[0]), string(parts[1]))
		case kind != recordCreated || len(parts)%3 != 0:
			return errJournal
		}
		var lost []*document
		for i := 0; i < len(parts); i += 3 {
			d, err := taken.read(string(parts[i]), string(parts[i+1]), parts[i+2])
			if err != nil {
				return fmt.Errorf("document %s of %s: %w", parts[i+1], parts[i], err)
			}
			if _, err := s.ensure(d.index); err != nil {
				return err
			}
			saved, err := s.saved(ctx, &d, streams)
			if err != nil {
				return err
			}
			if !saved {
				lost = append(lost, &d)
				s.ids[d.index][hashID(d.id)] = struct{}{}
			}
		}
		if len(lost) == 0 {
			return nil
		}
		return s.addRows(lost)
	})
}

// saved tells whether a document of the journal is on disk. Its stream may not be:
// the log database saves the two apart, and finds no row by a stream that it does
// not know. Then a row that nobody sees brings the stream back. streams are those
// that are known to be there, by the day.
func (s *Store) saved(ctx context.Context, d *document, streams map[string]bool) (bool, error) {
	known, err := s.idsOf(ctx, d.index)
	if err != nil {
		return false, err
	}
	_, there := known[hashID(d.id)]
	const day = 24 * 60 * 60 * 1_000_000_000
	from := d.row.Time - (d.row.Time%day+day)%day
	stream := d.row.Fields[:d.row.Stream]
	key, filter := fmt.Sprint(from), ""
	for _, f := range stream {
		key += "\x00" + f.Name + "\x00" + f.Value
		filter += "," + f.Name + "=" + quoted(f.Value)
	}
	if !there || filter == "" || streams[key] {
		streams[key] = true // if by this document, which is added
		return there, nil
	}
	streams[key] = true
	found := false
	s.seen()
	err = s.db.Query(ctx, "{"+filter[1:]+"} | limit 1", from, from+day, func(*logdb.Block) error {
		found = true
		return nil
	})
	if err != nil || found {
		return true, err
	}
	return true, s.db.Add([]logdb.Row{{
		Time: d.row.Time, Stream: len(stream),
		Fields: append(slices.Clone(stream), logdb.Field{Name: fieldStream, Value: "1"}),
	}})
}
