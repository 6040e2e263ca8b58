package restore

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

const (
	// atOnce requests are under way: S3 takes up to 1,000 restores a second.
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
	atOnce = 64
	// mostRefused requests of a call that S3 was too busy for end it.
	mostRefused = 100
)

// pass is one call's way through the list of a round.
type pass struct {
	handler
	stop  time.Time
	write func(run.Object) error // into the list of the next round

	mu      sync.Mutex // guards what follows
	restore run.Restore
	// stopped says that the list goes on behind At.
	stopped bool
	done    int64
	// refused requests S3 was too busy for, the last of them with busy.
	refused int
	busy    error
	// soon is after how long the first of what was asked for can be ready.
	soon time.Duration
}

var errStop = errors.New("the call is at its end")

// run goes through the list from where the call before has stopped.
func (p *pass) run(ctx context.Context, folder runs.Folder) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	begin, line := p.restore.At, int64(0)
	err := folder.Unrestored(ctx, p.restore.Round, func(o run.Object) error {
		if line++; line <= begin {
			return nil
		}
		if p.ends(inner) {
			return errStop
		}
		p.restore.At = line
		if p.restore.Round == 0 && !archive.MayNeedRestore(o) {
			return nil
		}
		group.Go(func() error { return p.one(inner, o) })
		return nil
	})
	failed := group.Wait()
	switch {
	case failed != nil:
		return failed
	case errors.Is(err, errStop):
		p.stopped = true
	case err != nil:
		return err
	}
	if p.done == 0 && p.busy != nil { // the state machine waits, and tries again
		return p.busy
	}
	return nil
}

// ends tells whether nothing more is to be begun.
func (p *pass) ends(ctx context.Context) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return ctx.Err() != nil || p.refused >= mostRefused || p.handler.now().After(p.stop)
}

// one asks for an object, or looks at it, and keeps it on the list where it cannot
// be read yet.
func (p *pass) one(ctx context.Context, o run.Object) error {
	act := p.look
	if p.restore.Round == 0 {
		act = p.ask
	}
	how, err := act(ctx, o, run.Restore{Tier: p.restore.Tier, Days: p.restore.Days})
	p.mu.Lock()
	defer p.mu.Unlock()
	var gone *archive.Unreadable
	var fault *run.Fault
	switch {
	case errors.As(err, &gone):
		p.done++
		p.restore.Gone++
		return nil
	case errors.As(err, &fault) && (fault.Name == run.Throttled || fault.Name == run.Unavailable):
		// It is asked for in the next round.
		p.refused++
		p.busy = err
		p.expect(soonest)
	case err != nil:
		return err
	case how == archive.Readable:
		p.done++
		p.restore.Ready++
		return nil
	default:
		p.done++
		least, _, _ := run.RestoreTime(p.restore.Tier, o.StorageClass)
		if how == archive.UnderWay {
			least /= 4 // since when is not known
		} else {
			p.restore.Asked++
		}
		p.expect(least)
	}
	p.restore.Waiting++
	return p.write(o)
}

func (p *pass) expect(in time.Duration) {
	if p.soon == 0 || in < p.soon {
		p.soon = in
	}
}

// pause is how long to wait before the next round: until the first of what was asked
// for can be ready, then for an eighth of the time waited so far.
func (p *pass) pause(elapsed time.Duration) time.Duration {
	if p.restore.Round == 0 {
		return max(soonest, p.soon)
	}
	return max(soonest, elapsed/8)
}
