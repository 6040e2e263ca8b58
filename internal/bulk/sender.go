package bulk

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// Config is what a Sender is made of. All but Transport may be left zero.
type Config struct {
	// Transport sends a request once. It must not try again by itself: an answer
	// lost on the way would then not be noticed.
	Transport esapi.Transport
	// InFlight is how many requests may be under way at once; 1 by default.
	InFlight int
	// Gzip compresses bodies and lets the cluster compress its answers.
	Gzip bool
	// RequestTimeout is how long one request may take; 90 s by default, so that
	// the engines' own minute of waiting for a shard ends before it.
	RequestTimeout time.Duration

	// Now, Sleep and Jitter (a number from 0 to below n) stand in for the clock
	// and for chance.
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error
	Jitter func(n int64) int64
}

// Sender sends batches to one cluster. It is safe for concurrent use.
type Sender struct {
	transport      esapi.Transport
	inFlight       *inFlight
	gzip           bool
	requestTimeout time.Duration
	now            func() time.Time
	sleep          func(context.Context, time.Duration) error
	jitter         func(int64) int64
	// limit is the largest body in bytes that is tried, halved by each 413: what
	// stands between us and the cluster does not change its mind. 0 is none.
	limit atomic.Int64
	// spares are batches that no pipe has at the moment.
	spares spares
}

// NewSender makes a Sender.
func NewSender(c Config) *Sender {
	s := &Sender{
		transport: c.Transport, inFlight: newInFlight(c.InFlight), gzip: c.Gzip,
		requestTimeout: c.RequestTimeout, now: c.Now, sleep: c.Sleep, jitter: c.Jitter,
	}
	if s.requestTimeout == 0 {
		s.requestTimeout = 90 * time.Second
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.sleep == nil {
		s.sleep = sleep
	}
	if s.jitter == nil {
		s.jitter = rand.Int64N
	}
	return s
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Waiting grows from first to longest while nothing moves; each wait is drawn
// from the whole range ("full jitter"), so that many senders do not come back
// at once. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
const (
	firstWait   = 200 * time.Millisecond
	longestWait = 30 * time.Second
)

// wait is how long to wait before the try after tries that moved nothing. What
// the cluster asks for is the least.
func (s *Sender) wait(tries int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked + time.Duration(s.jitter(int64(firstWait)))
	}
	most := longestWait
	if tries < 8 { // beyond, the shift is past longestWait
		most = min(most, firstWait<<tries)
	}
	return time.Duration(s.jitter(int64(most)))
}

// Send sends the batch until each document has its outcome or until is near. It
// resends what got none: whole requests whose answer was lost, garbled or no
// answer to what was asked, else the documents alone, after waiting. An id makes
// each resend harmless.
//
// Whatever happens, the Result tells of every document. If any is unresolved the
// error says why: a *run.Fault (Throttled or Unavailable by what the cluster said
// last; Denied or UnusableCluster, at once, for what waiting cannot change), or the
// cause of ctx's end.
func (s *Sender) Send(ctx context.Context, b *Batch, until time.Time) (Result, error) {
	t := newTask(s, b)
	timed, cancel := context.WithTimeout(ctx, until.Sub(s.now()))
	defer cancel()
	for tries := 0; len(b.unresolved) > 0 && timed.Err() == nil; tries++ {
		before := len(b.unresolved)
		t.round(timed)
		if len(b.unresolved) == 0 || t.last.verdict.hopeless() {
			break
		}
		if len(b.unresolved) < before {
			tries = 0
		}
		d := s.wait(tries, t.last.wait)
		if !s.now().Add(d).Before(until) {
			break
		}
		if s.sleep(timed, d) != nil {
			break
		}
		t.effort.Waited += d
	}
	r := b.sum(t.reasons)
	r.Effort = t.effort
	switch {
	case r.Complete():
		return r, nil
	case ctx.Err() != nil:
		return r, context.Cause(ctx)
	}
	return r, t.fault()
}
