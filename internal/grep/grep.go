// Package grep searches an archive where it lies: it reads the objects of a
// range side by side, and gives the events whose messages a pattern selects in
// the order of time, each once, with those around them if wanted. Whatever it
// looked at is counted, and what it could not look at is told.
//
// It knows nothing of clusters, and not whether the archive is a bucket or a
// folder.
package grep

import (
	"context"
	"io"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/run"
)

// Options of a search.
type Options struct {
	Pattern *Pattern
	// Events with From ≤ time < To are searched, in objects that began within the
	// margins around that.
	From, To                  time.Time
	MarginBefore, MarginAfter time.Duration
	// Groups and Streams are globs as in a run.Filter; no glob is all.
	Groups, Streams []string
	// Before and After are how many events of the same log stream are given around
	// each that is selected.
	Before, After int
	// Most ends the search after so many selected events; 0 is no limit.
	Most int64
	// Settings say how events are read that lack something.
	Settings run.Settings
	// CountOnly gives no events.
	CountOnly bool
	// Workers is how many objects are read at once.
	Workers int
	// Ordered says that the archive lists its objects by their hours. Where it does
	// not, the list is held and sorted before the first is read.
	Ordered bool
}

// Archive is where the objects are.
type Archive interface {
	List(ctx context.Context, w archive.Window, each func(run.Object) error) (archive.Found, error)
	// Open opens an object. A run.Fault ends the search, as does the end of ctx; any
	// other error, here or from reading, belongs to this object alone.
	Open(ctx context.Context, o run.Object) (Body, error)
}

// Body is an open object.
type Body struct {
	io.ReadCloser

	// Random gives the same bytes at random.
	Random io.ReaderAt
	// Ahead says that it is worth reading ahead.
	Ahead bool
}

// Event is one that was found.
type Event struct {
	Header *decode.Header
	Time   int64 // milliseconds since the epoch
	ID     string
	// Message is a JSON string, as decode.Event has it.
	Message []byte
	// Selected is false for one that only stands near to a selected one.
	Selected bool
	// Apart says that the event does not follow the one given before it in its log
	// stream; only told where events around are wanted.
	Apart bool
}

// Sink takes what a search finds, one call after the other.
type Sink interface {
	// Found takes an event; its error ends the search.
	Found(e *Event) error
	// Unread is told of an object that could not be read, or not to its end.
	Unread(o run.Object, reason error)
	// Looked is told now and then how far the search is; nothing more is found for
	// the moment.
	Looked(c Counts) error
}

// Counts of a search. Every event that was looked at is one of the five below
// Events, each counted by itself.
type Counts struct {
	// Listed objects so far, with ListedBytes; all of them where ListedAll.
	Listed, ListedBytes int64
	ListedAll           bool
	// Unmatched keys and folders do not fit the prefix; UnmatchedKeys are the first.
	Unmatched     int64
	UnmatchedKeys []string
	// Objects and Bytes (as stored) that are done with. Damaged ones were read as
	// far as could be; Unread ones not at all.
	Objects, Bytes, Damaged, Unread int64

	Events     int64
	Selected   int64
	Unselected int64
	Elsewhere  int64 // of other groups and streams
	OutOfRange int64
	Malformed  int64

	// Duplicates of the selected were dropped, because their ids had been met.
	Duplicates int64
	// Given were handed to the sink, those around them not counted.
	Given int64
	// Gaps are the hours (UTC) of the range without an object, between the first
	// and the last hour that has one.
	Gaps []string
}

// Add adds what was looked at in a part of an object.
func (c *Counts) add(o Counts) {
	c.Events += o.Events
	c.Selected += o.Selected
	c.Unselected += o.Unselected
	c.Elsewhere += o.Elsewhere
	c.OutOfRange += o.OutOfRange
	c.Malformed += o.Malformed
}

// AddUp tells whether every event looked at is accounted for.
func (c Counts) AddUp() bool {
	return c.Events == c.Selected+c.Unselected+c.Elsewhere+c.OutOfRange+c.Malformed
}
