package asl

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// mapRun is one run of a Distributed Map.
type mapRun struct {
	*frame
	m       *distributedMap
	input   any // the map's effective input
	arn     string
	results *results
	// percent and count are the failures that are tolerated, of total children;
	// negative ones are not given.
	percent, count float64
	atOnce         int
	total          int
	bucket, key    string // of the items

	// stop ends the children.
	stop   context.CancelFunc
	mu     sync.Mutex
	failed int
	// broken is why the run could not go on, if it could not.
	broken *failure
}

// lateness is how long after a failure the files of results may appear: seen in
// AWS was up to a second.
const lateness = time.Second

// events: MapRunStarted, and MapRunSucceeded or MapRunFailed.
func (*distributedMap) events() int { return 2 }

func (m *distributedMap) do(ctx context.Context, f *frame, input any) (any, string, *failure) {
	r, err := m.prepare(f, input)
	if err != nil {
		return nil, "", err
	}
	var fault error
	if r.total, fault = countItems(ctx, f.env.Buckets, r.bucket, r.key); fault != nil {
		return nil, "", r.unreadable(fault)
	}
	if err = r.execute(ctx); err != nil || ctx.Err() != nil {
		stopped := ctx.Err() != nil
		f.late.add(func() error {
			// Nothing ends this early: a run is not over before its results are there.
			ctx := context.WithoutCancel(ctx)
			if !stopped {
				_ = f.env.Sleep(ctx, time.Duration(rand.Float64()*float64(lateness)))
			}
			return r.results.write(ctx)
		})
		return nil, "", err
	}
	if err := r.results.write(ctx); err != nil {
		return nil, "", &failure{name: writerFailed, cause: err.Error()}
	}
	return map[string]any{
		"MapRunArn":           r.arn,
		"ResultWriterDetails": map[string]any{"Bucket": r.results.bucket, "Key": r.results.manifestKey()},
	}, "", nil
}

func (r *mapRun) unreadable(err error) *failure {
	return &failure{name: itemReaderFailed, cause: fmt.Sprintf("The items in s3://%s/%s cannot be read: %v", r.bucket, r.key, err)}
}

// prepare evaluates what the map's fields say.
func (m *distributedMap) prepare(f *frame, input any) (*mapRun, *failure) {
	uuid := newUUID()
	r := &mapRun{frame: f, m: m, input: input, arn: f.id.arn("mapRun", f.id.labelled(m.label), uuid)}
	atOnce, err := m.atOnce.number(f, input)
	if err != nil {
		return nil, err
	}
	if r.atOnce = int(atOnce); r.atOnce == 0 {
		r.atOnce = MaxChildren
	}
	if r.percent, err = m.percent.number(f, input); err != nil {
		return nil, err
	}
	if r.count, err = m.count.number(f, input); err != nil {
		return nil, err
	}
	if r.percent < 0 && r.count < 0 {
		r.count = 0 // what AWS tolerates by default
	}
	if r.bucket, r.key, err = f.placed(m.reader, "Key", input); err != nil {
		return nil, err
	}
	bucket, prefix, err := f.placed(m.writer, "Prefix", input)
	if err != nil {
		return nil, err
	}
	r.results = newResults(f.env.Buckets, bucket, prefix+"/"+uuid, r.arn, f.env.ResultFileBytes)
	return r, nil
}

// execute starts the children in the order of their items, so many at once, and
// waits for all. What was not started is written as pending.
func (r *mapRun) execute(ctx context.Context) *failure {
	items, err := openItems(ctx, r.env.Buckets, r.bucket, r.key)
	if err != nil {
		return r.unreadable(err)
	}
	defer items.close()
	// Pending items are read on when the run is stopped; only children end then.
	going, stop := context.WithCancel(ctx)
	defer stop()
	r.stop = stop
	free := make(chan struct{}, r.atOnce)
	var children sync.WaitGroup
	for {
		it, err := items.read()
		if err != nil {
			r.breakOff(r.unreadable(err))
		}
		if it == nil {
			break
		}
		input, fault := r.childInput(it)
		if fault != nil {
			r.breakOff(fault)
			break
		}
		select {
		case free <- struct{}{}:
		case <-going.Done():
		}
		if going.Err() != nil {
			r.write(record{Status: Pending, Input: string(encode(input))})
			continue
		}
		children.Go(func() {
			defer func() { <-free }()
			r.ended(r.child(going, input))
		})
	}
	children.Wait()
	return r.broken
}

// childInput is what the ItemSelector makes of an item.
func (r *mapRun) childInput(it *item) (any, *failure) {
	if r.m.selector == nil {
		return it.value, nil
	}
	f := *r.frame
	f.item = it
	input, err := f.evaluate(r.m.selector, r.input)
	if err == nil && len(encode(input)) > MaxPayload {
		return nil, tooLarge(r.state.name)
	}
	return input, err
}

// child executes one child to its end.
func (r *mapRun) child(ctx context.Context, input any) Child {
	x := &execution{
		graph: r.m.children, env: r.env, id: r.id, input: input, start: time.Now(),
		machine: r.id.machineARN(r.m.label), late: r.late,
	}
	x.id.name = newUUID()
	x.arn = r.id.arn("execution", r.id.labelled(r.m.label), x.id.name)
	c := Child{ARN: x.arn, Name: x.id.name, Input: encode(input), Start: x.start}
	if o := r.env.Observer; o != nil {
		o.ChildStarted(c)
	}
	output, err := x.run(ctx)
	c.Status, c.Output, c.Stop, c.Events = Succeeded, output, time.Now(), x.events
	var ended *ExecutionError
	if errors.As(err, &ended) {
		c.Status, c.Error, c.Cause = ended.Status, ended.Name, ended.Cause
	}
	return c
}

// ended writes and counts a child, and breaks the run off when too many have
// failed.
func (r *mapRun) ended(c Child) {
	r.write(newRecord(c, r.id.machineARN(r.m.label)))
	if o := r.env.Observer; o != nil {
		o.ChildEnded(c)
	}
	if c.Status != Failed && c.Status != TimedOut {
		return
	}
	r.mu.Lock()
	r.failed++
	failed := float64(r.failed)
	r.mu.Unlock()
	if r.percent >= 0 && failed*100 > r.percent*float64(r.total) || r.count >= 0 && failed > r.count {
		r.breakOff(&failure{name: toleranceExceeded, cause: "The specified tolerated failure threshold was exceeded"})
	}
}

func (r *mapRun) write(one record) {
	if err := r.results.add(one); err != nil {
		r.breakOff(&failure{name: writerFailed, cause: err.Error()})
	}
}

// breakOff ends the children under way and starts no more; the first reason
// counts.
func (r *mapRun) breakOff(why *failure) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken == nil {
		r.broken = why
	}
	r.stop()
}
