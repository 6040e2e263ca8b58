package index

import (
	"context"
	"errors"
	"io"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/bulk"
	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/run"
)

// readings is how often a damaged object is read at most.
const readings = 4

// read decodes the object from the call's place on and submits its events, batch
// by batch, until the object ends or ctx does.
//
// Where it is damaged, what was read since the last batch is read again, until two
// readings in a row find the same: bytes can be changed on the way, and events
// that these make of others would keep the right ones out of the index.
func (c *call) read(ctx context.Context) ending {
	c.sent = c.outcome.Place
	var before found
	for n := 1; ; n++ {
		end, again := c.pass(ctx, func(now found) bool {
			same := n > 1 && now == before
			before = now
			return same || n == readings
		})
		if !again {
			return end
		}
		c.outcome.Retries++
	}
}

// found is what a reading found of a damaged object: the damage, and a checksum of
// the documents that no batch has taken before it.
type found struct {
	damage    run.Damage
	documents uint64
}

// pass is one reading from where the last batch ended. It is to be read again
// where what it found is not believed: then nothing since was submitted.
func (c *call) pass(ctx context.Context, believed func(found) bool) (_ ending, again bool) {
	object := c.req.Work.Object
	client := c.objects(object)
	body, err := archive.Open(ctx, client, c.settings.ArchiveBucket, object)
	if err != nil {
		return endOf(ctx, err), false
	}
	random := archive.NewReaderAt(ctx, client, c.settings.ArchiveBucket, object)
	decoder := decode.New(body, decode.Options{
		RecordLimit: c.settings.RecordLimit, From: c.sent, ReadAhead: true,
		ReaderAt: random, Size: object.Size,
	})
	defer func() {
		// The body goes first: the decoder waits for its last Read.
		_ = body.Close()
		_ = decoder.Close()
		_ = random.Close()
		c.outcome.BytesIn += body.Bytes() + random.Bytes()
		c.outcome.Retries += body.Retries() + random.Retries()
	}()
	c.taken = decode.Stats{}
	c.tally.reset()

	var event decode.Event
	place := c.sent
	batch := c.pipe.Empty()
	for ctx.Err() == nil {
		if err := decoder.Next(&event); err != nil {
			end := ending{end: run.Indexed}
			if !errors.Is(err, io.EOF) {
				end = endOf(ctx, err)
			}
			if end.damage != nil && !believed(found{*end.damage, batch.Sum()}) {
				return end, true
			}
			return c.last(batch, decoder, place, end), false
		}
		c.take(batch, &event)
		place = event.End
		if batch.Size() < c.settings.BulkBytes {
			continue
		}
		if batch, err = c.submit(batch, decoder, place); err != nil {
			return ending{err: err}, false
		}
	}
	return c.last(batch, decoder, place, ending{end: run.More}), false
}

// last submits what is left when reading has ended.
func (c *call) last(batch *bulk.Batch, decoder *decode.Decoder, place run.Place, end ending) ending {
	if _, err := c.submit(batch, decoder, place); err != nil {
		return ending{err: err}
	}
	return end
}

// take counts an event, and adds its document to the batch where it is wanted.
func (c *call) take(batch *bulk.Batch, e *decode.Event) {
	s := c.tally
	s.outcome.Decoded++
	malformed := e.Malformed
	if malformed == "" && !c.maker.Fits(e.Time) {
		malformed = "the timestamp has no year of four digits in the zone of the indices"
	}
	if malformed != "" {
		c.malformed(batch, e, malformed)
		return
	}
	s.seen(e.Time)
	switch {
	case e.Time < c.from || e.Time >= c.to:
		s.outcome.OutOfRange++
		return
	case !c.filter.Pass(e):
		s.outcome.Filtered++
		return
	}
	doubtful := e.Start.Before(c.doubt)
	if err := batch.Add(c.maker, e, doubtful); err != nil {
		c.malformed(batch, e, err.Error())
		return
	}
	s.indexed(e.Time)
}

func (c *call) malformed(batch *bulk.Batch, e *decode.Event, reason string) {
	c.tally.outcome.Malformed++
	c.tally.outcome.CountMalformation(reason, 1)
	batch.AddMalformed(e, reason)
}

// submit sends a batch on its way with the counts of its events, which end at
// place.
func (c *call) submit(batch *bulk.Batch, decoder *decode.Decoder, place run.Place) (*bulk.Batch, error) {
	batch.Tally = c.tally.finish()
	t, stats := &batch.Tally, decoder.Stats()
	t.Place = place
	t.Records = stats.Records - c.taken.Records
	t.ControlRecords = stats.ControlRecords - c.taken.ControlRecords
	t.Recovered = stats.Recovered - c.taken.Recovered
	t.Unverified = stats.Unverified - c.taken.Unverified
	t.Repaired = stats.Repaired - c.taken.Repaired
	t.BytesPlain = stats.PlainBytes - c.taken.PlainBytes
	c.taken = stats
	c.sent = place
	return c.pipe.Submit(c.ctx, batch, c.until)
}

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
