package run

import (
	"fmt"
	"strconv"
	"time"
)

// Budget is the most that a run may come to; zero for no bound. List judges it by an
// estimate before anything is indexed; MaxEvents also holds while the run goes on.
type Budget struct {
	// MaxBytes of the messages of wanted events, MaxEvents how many these are.
	MaxBytes  int64 `json:"maxBytes"`
	MaxEvents int64 `json:"maxEvents"`
	// MaxCost in US dollars, of AWS.
	MaxCost     float64  `json:"maxCost"`
	MaxDuration Duration `json:"maxDuration"`
}

// Limited tells whether there is any bound.
func (b Budget) Limited() bool { return b != Budget{} }

// Budget is that of the stack, for requests that say nothing else.
func (l Limits) Budget() (Budget, error) {
	b := Budget{MaxBytes: int64(l.MaxBytes), MaxEvents: int64(l.MaxEvents)}
	var err error
	if l.MaxCost != "" {
		if b.MaxCost, err = strconv.ParseFloat(l.MaxCost, 64); err != nil {
			return b, &Fault{Name: InvalidSettings, Reason: fmt.Sprintf("MAX_COST: %q is no number of dollars", l.MaxCost)}
		}
	}
	if l.MaxDuration != "" {
		var d time.Duration
		if d, err = time.ParseDuration(l.MaxDuration); err != nil {
			return b, &Fault{Name: InvalidSettings, Reason: fmt.Sprintf("MAX_DURATION: %q is no duration", l.MaxDuration)}
		}
		b.MaxDuration = Duration(d)
	}
	return b, nil
}

// budget is what the request says, and of what it does not mention that of the stack.
func (r Request) budget(stack Budget) (Budget, error) {
	b := stack
	if r.MaxBytes != nil {
		b.MaxBytes = *r.MaxBytes
	}
	if r.MaxEvents != nil {
		b.MaxEvents = *r.MaxEvents
	}
	if r.MaxCost != nil {
		b.MaxCost = *r.MaxCost
	}
	if r.MaxDuration != "" {
		d, err := time.ParseDuration(r.MaxDuration)
		if err != nil {
			return b, invalid("maxDuration: %q is no duration; give %s", r.MaxDuration, allowed("maxDuration"))
		}
		b.MaxDuration = Duration(d)
	}
	for _, m := range []struct {
		name     string
		negative bool
	}{
		{"maxBytes", b.MaxBytes < 0},
		{"maxEvents", b.MaxEvents < 0},
		{"maxCost", !(b.MaxCost >= 0)},
		{"maxDuration", b.MaxDuration < 0},
	} {
		if m.negative {
			return b, invalid("%s: out of bounds; give %s", m.name, allowed(m.name))
		}
	}
	return b, nil
}

// Within bounds the plan by what the request says, and by the stack's budget where it
// says nothing. Its error is a Fault named InvalidRequest.
func (r Request) Within(p *Plan, stack Budget) (err error) {
	p.Budget, err = r.budget(stack)
	return err
}

// Over tells in a sentence by what an estimate is over the budget; empty where it is not.
func (b Budget) Over(e Estimate) string {
	took := time.Duration(e.RestoreSeconds+e.Seconds) * time.Second
	var over string
	switch {
	case b.MaxEvents > 0 && e.Wanted > b.MaxEvents:
		over = fmt.Sprintf("%d events, more than maxEvents, %d", e.Wanted, b.MaxEvents)
	case b.MaxBytes > 0 && e.WantedBytes > b.MaxBytes:
		over = fmt.Sprintf("%d bytes of messages, more than maxBytes, %d", e.WantedBytes, b.MaxBytes)
	case b.MaxCost > 0 && e.Dollars > b.MaxCost:
		over = fmt.Sprintf("$%.2f, more than maxCost, $%.2f", e.Dollars, b.MaxCost)
	case b.MaxDuration > 0 && took > time.Duration(b.MaxDuration):
		over = fmt.Sprintf("%s, more than maxDuration, %s", took, b.MaxDuration)
	default:
		return ""
	}
	return fmt.Sprintf("by a sample of %d objects the run comes to about %s (about %d events of %d bytes, $%.2f, %s)",
		e.Sampled, over, e.Wanted, e.WantedBytes, e.Dollars, took)
}
