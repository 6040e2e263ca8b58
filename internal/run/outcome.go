package run

import "time"

// End is how an object ended.
type End string

// The ends that an outcome tells.
const (
	// Indexed means read to its end.
	Indexed End = "indexed"
	// More means the deadline was near; call again with the outcome so far.
	More End = "more"
	// Damaged means bytes that are not what they should be; what stands before the
	// damage is indexed.
	Damaged End = "damaged"
	// Archived means in a storage class that has to be restored first.
	Archived End = "archived"
	// Gone means listed, but no longer there.
	Gone End = "gone"
	// Changed means there with another ETag than listed.
	Changed End = "changed"
	// Capped means that the run had come to its MaxEvents; what stands before its
	// place is indexed.
	Capped End = "capped"
)

// The ends of an object without an outcome of its own, which only the report
// tells.
const (
	// NotIndexed means that its child failed, timed out or was stopped, with a
	// named error.
	NotIndexed End = "notIndexed"
	// NeverStarted means that the map ended before its child began.
	NeverStarted End = "neverStarted"
	// NoResult means that no result names it, or one that cannot be read.
	NoResult End = "noResult"
	// Twice means that more than one result names it; the first was counted.
	Twice End = "reportedTwice"
)

// Ends lists those in which an object of a finished run is, in the order in which
// they are shown.
func Ends() []End {
	return []End{Indexed, Damaged, Archived, Gone, Changed, Capped, NotIndexed, NeverStarted, NoResult, Twice}
}

// Place is where the next call goes on: the record that starts Offset bytes
// into the object's plain text (after all layers of compression), and how many
// of its events are done.
type Place struct {
	Offset int64 `json:"offset"`
	Events int64 `json:"events,omitempty"`
}

// Before tells whether p stands before q.
func (p Place) Before(q Place) bool {
	return p.Offset < q.Offset || p.Offset == q.Offset && p.Events < q.Events
}

// Later gives the one of p and q that stands behind the other.
func (p Place) Later(q Place) Place {
	if p.Before(q) {
		return q
	}
	return p
}

// Damage says what is wrong with an object, and where.
type Damage struct {
	Reason string `json:"reason"`
	// Offset is bytes of plain text before the damage; ObjectOffset bytes of the
	// object itself, -1 where that is not known.
	Offset       int64 `json:"offset"`
	ObjectOffset int64 `json:"objectOffset"`
	// Record and Event count from 0: how many were whole before the damage, and
	// how many events of the broken record were.
	Record int64 `json:"record"`
	Event  int64 `json:"event"`
}

// Other is the key under which a limited map counts what no longer fits.
const Other = "other"

// Limits of an outcome's maps, so that its JSON stays below the 32,768
// characters of a Fail state's Cause. CloudWatch takes events up to 14 days old
// and Firehose closes an object within 15 minutes, so that an object of theirs
// has at most 16 days and 384 hours.
const (
	maxIndices    = 40
	maxIndexNames = 3000 // characters of all their names, as Cut counts them
	maxHours      = 400
	maxReasons    = 10
	maxForms      = 10
	maxReason     = 200 // characters, as Cut counts them
	maxEndReason  = 600
)

// Outcome is what came of one object, over all calls so far.
type Outcome struct {
	// End is empty before the first call.
	End    End     `json:"end,omitempty"`
	Reason string  `json:"reason,omitempty"`
	Damage *Damage `json:"damage,omitempty"`
	Place  Place   `json:"place"`
	// Doubt is zero, or a place behind Place: events between the two may have
	// been created by an earlier call that could not finish them in order. The
	// next call takes them again and counts their conflicts as in doubt.
	Doubt Place `json:"doubt,omitzero"`
	Calls int   `json:"calls"`

	Counts
	// Records with log events; ControlRecords only check the destination;
	// Recovered were inside Firehose error records (and count in Records too).
	Records        int64 `json:"records"`
	ControlRecords int64 `json:"controlRecords,omitempty"`
	Recovered      int64 `json:"recovered,omitempty"`
	// Unverified events came from a compressed member whose checksum turned out
	// wrong, or that broke off before it;
	// Repaired events held bytes that are not UTF-8, now U+FFFD.
	Unverified int64 `json:"unverified,omitempty"`
	Repaired   int64 `json:"repaired,omitempty"`

	// Forms counts the decoded events by how they were laid down, see Form.
	Forms map[string]int64 `json:"forms,omitempty"`
	// Inferred says what of the wanted events the archive does not tell.
	Inferred

	// BytesIn were read from the object, BytesPlain are its plain text, BytesOut
	// were sent to the cluster (before compression, resends included) or are in
	// Files, as stored.
	BytesIn    int64 `json:"bytesIn"`
	BytesPlain int64 `json:"bytesPlain"`
	BytesOut   int64 `json:"bytesOut"`
	// Files of events were written, under EventsFolder.
	Files int64 `json:"files,omitempty"`
	// First and Last event time of all events with a usable time.
	First *time.Time `json:"first,omitempty"`
	Last  *time.Time `json:"last,omitempty"`

	// Indices counts by index name, Hours the in-range, unfiltered events by UTC
	// hour ("2018-12-10T03").
	Indices map[string]IndexCounts `json:"indices,omitempty"`
	Hours   map[string]int64       `json:"hours,omitempty"`
	// Lag counts in-range events by how long after their time their object was
	// begun (key time minus event time), see LagBounds; empty without a key time.
	// KeyTimes are not among them.
	Lag []int64 `json:"lag,omitempty"`
	// Rejections and Malformations count by reason.
	Rejections    map[string]int64 `json:"rejections,omitempty"`
	Malformations map[string]int64 `json:"malformations,omitempty"`

	// Requests to the cluster, Retries of requests or items, and milliseconds
	// spent waiting before them. Throttled requests were answered with a 429, as a
	// whole or in part.
	Requests  int64 `json:"requests"`
	Retries   int64 `json:"retries,omitempty"`
	Throttled int64 `json:"throttled,omitempty"`
	WaitedMs  int64 `json:"waitedMs,omitempty"`
	// Ms is the time spent on the object.
	Ms int64 `json:"ms"`
}

// LagBounds are the upper bounds of the buckets of Outcome.Lag; one more bucket
// holds what lies beyond the last.
func LagBounds() []time.Duration {
	return []time.Duration{0, time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 24 * time.Hour}
}

// Add brings o forward by one call: its counts are added, and how and where the
// call ended takes the place of what stood there.
func (o *Outcome) Add(call Outcome) {
	o.End, o.Reason, o.Damage, o.Place, o.Doubt = call.End, Cut(call.Reason, maxEndReason), call.Damage, call.Place, call.Doubt
	if o.Damage != nil {
		damage := *o.Damage
		damage.Reason = Cut(damage.Reason, maxEndReason)
		o.Damage = &damage
	}
	o.Calls += call.Calls
	o.Counts.Add(call.Counts)
	o.Records += call.Records
	o.ControlRecords += call.ControlRecords
	o.Recovered += call.Recovered
	o.Unverified += call.Unverified
	o.Repaired += call.Repaired
	for form, n := range call.Forms {
		o.CountForm(form, n)
	}
	o.Inferred.Add(call.Inferred)
	o.BytesIn += call.BytesIn
	o.BytesPlain += call.BytesPlain
	o.BytesOut += call.BytesOut
	o.Files += call.Files
	o.Seen(call.First)
	o.Seen(call.Last)
	for index, c := range call.Indices {
		o.CountIndex(index, c)
	}
	for hour, n := range call.Hours {
		o.Hours = count(o.Hours, hour, n, maxHours)
	}
	for i, n := range call.Lag {
		o.CountLag(i, n)
	}
	for reason, n := range call.Rejections {
		o.Rejections = count(o.Rejections, reason, n, maxReasons)
	}
	for reason, n := range call.Malformations {
		o.Malformations = count(o.Malformations, reason, n, maxReasons)
	}
	o.Requests += call.Requests
	o.Retries += call.Retries
	o.Throttled += call.Throttled
	o.WaitedMs += call.WaitedMs
	o.Ms += call.Ms
}

// Seen widens First and Last to hold t; nil changes nothing.
func (o *Outcome) Seen(t *time.Time) {
	if t == nil {
		return
	}
	if o.First == nil || t.Before(*o.First) {
		o.First = t
	}
	if o.Last == nil || t.After(*o.Last) {
		o.Last = t
	}
}

// CountForm adds n events that were laid down in a form.
func (o *Outcome) CountForm(form string, n int64) {
	o.Forms = count(o.Forms, form, n, maxForms)
}

// CountIndex adds c to the counts of an index.
func (o *Outcome) CountIndex(index string, c IndexCounts) {
	if o.Indices == nil {
		o.Indices = map[string]IndexCounts{}
	}
	if _, ok := o.Indices[index]; !ok && !o.roomFor(index) {
		index = Other
	}
	sum := o.Indices[index]
	sum.Add(c)
	o.Indices[index] = sum
}

// roomFor tells whether another index can be counted under its name.
func (o *Outcome) roomFor(index string) bool {
	length := 0
	for _, c := range index {
		length += escapedLength(c)
	}
	n := len(o.Indices) // their names are about as long
	return n < maxIndices && (n+1)*length <= maxIndexNames
}

// HourForm is how an hour is written, in UTC.
const HourForm = "2006-01-02T15"

// HourOf is the UTC hour of t.
func HourOf(t time.Time) string { return t.UTC().Format(HourForm) }

// CountHour adds n in-range events to the UTC hour of t.
func (o *Outcome) CountHour(t time.Time, n int64) {
	o.Hours = count(o.Hours, HourOf(t), n, maxHours)
}

// CountLag adds n in-range events to a bucket of Lag: the first whose bound in
// LagBounds is not below how long after their time they arrived.
func (o *Outcome) CountLag(bucket int, n int64) {
	if o.Lag == nil {
		o.Lag = make([]int64, len(LagBounds())+1)
	}
	o.Lag[bucket] += n
}

// CountRejection adds n documents refused for reason.
func (o *Outcome) CountRejection(reason string, n int64) {
	o.Rejections = count(o.Rejections, reason, n, maxReasons)
}

// CountMalformation adds n events unusable for reason.
func (o *Outcome) CountMalformation(reason string, n int64) {
	o.Malformations = count(o.Malformations, reason, n, maxReasons)
}

// count adds n to m[key], or to m[Other] where m is full. Long keys are cut.
func count(m map[string]int64, key string, n int64, limit int) map[string]int64 {
	key = Cut(key, maxReason)
	if m == nil {
		m = map[string]int64{}
	}
	if _, ok := m[key]; !ok && len(m) >= limit {
		key = Other
	}
	m[key] += n
	return m
}
