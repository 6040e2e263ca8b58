package bulk

import (
	"context"
	"errors"
	"time"
)

// Settle is called with each batch that was sent, once it is known what came of
// it: in the order of submission, one at a time, in the goroutine that called
// Submit or Drain. The batch and its result are only valid during the call. A
// batch whose err is not nil may be followed by others that were under way, whose
// documents then lie beyond the place where reading goes on: they are settled
// too, so that they can be told to be in doubt.
type Settle func(b *Batch, r Result, err error) error

// Pipe has a few batches under way at once, so that reading and the cluster
// overlap. Its memory is that of the batches under way and one that is filled,
// which the next pipe of the same Sender takes over.
//
//	p := bulk.NewPipe(sender, 2, size, settle)
//	defer p.Drain()
//	b := p.Batch()
//	for … {
//		b.Add(…)
//		if b.Size() >= size {
//			if b, err = p.Submit(ctx, b, until); err != nil { … }
//		}
//	}
//	p.Submit(ctx, b, until)
//	err = p.Drain()
//
// A Pipe belongs to one goroutine. The ones it starts, one for each batch under
// way, have ended when Drain returns.
type Pipe struct {
	sender  *Sender
	most    int
	size    int
	settle  Settle
	going   []*sending // oldest first
	filling *Batch     // given to be filled, nil before
	err     error      // of the first settling that failed
}

// sending is a batch under way.
type sending struct {
	batch  *Batch
	result Result
	err    error
	done   chan struct{}
}

// NewPipe makes a pipe for batches of size bytes, of which at most inFlight are
// under way.
func NewPipe(s *Sender, inFlight, size int, settle Settle) *Pipe {
	return &Pipe{sender: s, most: max(inFlight, 1), size: size, settle: settle}
}

// Batch gives the batch to fill, empty at first. It is the pipe's again with
// Drain.
func (p *Pipe) Batch() *Batch {
	if p.filling == nil {
		p.filling = p.sender.spares.take(p.size)
	}
	return p.filling
}

// Submit starts to send b, which is the pipe's from here on, and gives an empty
// batch to fill. Where as many as may be are under way it first waits for the
// oldest and settles it. Its error is that of a settling: then b was not sent and
// is not settled, no batch is given, and only Drain is left to call.
func (p *Pipe) Submit(ctx context.Context, b *Batch, until time.Time) (*Batch, error) {
	for len(p.going) >= p.most || p.ready() {
		p.settleOldest()
	}
	if p.err != nil {
		return nil, p.err
	}
	s := &sending{batch: b, done: make(chan struct{})}
	p.going, p.filling = append(p.going, s), nil
	go func() {
		defer close(s.done)
		s.result, s.err = p.sender.Send(ctx, s.batch, until)
	}()
	return p.Batch(), nil
}

// Drain waits for all batches under way and settles them. Its error joins those
// of all settlings that failed. It may be called again.
func (p *Pipe) Drain() error {
	for len(p.going) > 0 {
		p.settleOldest()
	}
	if p.filling != nil {
		p.sender.spares.give(p.filling)
		p.filling = nil
	}
	return p.err
}

// ready tells whether the oldest batch is done.
func (p *Pipe) ready() bool {
	if len(p.going) == 0 {
		return false
	}
	select {
	case <-p.going[0].done:
		return true
	default:
		return false
	}
}

func (p *Pipe) settleOldest() {
	s := p.going[0]
	<-s.done
	p.going = append(p.going[:0], p.going[1:]...)
	p.err = errors.Join(p.err, p.settle(s.batch, s.result, s.err))
	p.sender.spares.give(s.batch)
}
