package list

import (
	"context"
	"io"
	"math/rand/v2"

	"github.com/rehydrate/rehydrate/internal/archive"
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
	// transitionsPerSecond are what Step Functions allows in most regions.
	// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
	transitionsPerSecond = 500
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
type open func(context.Context, run.Object) (io.ReadCloser, error)

// estimate says what the sampler's plan comes to, by the sample. Memory is that of
// an index Lambda in MiB.
func (s *sample) estimate(ctx context.Context, sampler *sampler, memory int) (*run.Estimate, error) {
	plan := sampler.plan
	e := &run.Estimate{Forms: map[string]int64{}, EventsPerSecond: eventsPerSecond, ObjectMillis: objectMillis, Priced: priced}
	if plan.Destination == run.ToFiles {
		e.EventsPerSecond = writtenPerSecond
	}
	var all beginning
	for _, o := range s.objects {
		n, err := sampler.peek(ctx, o)
		if err != nil {
			return nil, err
		}
		e.Sampled++
		e.SampledBytes += n.read
		if n.unreadable {
			e.Unreadable++
		}
		if n.events > 0 {
			e.CountForm(string(n.form))
		}
		all.malformed += n.malformed
		all.inferred.Add(n.inferred)
		all.events += n.events
		all.inRange += n.inRange
		all.plain += n.plain
		all.wanted += n.wanted
		all.messages += n.messages
		all.written += n.written
		all.packed += n.packed
	}
	if e.SampledBytes > 0 {
		perByte := float64(plan.Bytes) / float64(e.SampledBytes)
		e.Events = int64(float64(all.events) * perByte)
		e.InRange = int64(float64(all.inRange) * perByte)
		e.Wanted = int64(float64(all.wanted) * perByte)
		e.WantedBytes = int64(float64(all.messages) * perByte)
		e.Malformed = int64(float64(all.malformed) * perByte)
		e.Inferred = all.inferred.Scaled(perByte)
		e.PlainBytes = int64(float64(all.plain) * perByte)
		e.Written = int64(float64(all.written) * perByte)
		e.OutputBytes = int64(float64(all.packed) * perByte)
	}
	children, objects := min(int64(plan.MaxConcurrency), max(plan.Objects, 1)), float64(plan.Objects)
	sending := float64(e.InRange)/float64(e.EventsPerSecond) + float64(e.Events-e.InRange)/writtenPerSecond
	started := objects * objectTransitions / transitionsPerSecond // none sooner than that
	e.Seconds = int64(max((sending+objects*objectMillis/1000)/float64(children), started)) + 1
	busy := sending + objects*objectLambdaMillis/1000
	e.Lambda = busy*float64(memory)/1024*lambdaGBSecond + objects*lambdaRequest
	e.StepFunctions = float64(plan.Objects*objectTransitions+runTransitions) * stateTransition
	e.S3 = objects * s3Get
	if e.Written > 0 { // an object's events mostly lie in two hours
		e.S3 += (2*objects + float64(e.OutputBytes)/float64(files.Usual().Text)) * s3Put
	}
	e.Dollars = e.Lambda + e.StepFunctions + e.S3
	return e, nil
}
