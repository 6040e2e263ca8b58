package run

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Request is the execution input, as a person types it.
type Request struct {
	// From and To are days (2018-12-10, in the stack's zone, To included) or RFC
	// 3339 instants (To excluded).
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// LastDays, instead of From and To: so many whole calendar days before the
	// day of the execution's start.
	LastDays *int `json:"lastDays,omitempty"`
	// MarginBefore and MarginAfter widen the hours in which objects are looked
	// for; 3h each by default.
	MarginBefore string `json:"marginBefore,omitempty"`
	MarginAfter  string `json:"marginAfter,omitempty"`
	// Plan true: list, estimate, write the plan, and look whether the cluster has room
	// for it; nothing is changed there.
	Plan bool `json:"plan,omitempty"`
	// Retry names an earlier run: what it did not index, and nothing else.
	Retry string `json:"retry,omitempty"`
	// Destination of the events; the cluster by default.
	Destination Destination `json:"destination,omitempty"`
	// View names one, to whose indices the documents go instead of to the daily ones.
	View string `json:"view,omitempty"`
	// Expires says when the view is to be deleted, see ParseExpiry; where it is left
	// out, a view that is there keeps its expiry and a new one has none.
	Expires string `json:"expires,omitempty"`
	// MaxBytes, MaxEvents, MaxCost and MaxDuration are the run's Budget, each that of
	// the stack where it is left out, and none where it is 0.
	MaxBytes    *int64   `json:"maxBytes,omitempty"`
	MaxEvents   *int64   `json:"maxEvents,omitempty"`
	MaxCost     *float64 `json:"maxCost,omitempty"`
	MaxDuration string   `json:"maxDuration,omitempty"`
	// Restore asks for archived objects at this tier, and waits for them; nothing is
	// restored where it is empty. Copies stay for RestoreDays, 7 by default.
	Restore     Tier `json:"restore,omitempty"`
	RestoreDays *int `json:"restoreDays,omitempty"`
	// MaxConcurrency is how many objects are indexed at once; 10 by default.
	MaxConcurrency *Concurrency `json:"maxConcurrency,omitempty"`
	// ToleratedFailurePercentage of children, above which the map stops; 10 by
	// default.
	ToleratedFailurePercentage *float64 `json:"toleratedFailurePercentage,omitempty"`
	Include                    Filter   `json:"include,omitzero"`
	Exclude                    Filter   `json:"exclude,omitzero"`
}

// Destination is where a run brings events.
type Destination string

// The destinations.
const (
	// ToIndex: documents of the cluster.
	ToIndex Destination = "index"
	// ToFiles: JSON Lines under EventsFolder; no cluster is asked.
	ToFiles Destination = "files"
)

// Defaults of a Request.
const (
	DefaultMargin                     = Duration(3 * time.Hour)
	DefaultMaxConcurrency             = 10
	DefaultToleratedFailurePercentage = 10.0
)

// MaxConcurrencyLimit is the most children a Distributed Map runs at once.
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const MaxConcurrencyLimit = 10_000

// MaxMargin of a request keeps a typing error from listing a whole archive.
const MaxMargin = 31 * 24 * time.Hour

// ParseRequest reads an execution input. Its error is a Fault named
// InvalidRequest whose sentence names the member that is wrong.
func ParseRequest(input []byte) (Request, error) {
	var r Request
	d := json.NewDecoder(bytes.NewReader(input))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return Request{}, invalid("%s", inputFault(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Request{}, invalid("the input goes on after its JSON object; give one object")
	}
	return r, nil
}

// Resolve fills in every default and works out the range, in zone, as of the
// execution's start. What is found for it (objects, manifest) stays zero. Its
// error is a Fault named InvalidRequest.
func (r Request) Resolve(e Execution, zone *time.Location) (Plan, error) {
	p := Plan{
		Run: e.Name, Execution: e.ID, Started: e.StartTime.In(zone),
		MarginBefore: DefaultMargin, MarginAfter: DefaultMargin,
		PlanOnly: r.Plan, Retry: r.Retry, Destination: cmp.Or(r.Destination, ToIndex), View: r.View,
		MaxConcurrency: DefaultMaxConcurrency, ToleratedFailurePercentage: DefaultToleratedFailurePercentage,
		Include: r.Include, Exclude: r.Exclude,
		Prefixes: []string{}, Notes: []string{},
	}
	if r.MaxConcurrency != nil {
		if err := r.MaxConcurrency.check(); err != nil {
			return Plan{}, err
		}
		r.MaxConcurrency.into(&p)
	}
	if r.ToleratedFailurePercentage != nil {
		p.ToleratedFailurePercentage = *r.ToleratedFailurePercentage
	}
	if err := margin("marginBefore", r.MarginBefore, &p.MarginBefore); err != nil {
		return Plan{}, err
	}
	if err := margin("marginAfter", r.MarginAfter, &p.MarginAfter); err != nil {
		return Plan{}, err
	}
	if err := r.check(p); err != nil {
		return Plan{}, err
	}
	if err := r.lend(&p); err != nil {
		return Plan{}, err
	}
	if err := r.Within(&p, Budget{}); err != nil {
		return Plan{}, err
	}
	var err error
	if p.Restore, err = r.restore(); err != nil {
		return Plan{}, err
	}
	if r.Retry != "" {
		return p, nil // the range is the earlier run's
	}
	return p, r.setRange(&p, zone)
}

// lend checks the view, and works out when it expires.
func (r Request) lend(p *Plan) (err error) {
	switch {
	case r.View == "" && r.Expires == "":
		return nil
	case r.View == "":
		return invalid("expires: goes with view, whose indices are deleted then; give the name of one")
	case p.Destination == ToFiles:
		return invalid("view: files are in none; leave out either view or destination")
	}
	if err := CheckView(r.View); err != nil {
		return invalid("view: %w", err)
	}
	if p.Expires, err = ParseExpiry(r.Expires, p.Started); err != nil {
		return invalid("expires: %w", err)
	}
	return nil
}

// margin reads a duration into m, or leaves the default there.
func margin(member, s string, m *Duration) error {
	if s == "" {
		return nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return invalid("%s: %q is no duration; give %s", member, s, allowed(member))
	}
	if d < 0 || d > MaxMargin {
		return invalid("%s: %s is out of bounds; give 0s to %dh", member, s, int(MaxMargin.Hours()))
	}
	*m = Duration(d)
	return nil
}

// check is everything about a request but its range.
func (r Request) check(p Plan) error {
	if !(p.ToleratedFailurePercentage >= 0 && p.ToleratedFailurePercentage <= 100) {
		return invalid("toleratedFailurePercentage: %v is out of bounds; give %s", p.ToleratedFailurePercentage, allowed("toleratedFailurePercentage"))
	}
	if p.Destination != ToIndex && p.Destination != ToFiles {
		return invalid("destination: %q is none; give %s", p.Destination, allowed("destination"))
	}
	if err := p.CheckSteering(); err != nil {
		return err
	}
	if err := r.Include.check("include"); err != nil {
		return err
	}
	if err := r.Exclude.check("exclude"); err != nil {
		return err
	}
	if r.Retry == "" {
		return nil
	}
	if !ValidName(r.Retry) {
		return invalid("retry: %q is no name of a run; give %s", r.Retry, allowed("retry"))
	}
	for _, m := range []struct {
		name  string
		given bool
	}{
		{"from", r.From != ""},
		{"to", r.To != ""},
		{"lastDays", r.LastDays != nil},
		{"marginBefore", r.MarginBefore != ""},
		{"marginAfter", r.MarginAfter != ""},
		{"include", !r.Include.Empty()},
		{"exclude", !r.Exclude.Empty()},
		{"destination", r.Destination != ""},
		{"view", r.View != ""},
		{"expires", r.Expires != ""},
	} {
		if m.given {
			return invalid("%s: not allowed beside retry, which takes the range, the filters, the destination and the view of the earlier run; leave it out", m.name)
		}
	}
	return nil
}

// setRange works out From and To, and cuts what lies after the start.
func (r Request) setRange(p *Plan, zone *time.Location) error {
	switch {
	case r.LastDays != nil && (r.From != "" || r.To != ""):
		return invalid("lastDays: not allowed beside from and to; give either")
	case r.LastDays != nil && (*r.LastDays < 1 || *r.LastDays > 3660):
		return invalid("lastDays: %d is out of bounds; give %s", *r.LastDays, allowed("lastDays"))
	case r.LastDays != nil:
		y, m, d := p.Started.Date()
		p.From, p.To = StartOfDay(y, m, d-*r.LastDays, zone), StartOfDay(y, m, d, zone)
		if !p.From.Before(p.To) {
			return invalid("lastDays: the clocks of %s skipped that day; give more days", zone)
		}
		return nil
	case r.From == "":
		return invalid("from: missing; give %s, or lastDays, or retry", allowed("from"))
	case r.To == "":
		return invalid("to: missing; give %s", allowed("to"))
	}
	var err error
	if p.From, err = instant("from", r.From, zone, 0); err != nil {
		return err
	}
	if p.To, err = instant("to", r.To, zone, 1); err != nil {
		return err
	}
	if p.From.Equal(p.To) && r.From == r.To && len(r.From) == len(time.DateOnly) {
		return invalid("from: there is no %s in %s, whose clocks skipped that day; give another", r.From, zone)
	}
	if !p.From.Before(p.To) {
		return invalid("from: %s is not before to (%s); swap them", r.From, r.To)
	}
	if !p.From.Before(p.Started) {
		return invalid("from: %s lies in the future, the run started at %s; give a range in the past",
			r.From, p.Started.Format(time.RFC3339))
	}
	if p.To.After(p.Started) {
		p.To = p.Started
		p.Notes = append(p.Notes, fmt.Sprintf("to: %s lies in the future; the range was cut at the start of the run, %s",
			r.To, p.Started.Format(time.RFC3339)))
	}
	return nil
}

// instant reads a day, moved on by days, or an RFC 3339 instant.
func instant(member, s string, zone *time.Location, days int) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return StartOfDay(t.Year(), t.Month(), t.Day()+days, zone), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1970 {
		return time.Time{}, invalid("%s: %q is neither a day nor an instant; give %s", member, s, allowed(member))
	}
	return t.In(zone), nil
}

func invalid(format string, args ...any) error {
	return &Fault{Name: InvalidRequest, Reason: fmt.Errorf(format, args...).Error()}
}

// ValidName tells whether s can be the name of an execution, and so of a run:
// 1 to 80 characters of those that are also safe in a key.
func ValidName(s string) bool {
	if s == "" || len(s) > 80 || s == "." || s == ".." {
		return false
	}
	for _, c := range s {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}
