package index

import (
	"github.com/rehydrate/rehydrate/internal/bulk"
	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/files"
	"github.com/rehydrate/rehydrate/internal/run"
)

// destination is where a call brings events. It is given them one after another,
// and from time to time the counts of those before: only once these events have
// ended it has the call take the counts over.
type destination interface {
	// unfit tells why no event can have this time, in milliseconds since 1970, or "".
	unfit(ms int64) string
	// add takes a wanted event. Its error says why the event is malformed.
	add(e *decode.Event) error
	// addMalformed takes one that is to be written down.
	addMalformed(e *decode.Event, reason string)
	// full tells whether to submit at place.
	full(place run.Place) bool
	// sum is a checksum of what was added since the last submit, which restart
	// forgets: it is read again.
	sum() uint64
	restart()
	// submit sends what was added on its way, with the counts up to its place.
	submit(counts run.Outcome) error
	// drain waits for what is under way. It may be called again.
	drain() error
	// endsAnywhere tells whether submit may be called where full is false, and
	// something of the object comes behind.
	endsAnywhere() bool
}

// indexed brings events into the cluster.
type indexed struct {
	*call
	pipe  *bulk.Pipe
	batch *bulk.Batch
}

func newIndexed(c *call, sender *bulk.Sender) *indexed {
	pipe := bulk.NewPipe(sender, c.settings.BulkInFlight, c.settings.BulkBytes, c.settle)
	return &indexed{c, pipe, pipe.Batch()}
}

func (d *indexed) unfit(ms int64) string {
	if d.maker.Fits(ms) {
		return ""
	}
	return "the timestamp has no year of four digits in the zone of the indices"
}

func (d *indexed) add(e *decode.Event) error {
	return d.batch.Add(d.maker, e, e.Start.Before(d.doubt))
}

func (d *indexed) addMalformed(e *decode.Event, reason string) { d.batch.AddMalformed(e, reason) }

func (d *indexed) full(run.Place) bool { return d.batch.Size() >= d.settings.BulkBytes }

func (d *indexed) sum() uint64 { return d.batch.Sum() }

func (d *indexed) restart() { d.batch.Reset() }

func (d *indexed) submit(counts run.Outcome) (err error) {
	d.batch.Tally = counts
	d.batch, err = d.pipe.Submit(d.ctx, d.batch, d.until)
	return err
}

func (d *indexed) drain() error { return d.pipe.Drain() }

func (d *indexed) endsAnywhere() bool { return true }

// settle takes over what came of a batch. It is called in the order in which
// batches were submitted.
func (c *call) settle(b *bulk.Batch, r bulk.Result, err error) error {
	r.CountEffort(&c.outcome)
	if err == nil && c.fault == nil {
		err = c.rejects.Write(c.ctx, b, &r)
	}
	if c.fault == nil {
		c.fault = err
	}
	if c.fault != nil {
		// Some of it may be in the cluster, but it will be taken again from the
		// place where the first fault struck.
		c.behind = c.behind.Later(b.Tally.Place)
		return c.fault
	}
	// Only what these add stays: the effort was counted, the place moves on.
	c.outcome.Add(b.Tally)
	r.Count(&c.outcome)
	return nil
}

// written brings events into files.
type written struct {
	*call
	writer    *files.Writer
	malformed *bulk.Batch // of no documents
}

func newWritten(c *call) *written {
	return &written{
		c, files.NewWriter(c.files, c.req.Work.Run, c.rejects.Object, c.outcome.Place, c.section, c.written), bulk.NewBatch(0),
	}
}

func (d *written) unfit(int64) string { return "" }

func (d *written) add(e *decode.Event) error {
	d.writer.Add(e)
	return nil
}

func (d *written) addMalformed(e *decode.Event, reason string) { d.malformed.AddMalformed(e, reason) }

func (d *written) full(place run.Place) bool {
	return d.writer.Full(place) || d.malformed.Size() >= d.section.Text
}

func (d *written) sum() uint64 { return d.writer.Sum() ^ d.malformed.Sum() }

func (d *written) restart() {
	d.writer.Restart()
	d.malformed.Reset()
}

func (d *written) submit(counts run.Outcome) error {
	done, err := d.writer.Flush(d.ctx, counts.Place)
	if err == nil {
		err = d.rejects.Write(d.ctx, d.malformed, &bulk.Result{})
	}
	if err != nil {
		return err
	}
	d.malformed.Reset()
	counts.Written, counts.Files, counts.BytesOut = done.Events, done.Files, done.Bytes
	d.outcome.Add(counts)
	return nil
}

func (d *written) drain() error { return nil }

func (d *written) endsAnywhere() bool { return false }
