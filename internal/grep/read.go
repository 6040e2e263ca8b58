package grep

import (
	"context"
	"errors"
	"io"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/document"
	"github.com/rehydrate/rehydrate/internal/run"
)

const (
	// chunkBytes of found events are handed on together, chunkText of plain text at
	// most lies between two chunks.
	chunkBytes = 64 << 10
	chunkText  = 4 << 20
	// chunks of one object may wait until those before it are through.
	chunks = 4
)

// part is what was found in a part of an object, in the order it stands there.
type part struct {
	events []Event
	counts Counts
	text   int64 // bytes of plain text
	end    error // of the object, io.EOF where it is whole
}

// job is an object to be read.
type job struct {
	object run.Object
	parts  chan part
}

// reader reads objects, one at a time.
type reader struct {
	archive Archive
	options Options
	filter  *document.Filter
	from    int64
	to      int64
	// around says that events which are not selected are handed on too.
	around  bool
	scratch []byte
}

func newReader(a Archive, o Options) (*reader, error) {
	filter, err := document.NewFilter(run.Filter{LogGroup: o.Groups, LogStream: o.Streams}, run.Filter{})
	if err != nil {
		return nil, err
	}
	return &reader{
		archive: a, options: o, filter: filter, from: o.From.UnixMilli(), to: o.To.UnixMilli(),
		around: o.Before > 0 || o.After > 0,
	}, nil
}

// read reads an object and hands its parts on, as long as ctx lasts.
func (r *reader) read(ctx context.Context, j job) {
	defer close(j.parts)
	if ctx.Err() != nil {
		return
	}
	body, err := r.archive.Open(ctx, j.object)
	if err != nil {
		send(ctx, j, part{end: err})
		return
	}
	defer func() { _ = body.Close() }() // it was only read
	d := decode.New(body, decode.Options{
		ReadAhead: body.Ahead, ReaderAt: body.Random, Size: j.object.Size,
		Source: decode.SourceOf(r.options.Settings, j.object),
	})
	defer func() { _ = d.Close() }() // only ends the reading ahead
	var e decode.Event
	var p part
	held, passed := 0, int64(0)
	for {
		if p.end = d.Next(&e); p.end == nil {
			if r.take(&e, &p) {
				held += len(e.Message) + len(e.ID)
			}
			if held < chunkBytes && e.End.Offset-passed < chunkText {
				continue
			}
		}
		p.text = d.Stats().PlainBytes - passed
		passed += p.text
		ended := p.end != nil
		if !send(ctx, j, p) || ended {
			return
		}
		p, held = part{}, 0
	}
}

func send(ctx context.Context, j job, p part) bool {
	select {
	case j.parts <- p:
		return true
	case <-ctx.Done():
		return false
	}
}

// take looks at an event, and tells whether it was kept.
func (r *reader) take(e *decode.Event, p *part) (kept bool) {
	c := &p.counts
	c.Events++
	switch {
	case e.Malformed != "":
		c.Malformed++
		return false
	case e.Time < r.from || e.Time >= r.to:
		c.OutOfRange++
		return false
	case !r.filter.Pass(e):
		c.Elsewhere++
		return false
	}
	selected, text := r.options.Pattern.Selects(e, r.scratch[:0])
	if cap(text) > cap(r.scratch) {
		r.scratch = text
	}
	if selected {
		c.Selected++
	} else {
		c.Unselected++
		if !r.around {
			return false
		}
	}
	found := Event{Header: e.Header, Time: e.Time, ID: string(e.ID), Selected: selected}
	if !r.options.CountOnly {
		found.Message = append([]byte(nil), e.Message...)
	}
	p.events = append(p.events, found)
	return true
}

// damaged tells whether an object ended in damage.
func damaged(end error) bool {
	var d *decode.Damaged
	return errors.As(end, &d)
}

func whole(end error) bool { return errors.Is(end, io.EOF) }
