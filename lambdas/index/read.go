package index

import (
	"context"
	"errors"
	"io"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/run"
)

// read decodes the object from the call's place on and submits its events, batch
// by batch, until the object ends or ctx does.
func (c *call) read(ctx context.Context) ending {
	object := c.req.Work.Object
	client := c.objects(object)
	body, err := archive.Open(ctx, client, c.settings.ArchiveBucket, object)
	if err != nil {
		return endOf(ctx, err)
	}
	random := archive.NewReaderAt(ctx, client, c.settings.ArchiveBucket, object)
	decoder := decode.New(body, decode.Options{
		RecordLimit: c.settings.RecordLimit, From: c.outcome.Place, ReadAhead: true,
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

	var event decode.Event
	place := c.outcome.Place
	for ctx.Err() == nil {
		if err := decoder.Next(&event); err != nil {
			end := ending{end: run.Indexed}
			if !errors.Is(err, io.EOF) {
				end = endOf(ctx, err)
			}
			return c.last(decoder, place, end)
		}
		c.take(&event)
		place = event.End
		if !c.to.full(place) {
			continue
		}
		if err := c.to.submit(c.counted(decoder, place)); err != nil {
			return ending{err: err}
		}
	}
	return c.last(decoder, place, ending{end: run.More})
}

// last submits what is left when reading has ended.
func (c *call) last(decoder *decode.Decoder, place run.Place, end ending) ending {
	if broken := end.err != nil || end.end == run.More; broken && !c.to.endsAnywhere() {
		return end // what was read of it is read again
	}
	if err := c.to.submit(c.counted(decoder, place)); err != nil {
		return ending{err: err}
	}
	return end
}

// take counts an event, and adds it to its destination where it is wanted.
func (c *call) take(e *decode.Event) {
	s := c.tally
	s.outcome.Decoded++
	malformed := e.Malformed
	if malformed == "" {
		malformed = c.to.unfit(e.Time)
	}
	if malformed != "" {
		c.malformed(e, malformed)
		return
	}
	s.seen(e.Time)
	switch {
	case e.Time < c.begin || e.Time >= c.end:
		s.outcome.OutOfRange++
		return
	case !c.filter.Pass(e):
		s.outcome.Filtered++
		return
	}
	if err := c.to.add(e); err != nil {
		c.malformed(e, err.Error())
		return
	}
	s.indexed(e.Time)
}

func (c *call) malformed(e *decode.Event, reason string) {
	c.tally.outcome.Malformed++
	c.tally.outcome.CountMalformation(reason, 1)
	c.to.addMalformed(e, reason)
}

// counted is what was counted since it was called last, up to place.
func (c *call) counted(decoder *decode.Decoder, place run.Place) run.Outcome {
	t, stats := c.tally.finish(), decoder.Stats()
	t.Place = place
	t.Records = stats.Records - c.taken.Records
	t.ControlRecords = stats.ControlRecords - c.taken.ControlRecords
	t.Recovered = stats.Recovered - c.taken.Recovered
	t.Unverified = stats.Unverified - c.taken.Unverified
	t.Repaired = stats.Repaired - c.taken.Repaired
	t.BytesPlain = stats.PlainBytes - c.taken.PlainBytes
	c.taken = stats
	return t
}
