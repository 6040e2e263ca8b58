package index

import (
	"fmt"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

// allowance is what a call may take of the events of a run that has a cap: all its
// children count in one object of the run bucket, a batch at a time.
type allowance struct {
	runs.Spent
	// wanted events were added since the last batch was submitted, and taken events
	// of the run in this call.
	wanted, taken int64
	// reached says that the run has no more than left events for this call.
	reached bool
	left    int64
}

// ended tells whether no more events are to be added.
func (a *allowance) ended() bool { return a.reached && a.wanted >= a.left }

// afford takes what was added of the run's events. Where too few of these are left, it
// is to be read again, and only so much of it.
func (c *call) afford() (again bool, err error) {
	a := &c.allowance
	if a.Most == 0 || a.wanted == 0 || a.reached {
		return false, nil
	}
	taken, err := a.Take(c.ctx, a.wanted)
	a.taken += taken
	if err == nil && taken < a.wanted {
		a.reached, a.left = true, taken
	}
	return a.reached, err
}

// submitted begins a new batch.
func (a *allowance) submitted() {
	a.left -= a.wanted
	a.wanted = 0
}

// giveBack returns what was taken and came to nothing: another call takes it again.
func (c *call) giveBack() error {
	unused := c.allowance.taken - c.outcome.Wanted()
	if unused <= 0 {
		return nil
	}
	return c.allowance.GiveBack(c.ctx, unused)
}

// capped is how an object ends when the run has come to its cap.
func (a *allowance) capped() ending {
	return ending{end: run.Capped, reason: fmt.Sprintf("the run has come to its maxEvents, %d", a.Most)}
}
