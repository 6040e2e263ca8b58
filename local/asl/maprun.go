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
	m        *distributedMap
	input    any // the map's
	children id  // without a name
	arn      string
	results  *results
	percent  float64 // of total children may fail
	gate     *gate   // of the children
	total    int
	bucket   string // of the items
	key      string

	// stop ends the children.
	stop                    context.CancelFunc
	mu                      sync.Mutex
	status                  Status
	done, succeeded, failed int
	// broken is why the run could not go on, if it could not.
	broken *failure
}

// lateness is how long after a failure the files of results may appear: seen in
// AWS was up to a second.
const lateness = time.Second

func (m *distributedMap) do(ctx context.Context, f *frame, input any) (any, string, *failure) {
	r, err := m.prepare(f, input)
	if err != nil {
		return nil, "", err
	}
	var fault error
	if r.total, fault = countItems(ctx, f.env.Buckets, r.bucket, r.key); fault != nil {
		return nil, "", r.unreadable(fault)
	}
	if f.env.MapRunStarted != nil {
		f.env.MapRunStarted(&MapRun{r})
	}
	err = r.execute(ctx)
	r.end(ctx, err)
	if err != nil || ctx.Err() != nil {
		stopped := ctx.Err() != nil
		f.late.Go(func() error {
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

// prepare evaluates what the map's fields say.
func (m *distributedMap) prepare(f *frame, input any) (*mapRun, *failure) {
	uuid := newUUID()
	r := &mapRun{frame: f, m: m, input: input, children: f.id, status: Running}
	r.children.label, r.children.name = m.label, ""
	r.arn = r.children.mapRunARN(uuid)
	atOnce, err := f.numberAt(m.atOnce, "MaxConcurrencyPath", MaxChildren, input)
	if err != nil {
		return nil, err
	}
	r.gate = newGate(MaxChildren)
	r.gate.set(int(atOnce))
	if r.percent, err = f.numberAt(m.percent, "ToleratedFailurePercentagePath", 100, input); err != nil {
		return nil, err
	}
	if r.bucket, r.key, err = f.locate(m.items, input); err != nil {
		return nil, err
	}
	bucket, prefix, err := f.locate(m.results, input)
	if err != nil {
		return nil, err
	}
	r.results = newResults(f.env.Buckets, bucket, prefix+"/"+uuid, r.arn, m.fileBytes)
	return r, nil
}

func (r *mapRun) unreadable(err error) *failure {
	return &failure{name: itemReaderFailed, cause: fmt.Sprintf("The items in s3://%s/%s cannot be read: %v", r.bucket, r.key, err)}
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
	var children sync.WaitGroup
	for {
		it, err := items.read()
		if err != nil {
			r.breakOff(r.unreadable(err))
		}
		if it == nil {
			break
		}
		input, text, fault := r.childInput(it)
		if fault != nil {
			r.breakOff(fault)
			break
		}
		if !r.gate.enter(going) {
			r.write(record{Status: Pending, Input: string(text)})
			continue
		}
		children.Go(func() {
			defer r.gate.leave()
			r.ended(r.child(going, input, text))
		})
	}
	children.Wait()
	return r.broken
}

// childInput is what the ItemSelector makes of an item, and its text.
func (r *mapRun) childInput(it *item) (input any, text []byte, err *failure) {
	f := *r.frame
	f.item = it
	if input, err = r.m.selector.value(&f, r.input); err != nil {
		return nil, nil, err
	}
	if text = encode(input); len(text) > MaxPayload {
		return nil, nil, tooLarge(r.state.name)
	}
	return input, text, nil
}

// child executes one child to its end.
func (r *mapRun) child(ctx context.Context, input any, text []byte) Child {
	x := &execution{id: r.children, graph: r.m.children, env: r.env, input: input, start: time.Now(), late: r.late, child: true}
	x.id.name = newUUID()
	c := Child{ARN: x.id.executionARN(), Name: x.id.name, Input: text, Status: Succeeded, Start: x.start}
	output, err := x.run(ctx)
	c.Output, c.Stop, c.Events = output, time.Now(), x.events
	var ended *ExecutionError
	if errors.As(err, &ended) {
		c.Status, c.Error, c.Cause = ended.Status, ended.Name, ended.Cause
	}
	return c
}

// ended writes and counts a child, and breaks the run off when too many have
// failed.
func (r *mapRun) ended(c Child) {
	r.write(newRecord(c, r.children.machineARN()))
	if o := r.env.Observer; o != nil {
		o.ChildEnded(c)
	}
	r.mu.Lock()
	r.done++
	switch c.Status {
	case Succeeded:
		r.succeeded++
	case Failed:
		r.failed++
	}
	failed := float64(r.failed)
	r.mu.Unlock()
	if c.Status == Failed && failed*100 > r.percent*float64(r.total) {
		r.breakOff(&failure{name: toleranceExceeded, cause: "The specified tolerated failure threshold was exceeded"})
	}
}

// end says how the run has ended.
func (r *mapRun) end(ctx context.Context, err *failure) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch r.status = Succeeded; {
	case ctx.Err() != nil:
		r.status = Aborted
	case err != nil:
		r.status = Failed
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
