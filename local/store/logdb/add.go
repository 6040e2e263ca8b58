package logdb

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/VictoriaMetrics/VictoriaLogs/app/vlstorage"
	"github.com/VictoriaMetrics/VictoriaLogs/lib/logstorage"
	"github.com/VictoriaMetrics/metrics"
)

// Field is a name and its value. An empty value is the same as no field.
type Field = logstorage.Field

// Message is the name of the field that holds the text of a row.
const Message = "_msg"

// Row is a log entry: any bytes may stand in a value.
type Row struct {
	// Time is in nanoseconds since 1970, between Oldest and Newest.
	Time int64
	// Fields begin with Stream fields that name the stream that the row belongs to.
	Fields []Field
	Stream int
}

// Limits of a row; Add refuses one beyond them. VictoriaLogs itself drops it with
// a warning (lib/logstorage: consts.go, LogRows.MustAdd).
const (
	MaxFields    = 2000    // in number
	MaxNameBytes = 128     // of a field's name
	MaxRowBytes  = 2 << 20 // of all names and values, and 8 bytes a field
)

// Oldest and Newest are the times of rows that are kept, in nanoseconds since
// 1970. VictoriaLogs keeps 100 years at most, counted from today.
func Oldest() int64 { return time.Now().AddDate(-99, 0, 0).UnixNano() }

// Newest is the counterpart of Oldest.
func Newest() int64 { return time.Now().AddDate(99, 0, 0).UnixNano() }

// Add adds rows, which can be found after a Flush, or by themselves a second
// later. They are on disk some seconds later: see Saved. On an error, rows before
// the one it names may have been added.
func (db *DB) Add(rows []Row) error {
	lr := logstorage.GetLogRows(nil, nil, nil, nil, "")
	defer logstorage.PutLogRows(lr)
	oldest, newest := Oldest(), Newest()
	for i, r := range rows {
		if r.Time < oldest || r.Time > newest {
			return fmt.Errorf("row %d of %s: the time is not within 99 years from today", i, time.Unix(0, r.Time).UTC())
		}
		before := lr.RowsCount()
		lr.MustAdd(logstorage.TenantID{}, r.Time, r.Fields, r.Stream)
		if lr.RowsCount() == before {
			return fmt.Errorf("row %d of %s: beyond the limits of VictoriaLogs: %d fields, %d bytes", i, time.Unix(0, r.Time).UTC(), len(r.Fields), logstorage.EstimatedJSONRowLen(r.Fields))
		}
		if lr.NeedFlush() {
			db.storage.MustAddRows(lr)
			lr.ResetKeepSettings()
		}
	}
	db.storage.MustAddRows(lr)
	return nil
}

// Flush lets all rows added so far be found.
func (db *DB) Flush() { vlstorage.RequestHandler(discard{}, local("/internal/force_flush")) }

// Saved waits until no row is in memory only, while nobody adds any: about a
// second. What is on disk survives the end of the process at any moment. (The
// index of streams follows a second or two after the rows.)
func (db *DB) Saved(ctx context.Context) error {
	db.Flush()
	for inMemory() > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// inMemory is how many rows are not on disk yet. VictoriaLogs tells it in its
// metrics only.
func inMemory() (rows int) {
	var all bytes.Buffer
	metrics.WritePrometheus(&all, false)
	for line := range strings.Lines(all.String()) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch name {
		case `vl_storage_rows{type="storage/inmemory"}`, `vl_pending_rows{type="storage"}`, `vl_pending_rows{type="indexdb"}`, `vl_active_merges{type="storage/inmemory"}`:
			n, err := strconv.Atoi(value)
			if err != nil {
				n = 1 // not known is not none
			}
			rows += n
		}
	}
	return rows
}

// Delete deletes the rows that match a filter in LogsQL and waits until they are
// gone, which takes a second or more. It goes on by itself where ctx ends, and
// when the database is opened again.
func (db *DB) Delete(ctx context.Context, filter string) error {
	f, err := logstorage.ParseFilter(filter)
	if err != nil {
		return fmt.Errorf("delete %s: %w", filter, err)
	}
	id := strconv.FormatInt(time.Now().UnixNano(), 36)
	// Rows after the time that is given stay: give one after all.
	if err := vlstorage.DeleteRunTask(ctx, id, time.Now().AddDate(100, 0, 0).UnixNano(), []logstorage.TenantID{{}}, f); err != nil {
		return fmt.Errorf("delete %s: %w", filter, err)
	}
	return db.Deleted(ctx)
}

// Deleted waits until no deletion goes on, also of those that an earlier process
// began.
func (db *DB) Deleted(ctx context.Context) error {
	for {
		tasks, err := vlstorage.DeleteActiveTasks(ctx)
		if err != nil || len(tasks) == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// local is a request to VictoriaLogs itself.
func local(path string) *http.Request {
	return &http.Request{Method: http.MethodPost, URL: &url.URL{Path: path}, Header: http.Header{}, Form: url.Values{}}
}

// discard takes an answer that says nothing.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
