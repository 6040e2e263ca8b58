package list

import (
	"context"
	"math/rand/v2"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/cost"
	"github.com/rehydrate/rehydrate/internal/files"
	"github.com/rehydrate/rehydrate/internal/run"
)

const (
	// sampleObjects are opened for an estimate, sampleBytes of plain text read of
	// each at most.
	sampleObjects = 20
	sampleBytes   = 8 << 20
	// eventsPerSecond one child brings into a cluster that keeps up; what a
	// two-core cluster took of one sender.
	eventsPerSecond = 10_000
	// writtenPerSecond one child reads, and writes into files: half of what one took
	// on two cores, of two million events of 200 bytes. One out of range is read as
	// fast at least.
	writtenPerSecond = 200_000
	// objectMillis are what an object costs a child beside its events: its start,
	// the call, the first byte and one bulk request at least. 100,000 objects of
	// one hour took 22 minutes on two cores, two at once.
	objectMillis = 30
	// objectLambdaMillis of these are the Lambda's.
	objectLambdaMillis = 20
)

// sample keeps an even choice of the objects listed, the same for the same list.
type sample struct {
	random  *rand.Rand
	seen    int64
	objects []run.Object
}

func newSample() *sample {
	return &sample{random: rand.New(rand.NewPCG(1, 2))} //nolint:gosec // a sample, no secret
}

// add considers one object (reservoir sampling). Empty ones and ones that cannot
// be read say nothing.
func (s *sample) add(o run.Object) {
	if o.Size == 0 || archive.NeedsRestore(o) {
		return
	}
	s.seen++
	if len(s.objects) < sampleObjects {
		s.objects = append(s.objects, o)
		return
	}
	if i := s.random.Int64N(s.seen); i < sampleObjects {
		s.objects[i] = o
	}
}

// open opens an object of the archive for reading.
type open func(context.Context, run.Object) (*archive.Body, error)

// estimate says what the sampler's plan comes to, by the sample and what the archive
// holds in its storage classes.
func (s *sample) estimate(ctx context.Context, sampler *sampler, stored []run.Stored) (*run.Estimate, bool, error) {
	plan, settings := sampler.plan, sampler.settings
	e := &run.Estimate{Forms: map[string]int64{}, EventsPerSecond: eventsPerSecond, ObjectMillis: objectMillis}
	if plan.Destination == run.ToFiles {
		e.EventsPerSecond = writtenPerSecond
	}
	var all beginning
	for _, o := range s.objects {
		n, err := sampler.peek(ctx, o)
		if err != nil {
			return nil, false, err
		}
		e.Sampled++
		if n.unreadable {
			e.Unreadable++
		}
		if n.events > 0 {
			e.CountForm(string(n.form))
		}
		all.add(n)
	}
	e.SampledBytes = all.read
	if all.read > 0 {
		whole := func(part int64) int64 { return int64(float64(part) * float64(plan.Bytes) / float64(all.read)) }
		e.Events, e.InRange, e.PlainBytes, e.Wanted = whole(all.events), whole(all.inRange), whole(all.plain), whole(all.wanted)
		e.Malformed, e.Inferred = whole(all.malformed), all.inferred.Scaled(float64(plan.Bytes)/float64(all.read))
		if plan.Destination == run.ToFiles {
			e.Written, e.OutputBytes = e.Wanted, whole(all.packed)
		} else {
			e.DocumentBytes, e.BulkBytes, e.SentBytes = whole(all.documents), whole(all.text), whole(all.text)
			if settings.BulkGzip {
				e.SentBytes = whole(all.packed)
			}
		}
	}
	objects := float64(plan.Objects)
	busy := float64(e.InRange)/float64(e.EventsPerSecond) + float64(e.Events-e.InRange)/writtenPerSecond
	e.ObjectsPerSecond = cost.TransitionsPerSecond(settings.Search.Region) / cost.Object
	children := float64(min(int64(max(plan.MaxConcurrency, min(plan.MostConcurrency, run.DefaultMaxConcurrency))), max(plan.Objects, 1)))
	working, started := (busy+objects*objectMillis/1000)/children, objects/float64(e.ObjectsPerSecond)
	e.Seconds, e.Paced = int64(max(working, started))+1, started > working
	usage := cost.Usage{
		Objects: plan.Objects, Calls: plan.Objects,
		LambdaSeconds: busy + objects*objectLambdaMillis/1000, Memory: settings.IndexMemory,
		Stored: stored, Encrypted: all.asksKMS, Sent: e.SentBytes,
		Network: settings.Network, Cluster: settings.Search.URL, Region: settings.Search.Region,
	}
	if e.Written > 0 { // an object's events mostly lie in two hours
		usage.Puts = 2*objects + float64(e.OutputBytes)/float64(files.Usual().Text)
	}
	e.Cost = cost.Of(usage)
	return e, all.asksKMS, nil
}
