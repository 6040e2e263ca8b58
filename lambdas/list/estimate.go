package list

import (
	"context"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/cost"
	"github.com/rehydrate/rehydrate/internal/files"
	"github.com/rehydrate/rehydrate/internal/run"
)

const (
	// sampleObjects are opened for an estimate, samplesAtOnce at once, and sampleBytes
	// of plain text read of each at most.
	sampleObjects = 20
	samplesAtOnce = 4
	sampleBytes   = 1 << 20
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

// sample chooses of the objects listed, the same of the same list: each byte as
// likely as any other, so that what an archive mostly holds is in it, be that a few
// large objects or many small ones of another form.
type sample struct {
	source *rand.PCG
	random *rand.Rand // of source
	chosen []choice
	// next is the lowest lot of an object that was not chosen.
	next float64
}

// choice is an object and the lot that was drawn for it.
type choice struct {
	object run.Object
	lot    float64
}

func newSample() *sample {
	source := rand.NewPCG(0, 0)
	return &sample{source: source, random: rand.New(source), next: math.Inf(1)} //nolint:gosec // a sample, no secret
}

// add considers one object: the lowest lots stay, of which larger objects draw
// lower ones (Efraimidis and Spirakis, Weighted random sampling with a reservoir,
// 2006). A key's lot is always the same, as the order in which objects are listed is
// not. Empty objects and ones that cannot be read say nothing.
func (s *sample) add(o run.Object) {
	if o.Size == 0 || archive.NeedsRestore(o) {
		return
	}
	key := fnv.New64a()
	_, _ = key.Write([]byte(o.Key)) // a hash takes everything
	s.source.Seed(key.Sum64(), 0)
	c := choice{o, s.random.ExpFloat64() / float64(o.Size)}
	if len(s.chosen) < sampleObjects {
		s.chosen = append(s.chosen, c)
		return
	}
	highest := 0
	for i := range s.chosen {
		if s.chosen[i].lot > s.chosen[highest].lot {
			highest = i
		}
	}
	if c.lot < s.chosen[highest].lot {
		c, s.chosen[highest] = s.chosen[highest], c
	}
	s.next = min(s.next, c.lot)
}

// likely is the probability with which an object was chosen, the lots of the others
// being what they are.
func (s *sample) likely(o run.Object) float64 { return 1 - math.Exp(-float64(o.Size)*s.next) }

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
	slices.SortFunc(s.chosen, func(a, b choice) int { return strings.Compare(a.object.Key, b.object.Key) })
	begins, err := s.peek(ctx, sampler)
	if err != nil {
		return nil, false, err
	}
	asksKMS := false
	told := make([]beginning, 0, len(s.chosen))
	for i, c := range s.chosen {
		n := begins[i]
		e.Sampled++
		if n.unreadable {
			e.Unreadable++
		}
		if n.events > 0 {
			e.CountForm(string(n.form))
		}
		if n.read > 0 {
			n.stands = float64(c.object.Size) / s.likely(c.object)
			told = append(told, n)
		}
		asksKMS = asksKMS || n.asksKMS
	}
	s.scale(e, told, sampler)
	objects := float64(plan.Objects)
	busy := float64(e.InRange)/float64(e.EventsPerSecond) + float64(e.Events-e.InRange)/writtenPerSecond
	e.ObjectsPerSecond = cost.TransitionsPerSecond(settings.Search.Region) / cost.Object
	children := float64(min(int64(max(plan.MaxConcurrency, min(plan.MostConcurrency, run.DefaultMaxConcurrency))), max(plan.Objects, 1)))
	working, started := (busy+objects*objectMillis/1000)/children, objects/float64(e.ObjectsPerSecond)
	e.Seconds, e.Paced = int64(max(working, started))+1, started > working
	usage := cost.Usage{
		Objects: plan.Objects, Calls: plan.Objects,
		LambdaSeconds: busy + objects*objectLambdaMillis/1000, Memory: settings.IndexMemory,
		Stored: stored, Encrypted: asksKMS, Sent: e.SentBytes, Tier: plan.Restore.Tier, Days: plan.Restore.Days,
		Network: settings.Network, Cluster: settings.Search.URL, Region: settings.Search.Region,
	}
	if e.Written > 0 { // an object's events mostly lie in two hours
		usage.Puts = 2*objects + float64(e.OutputBytes)/float64(files.Usual().Text)
	}
	e.Cost = cost.Of(usage)
	return e, asksKMS, nil
}

// peek looks at the beginning of each object chosen.
func (s *sample) peek(ctx context.Context, sampler *sampler) ([]beginning, error) {
	begins := make([]beginning, len(s.chosen))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(samplesAtOnce)
	for i, c := range s.chosen {
		group.Go(func() (err error) {
			begins[i], err = sampler.peek(ctx, c.object)
			return err
		})
	}
	return begins, group.Wait()
}

// scale has e tell of the whole archive what the sample told of its parts.
func (s *sample) scale(e *run.Estimate, told []beginning, sampler *sampler) {
	bytes := 0.0
	for _, n := range told {
		bytes += n.stands
		e.SampledBytes += n.read
	}
	inAll := func(count func(beginning) int64) int64 {
		sum := 0.0
		for _, n := range told {
			sum += float64(count(n)) / float64(n.read) * n.stands / bytes
		}
		return int64(math.Round(sum * float64(sampler.plan.Bytes)))
	}
	e.Events = inAll(func(n beginning) int64 { return n.events })
	e.InRange = inAll(func(n beginning) int64 { return n.inRange })
	e.Malformed = inAll(func(n beginning) int64 { return n.malformed })
	e.PlainBytes = inAll(func(n beginning) int64 { return n.plain })
	e.Wanted = inAll(func(n beginning) int64 { return n.wanted })
	e.WantedBytes = inAll(func(n beginning) int64 { return n.messages })
	e.Inferred = run.Inferred{
		DerivedIDs:   inAll(func(n beginning) int64 { return n.inferred.DerivedIDs }),
		PlacedIDs:    inAll(func(n beginning) int64 { return n.inferred.PlacedIDs }),
		MessageTimes: inAll(func(n beginning) int64 { return n.inferred.MessageTimes }),
		KeyTimes:     inAll(func(n beginning) int64 { return n.inferred.KeyTimes }),
	}
	text := inAll(func(n beginning) int64 { return n.text })
	packed := inAll(func(n beginning) int64 { return n.packed })
	if sampler.plan.Destination == run.ToFiles {
		e.Written, e.OutputBytes = e.Wanted, packed
		return
	}
	e.DocumentBytes = inAll(func(n beginning) int64 { return n.documents })
	e.BulkBytes, e.SentBytes = text, text
	if sampler.settings.BulkGzip {
		e.SentBytes = packed
	}
}
