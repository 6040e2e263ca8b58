// Package bulk sends documents to a cluster so that each has exactly one
// outcome, whatever the cluster does: a Batch holds the documents of one bulk
// request, a Sender sends it until each document's outcome is known, a Pipe has
// several batches under way and settles them in order, and Rejects writes what
// no cluster will take where it can be taken up again.
//
// It knows the bulk API and its errors, and nothing of archives, of how a
// cluster is reached or of Lambda.
package bulk

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc64"
	"unicode/utf8"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/document"
	"github.com/rehydrate/rehydrate/internal/run"
)

// Batch is the documents of one bulk request and the events that make none, kept
// in buffers that are used again. It copies what it is given. It is not safe for
// concurrent use; between Pipe.Submit and its settling it belongs to the pipe.
type Batch struct {
	// Tally is what the reader counted while it filled the batch. The sender
	// leaves it alone.
	Tally run.Outcome

	lines     []byte
	items     []item
	malformed []malformed
	raw       []byte // of the malformed events
	start     run.Place
	begun     bool
	room      int // bytes of lines that it was made for
	workspace
}

// item is where a document stands in lines, and what is needed to write its
// event down should the cluster refuse it.
type item struct {
	start, source, end int32 // its action line, its source line, behind it
	message            int32 // length of the message, a JSON string
	inDoubt            bool  // it may be there because of an earlier request
	index              string
	time               int64
	header             *decode.Header
}

// malformed is an event that makes no document.
type malformed struct {
	from, to int // in raw
	reason   string
	header   *decode.Header
}

// NewBatch makes a batch with room for size bytes of lines, and a little more.
func NewBatch(size int) *Batch {
	return &Batch{lines: make([]byte, 0, size+size/8), room: size, workspace: newWorkspace()}
}

// Add adds e's document. inDoubt says that an earlier call may have created it.
//
// An id that would fail its neighbours (empty, longer than decode.MaxID, with
// control characters or bytes that are not UTF-8) is an error, and nothing is
// added.
func (b *Batch) Add(m *document.Maker, e *decode.Event, inDoubt bool) error {
	if err := checkID(e.ID); err != nil {
		return err
	}
	b.begin(e)
	i := item{
		start: int32(len(b.lines)), message: int32(len(e.Message)),
		inDoubt: inDoubt, index: m.Index(e.Time), time: e.Time, header: e.Header,
	}
	b.lines = document.AppendAction(b.lines, i.index, e.ID)
	i.source = int32(len(b.lines))
	b.lines = m.AppendSource(b.lines, e)
	i.end = int32(len(b.lines))
	b.items = append(b.items, i)
	return nil
}

// AddMalformed keeps an event that makes no document, so that it can be written
// down: e.Raw as it stood in the archive.
func (b *Batch) AddMalformed(e *decode.Event, reason string) {
	b.begin(e)
	from := len(b.raw)
	b.raw = append(b.raw, e.Raw...)
	b.malformed = append(b.malformed, malformed{from, len(b.raw), reason, e.Header})
}

func (b *Batch) begin(e *decode.Event) {
	if !b.begun {
		b.start, b.begun = e.Start, true
	}
}

// checkID holds an id to what the engines take: a longer one, or JSON that is not
// sound in an action line, fails the whole request.
func checkID(id []byte) error {
	for _, c := range id {
		if c < ' ' || c == 0x7f {
			return errors.New("an id with control characters is no id that a cluster takes")
		}
	}
	switch {
	case len(id) == 0:
		return errors.New("an empty id is no id that a cluster takes")
	case len(id) > decode.MaxID:
		return fmt.Errorf("an id of %d bytes is no id that a cluster takes", len(id))
	case !utf8.Valid(id):
		return errors.New("an id that is not UTF-8 is no id that a cluster takes")
	}
	return nil
}

// Size is the bytes that the batch holds: the body of its bulk request and what
// is kept of malformed events.
func (b *Batch) Size() int { return len(b.lines) + len(b.raw) }

// Sum is a checksum of all that the batch holds.
func (b *Batch) Sum() uint64 {
	table := crc64.MakeTable(crc64.ECMA)
	return crc64.Update(crc64.Checksum(b.lines, table), table, b.raw)
}

// Reset empties the batch.
func (b *Batch) Reset() {
	if b.stillRead() { // a connection has not let go of the lines: leave them to it
		b.lines = make([]byte, 0, cap(b.lines))
		b.workspace = newWorkspace()
	}
	b.lines, b.raw = b.lines[:0], b.raw[:0]
	clear(b.items) // lets go of headers
	clear(b.malformed)
	b.items, b.malformed = b.items[:0], b.malformed[:0]
	b.start, b.begun = run.Place{}, false
	b.Tally = run.Outcome{}
}

// id is the id of document i as it stands in its action line, a JSON string
// without its quotes.
func (b *Batch) id(i int) []byte {
	it := &b.items[i]
	end := int(it.source) - document.ActionTail
	length := int(it.source-it.start) - len(it.index) - document.ActionFrame
	return b.lines[end-length : end]
}

// message is the message of document i, a JSON string with its quotes.
func (b *Batch) message(i int) []byte {
	it := &b.items[i]
	source := b.lines[it.source:it.end]
	from := bytes.Index(source, []byte(`"message":`)) + len(`"message":`)
	return source[from : from+int(it.message)]
}

// size is the bytes of document i's lines.
func (b *Batch) size(i int) int { return int(b.items[i].end - b.items[i].start) }
