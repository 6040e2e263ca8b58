package report

import (
	"slices"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Limits of the report's lists.
const (
	maxHours   = 10_000
	maxGroups  = 200
	maxPlaces  = 1000 // over all groups
	maxInGroup = 100
	// maxInReason times two times maxGroups stays below 10,000 lines.
	maxInReason = 20
	maxSlowest  = 10
)

// tally sums over the objects. Nothing in it grows with their number.
type tally struct {
	plan run.Plan
	zone *time.Location

	Objects
	events run.Counts
	// forms and inferred as a Report has them.
	forms    map[string]int64
	inferred run.Inferred
	effort   Effort
	stored   map[string]*run.Stored
	days     map[string]run.IndexCounts
	// loose objects by the indices that their documents are in: no hour tells their
	// days.
	loose map[string]int64
	// hours by hours since 1970, within the window; outside counts the rest.
	hours       map[int64]*Hour
	first, last int64
	outside     Hour
	lag         []int64
	lagUnknown  int64
	// edges are events of the range in objects of the outermost hours.
	before, after int64

	errors        groups
	rejections    reasons
	malformations reasons
	slowest       []Slow
	// replayed are the events of objects that hold those of an earlier run.
	replayed run.Counts
}

func newTally(p run.Plan, zone *time.Location) *tally {
	first := hourOf(p.From.Add(-time.Duration(p.MarginBefore)))
	return &tally{
		plan: p, zone: zone,
		stored: map[string]*run.Stored{}, days: map[string]run.IndexCounts{}, loose: map[string]int64{}, hours: map[int64]*Hour{}, forms: map[string]int64{},
		first: first,
		last:  min(hourOf(end(p)), first+maxHours-1),
		lag:   make([]int64, len(run.LagBounds())+1),
	}
}

// end is the last instant of the margin.
func end(p run.Plan) time.Time {
	return p.To.Add(time.Duration(p.MarginAfter) - time.Nanosecond)
}

func hourOf(t time.Time) int64 {
	return t.Truncate(time.Hour).Unix() / int64(time.Hour/time.Second)
}

func (t *tally) start(hour int64) time.Time {
	return time.Unix(hour*int64(time.Hour/time.Second), 0).In(t.zone)
}

// hour is where to count what belongs to that hour.
func (t *tally) hour(hour int64) *Hour {
	if hour < t.first || hour > t.last {
		return &t.outside
	}
	h := t.hours[hour]
	if h == nil {
		h = &Hour{}
		t.hours[hour] = h
	}
	return h
}

// listed counts an object of the manifest.
func (t *tally) listed(o run.Object) {
	t.Listed++
	t.Bytes += o.Size
	t.store(o)
	if !timed(o) {
		t.Timeless++
		return
	}
	t.hour(hourOf(*o.Time)).Objects++
}

// timed tells whether an object was looked for by the hour that its key tells.
func timed(o run.Object) bool { return o.Time != nil && !o.Loose }

// problem counts an object that did not end indexed.
func (t *tally) problem(res result) {
	if timed(res.object) {
		t.hour(hourOf(*res.object.Time)).Problems++
	}
	t.errors.add(res)
}

// add counts the outcome of an object.
func (t *tally) add(res result) {
	o := res.outcome
	t.events.Add(o.Counts)
	for form, n := range o.Forms {
		t.forms[form] += n
	}
	t.inferred.Add(o.Inferred)
	t.effort.add(*o)
	for index, c := range o.Indices {
		sum := t.days[index]
		sum.Add(c)
		t.days[index] = sum
		if !timed(res.object) {
			t.loose[index]++
		}
	}
	for hour, n := range o.Hours {
		at, err := time.Parse(run.HourForm, hour)
		if err != nil { // run.Other
			t.outside.Events += n
			continue
		}
		t.hour(hourOf(at)).Events += n
	}
	documents := o.Wanted()
	if len(o.Lag) == len(t.lag) {
		for i, n := range o.Lag {
			t.lag[i] += n
		}
		t.lagUnknown += o.KeyTimes
	} else {
		t.lagUnknown += documents
	}
	for reason, n := range o.Rejections {
		t.rejections.add(reason, n, res)
	}
	for reason, n := range o.Malformations {
		t.malformations.add(reason, n, res)
	}
	if res.object.Bucket != "" { // rejected events of an earlier run
		t.replayed.Add(o.Counts)
	}
	t.slow(res)
	if documents > 0 && timed(res.object) {
		t.edges(*res.object.Time, documents)
	}
}

// edges counts events of the range in objects that arrived in the first or the
// last hour that was looked at.
func (t *tally) edges(arrival time.Time, events int64) {
	first := t.plan.From.Add(-time.Duration(t.plan.MarginBefore)).Truncate(time.Hour)
	if arrival.Before(first.Add(time.Hour)) {
		t.before += events
	}
	last := end(t.plan)
	if last.After(t.plan.Started) { // there is nothing yet behind the start
		last = t.plan.Started.Add(-time.Nanosecond)
	}
	if !arrival.Before(last.Truncate(time.Hour)) {
		t.after += events
	}
}

func (t *tally) slow(res result) {
	s := Slow{
		Object: res.object, Execution: res.execution, Ms: res.outcome.Ms, WaitedMs: res.outcome.WaitedMs,
		Retries: res.outcome.Retries, Calls: int64(res.outcome.Calls), Events: res.outcome.Decoded, Bytes: res.outcome.BytesPlain,
	}
	if len(t.slowest) == maxSlowest && t.slowest[maxSlowest-1].Ms >= s.Ms {
		return
	}
	at, _ := slices.BinarySearchFunc(t.slowest, s, func(a, b Slow) int {
		if a.Ms >= b.Ms { // equal ones stay in the order in which they came
			return -1
		}
		return 1
	})
	t.slowest = slices.Insert(t.slowest, at, s)
	t.slowest = t.slowest[:min(len(t.slowest), maxSlowest)]
}

func (e *Effort) add(o run.Outcome) {
	e.Calls += int64(o.Calls)
	e.Records += o.Records
	e.ControlRecords += o.ControlRecords
	e.Recovered += o.Recovered
	e.Unverified += o.Unverified
	e.Repaired += o.Repaired
	e.BytesIn += o.BytesIn
	e.BytesPlain += o.BytesPlain
	e.BytesOut += o.BytesOut
	e.Files += o.Files
	e.Requests += o.Requests
	e.Retries += o.Retries
	e.Throttled += o.Throttled
	e.WaitedMs += o.WaitedMs
	e.Ms += o.Ms
}
