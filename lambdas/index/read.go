package index

import (
	"context"
	"errors"
	"io"

	"github.com/rehydrate/rehydrate/internal/archive"
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

// aheadFrom is the size in bytes from which on an object is decompressed in a
// goroutine of its own: in a smaller one there is nothing to overlap.
const aheadFrom = 128 << 10

// found is what a reading found of a damaged object: the damage, and a checksum of
// what no batch has taken before it.
type found struct {
	damage run.Damage
	sum    uint64
}

// pass is one reading from where the last batch ended. It is to be read again
// where what it found is not believed: then nothing since was submitted.
func (c *call) pass(ctx context.Context, believed func(found) bool) (_ ending, again bool) {
	object := c.req.Work.Object
	client := c.objects(object)
	reading, stop := context.WithCancel(ctx)
	defer stop()
	body, err := archive.Open(reading, client, c.settings.ArchiveBucket, object)
	if err != nil {
		return endOf(ctx, err), false
	}
	random := archive.NewReaderAt(reading, client, c.settings.ArchiveBucket, object)
	decoder := decode.New(body, decode.Options{
		RecordLimit: c.settings.RecordLimit, From: c.sent, ReadAhead: object.Size > aheadFrom,
		ReaderAt: random, Size: object.Size, Buffers: c.buffers, Source: decode.SourceOf(c.settings, object),
	})
	defer func() {
		stop() // the decoder waits for its last Read, and only one may have the body
		_ = decoder.Close()
		_ = body.Close()
		_ = random.Close()
		c.outcome.BytesIn += body.Bytes() + random.Bytes()
		c.outcome.Retries += body.Retries() + random.Retries()
	}()
	c.taken = decode.Stats{}
	c.allowance.wanted = 0
	c.tally.reset()
	c.to.restart()

	var event decode.Event
	place := c.sent
	for ctx.Err() == nil {
		if c.allowance.ended() {
			return c.last(decoder, place, c.allowance.capped())
		}
		if err := decoder.Next(&event); err != nil {
			end := ending{end: run.Indexed}
			if !errors.Is(err, io.EOF) {
				end = endOf(ctx, err)
			}
			if end.damage != nil && !believed(found{*end.damage, c.to.sum()}) {
				return end, true
			}
			return c.last(decoder, place, end)
		}
		c.take(&event)
		place = event.End
		if !c.to.full(place) {
			continue
		}
		if again, err := c.submit(decoder, place); again || err != nil {
			return ending{err: err}, again
		}
	}
	return c.last(decoder, place, ending{end: run.More})
}

// submit submits what was taken up to place; it is to be read again where the run may
// not have so many events.
func (c *call) submit(decoder *decode.Decoder, place run.Place) (again bool, _ error) {
	if again, err := c.afford(); again || err != nil {
		return again, err
	}
	c.allowance.submitted()
	c.sent = place
	return false, c.to.submit(c.counted(decoder, place))
}

// last submits what is left when reading has ended.
func (c *call) last(decoder *decode.Decoder, place run.Place, end ending) (_ ending, again bool) {
	if broken := end.err != nil || end.end == run.More; broken && !c.to.endsAnywhere() {
		return end, false // what was read of it is read again
	}
	if again, err := c.submit(decoder, place); again || err != nil {
		return ending{err: err}, again
	}
	return end, false
}

// take counts an event, and adds it to its destination where it is wanted.
func (c *call) take(e *decode.Event) {
	s := c.tally
	s.decoded(e)
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
	s.indexed(e)
	c.allowance.wanted++
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
