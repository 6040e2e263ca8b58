package list

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/decode"
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

// estimate says what the plan comes to, by its sample.
func (s *sample) estimate(ctx context.Context, open open, plan run.Plan, settings run.Settings) (*run.Estimate, error) {
	e := &run.Estimate{EventsPerSecond: eventsPerSecond, ObjectMillis: objectMillis, Priced: priced}
	var events, plain int64
	for _, o := range s.objects {
		n, err := peek(ctx, open, o, settings.RecordLimit)
		if err != nil {
			return nil, err
		}
		e.Sampled++
		e.SampledBytes += n.read
		if n.unreadable {
			e.Unreadable++
		}
		events += n.events
		plain += n.plain
	}
	if e.SampledBytes > 0 {
		perByte := float64(plan.Bytes) / float64(e.SampledBytes)
		e.Events = int64(float64(events) * perByte)
		e.PlainBytes = int64(float64(plain) * perByte)
	}
	children, objects := min(int64(plan.MaxConcurrency), max(plan.Objects, 1)), float64(plan.Objects)
	sending := float64(e.Events) / eventsPerSecond
	started := objects * objectTransitions / transitionsPerSecond // none sooner than that
	e.Seconds = int64(max((sending+objects*objectMillis/1000)/float64(children), started)) + 1
	busy := sending + objects*objectLambdaMillis/1000
	e.Lambda = busy*float64(settings.IndexMemory)/1024*lambdaGBSecond + objects*lambdaRequest
	e.StepFunctions = float64(plan.Objects*objectTransitions+runTransitions) * stateTransition
	e.S3 = objects * s3Get
	e.Dollars = e.Lambda + e.StepFunctions + e.S3
	return e, nil
}

// beginning is what the first bytes of an object told.
type beginning struct {
	events, plain, read int64
	unreadable          bool
}

// peek decodes the beginning of an object. What is wrong with the object is no
// error: a run would report it.
func peek(ctx context.Context, open open, o run.Object, recordLimit int) (beginning, error) {
	body, err := open(ctx, o)
	var unreadable *archive.Unreadable
	if errors.As(err, &unreadable) {
		return beginning{unreadable: true}, nil
	}
	if err != nil {
		return beginning{}, err
	}
	defer func() { _ = body.Close() }()
	decoder := decode.New(body, decode.Options{RecordLimit: recordLimit, Size: o.Size})
	defer func() { _ = decoder.Close() }()
	var b beginning
	var e decode.Event
	for b.plain < sampleBytes {
		err := decoder.Next(&e)
		b.plain = decoder.Stats().PlainBytes
		if err == nil {
			b.events++
			continue
		}
		var damaged *decode.Damaged
		if errors.As(err, &damaged) {
			b.unreadable = true
		} else if !errors.Is(err, io.EOF) {
			return beginning{}, err
		}
		break
	}
	b.read = decoder.Stats().ObjectBytes
	return b, nil
}
