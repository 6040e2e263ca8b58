package logdb

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/VictoriaMetrics/VictoriaLogs/app/vlstorage"
	"github.com/VictoriaMetrics/VictoriaLogs/lib/logstorage"
)

// Block is a few rows of an answer, by columns. Its strings are only good until
// the function that was given it returns: clone what is kept.
type Block struct {
	data  *logstorage.DataBlock
	times []int64
}

// Len is the number of rows.
func (b *Block) Len() int { return b.data.RowsCount() }

// Column is the values of a field, nil where no row has it.
func (b *Block) Column(name string) []string {
	if c := b.data.GetColumnByName(name); c != nil {
		return c.Values
	}
	return nil
}

// Value is that of a field in a row, empty where it has none.
func (b *Block) Value(row int, name string) string {
	if values := b.Column(name); values != nil {
		return values[row]
	}
	return ""
}

// Times are those of the rows in nanoseconds since 1970, nil where the query
// leaves none.
func (b *Block) Times() []int64 {
	if b.times == nil {
		b.times, _ = b.data.GetTimestamps(nil)
	}
	return b.times
}

// Fields are those of a row that have a value.
func (b *Block) Fields(row int) []Field {
	var all []Field
	for _, c := range b.data.GetColumns(false) {
		if v := c.Values[row]; v != "" {
			all = append(all, Field{Name: strings.Clone(c.Name), Value: strings.Clone(v)})
		}
	}
	return all
}

// Identity is a field that each row has which is to be found.
const Identity = "id"

// whole picks the rows that have it.
const whole = Identity + ":*"

// Query runs a query in LogsQL over the rows with from ≤ time < to, in
// nanoseconds since 1970. f is called by one goroutine at a time, with blocks in
// no order unless the query has one; its error ends the query and is returned.
func (db *DB) Query(ctx context.Context, query string, from, to int64, f func(*Block) error) error {
	q, err := logstorage.ParseQueryAtTimestamp(query, time.Now().UnixNano())
	if err != nil {
		return &SyntaxError{err}
	}
	if to <= from {
		return nil
	}
	rows, err := logstorage.ParseFilter(whole)
	if err != nil {
		return err
	}
	q.AddExtraFilters(rows)
	q.AddTimeFilter(from, to-1)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	var stopped error
	err = vlstorage.RunQuery(logstorage.NewQueryContext(ctx, &logstorage.QueryStats{}, []logstorage.TenantID{{}}, q, false, nil),
		func(_ uint, data *logstorage.DataBlock) {
			mu.Lock()
			defer mu.Unlock()
			if stopped != nil || data.RowsCount() == 0 {
				return
			}
			if stopped = f(&Block{data: data}); stopped != nil {
				cancel(stopped)
			}
		})
	mu.Lock()
	defer mu.Unlock()
	if stopped != nil {
		return stopped
	}
	if err := ctx.Err(); err != nil {
		return err // what came is not all
	}
	if err != nil {
		return fmt.Errorf("query %s: %w", query, err)
	}
	return nil
}

// SyntaxError is that of a query that is no LogsQL.
type SyntaxError struct{ err error }

func (e *SyntaxError) Error() string { return "the query is no LogsQL: " + e.err.Error() }

// Filters tells whether a query only picks rows and changes each by itself, so
// that it gives the same for a range of time as for its parts one after another.
func Filters(query string) (bool, error) {
	q, err := logstorage.ParseQuery(query)
	if err != nil {
		return false, &SyntaxError{err}
	}
	return q.CanReturnLastNResults(), nil
}
