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

// estimate judges what the plan comes to by its sample.
func (s *sample) estimate(ctx context.Context, open open, plan run.Plan, settings run.Settings) (*run.Estimate, error) {
	e := &run.Estimate{EventsPerSecond: eventsPerSecond, Priced: priced}
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
	children := min(int64(plan.MaxConcurrency), max(plan.Objects, 1))
	busy := float64(e.Events) / eventsPerSecond
	e.Seconds = int64(busy/float64(children)) + 1
	e.Lambda = busy*float64(settings.IndexMemory)/1024*lambdaGBSecond + float64(plan.Objects)*lambdaRequest
	e.StepFunctions = float64(plan.Objects*objectTransitions+runTransitions) * stateTransition
	e.S3 = float64(plan.Objects) * s3Get
	e.Dollars = e.Lambda + e.StepFunctions + e.S3
	return e, nil
}

// glance is what the beginning of an object told.
type glance struct {
	events, plain, read int64
	unreadable          bool
}

// peek decodes the beginning of an object. What is wrong with the object is no
// error: a run would report it.
func peek(ctx context.Context, open open, o run.Object, recordLimit int) (glance, error) {
	body, err := open(ctx, o)
	var unreadable *archive.Unreadable
	if errors.As(err, &unreadable) {
		return glance{unreadable: true}, nil
	}
	if err != nil {
		return glance{}, err
	}
	defer func() { _ = body.Close() }()
	decoder := decode.New(body, decode.Options{RecordLimit: recordLimit, Size: o.Size})
	defer func() { _ = decoder.Close() }()
	var g glance
	var e decode.Event
	for g.plain < sampleBytes {
		err := decoder.Next(&e)
		g.plain = decoder.Stats().PlainBytes
		if err == nil {
			g.events++
			continue
		}
		var damaged *decode.Damaged
		if errors.As(err, &damaged) {
			g.unreadable = true
		} else if !errors.Is(err, io.EOF) {
			return glance{}, err
		}
		break
	}
	g.read = decoder.Stats().ObjectBytes
	return g, nil
}
