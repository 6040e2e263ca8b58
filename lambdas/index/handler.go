package index

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/bulk"
	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/document"
	"github.com/rehydrate/rehydrate/internal/files"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

// handler brings the events of one object to their destination.
type handler struct {
	settings run.Settings
	// objects gives the client of the bucket that holds an object.
	objects func(run.Object) archive.Getter
	files   bulk.Putter  // of the run bucket
	spent   runs.Updater // the same
	connect func(context.Context) (*bulk.Sender, error)
	maker   func(view string) *document.Maker
	section files.Section
	// metrics receives a line of metrics for each call.
	metrics io.Writer
	// buffers and written are those of the object before: there is one call at a time.
	buffers *decode.Buffers
	written *files.Buffers
	// began reads from a key when its object was begun, and whether that is loose.
	began func(key string) (*time.Time, bool)
	now   func() time.Time
}

// Index reads an object from where the call before stopped, until its end or
// until the deadline is near, and answers with the outcome brought forward.
//
// Its error is a fault of the surroundings, and then nothing was brought
// forward: where anything was, the fault waits for the next call.
func (h handler) Index(ctx context.Context, req run.IndexRequest) (run.Work, error) {
	begun := h.now()
	if o := &req.Work.Object; o.Time == nil && o.Bucket == "" { // as of an object that arrives
		o.Time, o.Loose = h.began(o.Key)
	}
	work := req.Work
	filter, err := document.NewFilter(work.Include, work.Exclude)
	if err != nil {
		return run.Work{}, &run.Fault{Name: run.InvalidRequest, Reason: "the run's filter cannot be used", Err: err}
	}
	c := h.newCall(ctx, req, filter)
	if work.Destination == run.ToFiles {
		c.to = newWritten(c)
	} else {
		sender, err := h.connect(ctx)
		if err != nil {
			return run.Work{}, err
		}
		c.to = newIndexed(c, sender)
	}
	outcome, err := c.run(ctx)
	c.tell(begun)
	if err != nil {
		return run.Work{}, err
	}
	outcome.Calls = 1
	outcome.Ms = h.now().Sub(begun).Milliseconds()
	work.Outcome.Add(outcome)
	return work, nil
}

// unlimited stands for a deadline where there is none.
const unlimited = 15 * time.Minute

func (h handler) newCall(ctx context.Context, req run.IndexRequest, filter *document.Filter) *call {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = h.now().Add(unlimited)
	}
	// What is under way when reading stops has two thirds of the reserve to end,
	// rejects and the answer the last third.
	reserve := min(30*time.Second, max(0, deadline.Sub(h.now())/4))
	c := &call{
		handler: h, ctx: ctx, req: req, filter: filter, maker: h.maker(req.Work.View),
		allowance: allowance{Spent: runs.Spent{Bucket: h.spent, Run: req.Work.Run, Most: req.Work.MaxEvents}},
		stop:      deadline.Add(-reserve), until: deadline.Add(-reserve / 3),
		doubt:   req.Work.Outcome.Doubt,
		rejects: bulk.Rejects{Bucket: h.files, Run: req.Work.Run, Object: h.location(req.Work.Object)},
		tally:   newTally(req.Work.Object),
		begin:   ceilMs(req.Work.From), end: ceilMs(req.Work.To),
	}
	c.outcome.Place = req.Work.Outcome.Place
	if req.Attempt > 0 && req.Work.Destination != run.ToFiles {
		// The call that failed may have created documents as far as it came.
		c.doubt = everything()
	}
	return c
}

// everything is behind every place; it survives a JSON number read as a float.
func everything() run.Place { return run.Place{Offset: 1<<53 - 1} }

func (h handler) location(o run.Object) run.Location {
	if o.Bucket == "" {
		return run.Location{Bucket: h.settings.ArchiveBucket, Key: o.Key}
	}
	return run.Location{Bucket: o.Bucket, Key: o.Key}
}

// call is one invocation's work on an object.
type call struct {
	handler
	ctx       context.Context // of the invocation, for what settle has to write
	req       run.IndexRequest
	filter    *document.Filter
	to        destination
	maker     *document.Maker
	rejects   bulk.Rejects
	tally     *tally
	allowance allowance
	begin     int64 // the run's range in epoch ms
	end       int64
	stop      time.Time // reading stops here
	until     time.Time // sending stops here

	outcome run.Outcome // of what is settled
	sent    run.Place   // everything before it is submitted
	doubt   run.Place   // events before it may be there already
	taken   decode.Stats
	fault   error // of the surroundings; nothing is settled behind it
	behind  run.Place
}

// run reads and sends, and says how it ended.
func (c *call) run(ctx context.Context) (run.Outcome, error) {
	reading, cancel := context.WithDeadline(ctx, c.stop)
	defer cancel()
	ending := c.read(reading)
	if err := c.to.drain(); err != nil && c.fault == nil {
		c.fault = err
	}
	if err := c.giveBack(); err != nil && c.fault == nil {
		c.fault = err
	}
	switch {
	case ctx.Err() != nil:
		return run.Outcome{}, ctx.Err()
	case c.fault == nil && ending.err == nil:
		c.outcome.End, c.outcome.Reason, c.outcome.Damage = ending.end, ending.reason, ending.damage
	case c.fault == nil:
		c.fault = ending.err
	}
	if c.fault == nil && c.outcome.End != run.More {
		return c.outcome, nil
	}
	if c.outcome.Place == c.req.Work.Outcome.Place {
		return run.Outcome{}, c.stuck()
	}
	c.outcome.End = run.More
	c.outcome.Doubt = c.behind.Later(c.doubt)
	return c.outcome, nil
}

// ceilMs is the first whole millisecond that is not before t.
func ceilMs(t time.Time) int64 { return t.Add(time.Millisecond - time.Nanosecond).UnixMilli() }

// stuck is why a call moved nothing forward.
func (c *call) stuck() error {
	if c.fault != nil {
		return c.fault
	}
	return &run.Fault{
		Name: run.NoProgress,
		Reason: fmt.Sprintf("%s could not be read beyond byte %d of its text in the time of one call",
			c.rejects.Object.URI(), c.outcome.Place.Offset),
		Remedy: "give the index Lambda a longer timeout or more memory",
	}
}

// ending is how reading ended: by the object's own doing, or by an error of the
// surroundings.
type ending struct {
	end    run.End
	reason string
	damage *run.Damage
	err    error
}

// endOf tells what an error of opening or reading means.
func endOf(ctx context.Context, err error) ending {
	var unreadable *archive.Unreadable
	var damaged *decode.Damaged
	switch {
	case errors.As(err, &unreadable):
		return ending{end: unreadable.End, reason: unreadable.Reason}
	case errors.As(err, &damaged):
		return ending{end: run.Damaged, reason: damaged.Reason, damage: &damaged.Damage}
	case ctx.Err() != nil:
		return ending{end: run.More}
	}
	return ending{err: err}
}
