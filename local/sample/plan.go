package sample

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// draft is an object before its bytes are made.
type draft struct {
	key      string
	modified time.Time
	begun    time.Time // as its key tells it
	format   string
	records  []record
	damage   damage
	// body is there instead of records; so are lines, in gzip unless they are to be
	// plain.
	body  []byte
	lines []line
	plain bool
	// openEnded: an event ends where the next begins, so that it takes the end of the
	// object to know that of the last.
	openEnded bool
	// skipped: known by its key to hold no records.
	skipped bool
}

// plan lays the traffic out over objects.
func plan(o Options, rng *rand.Rand) []draft {
	total := time.Duration(o.Days) * 24 * time.Hour
	step := total / time.Duration(o.Objects)
	quiet := o.Start.Add(28 * time.Hour).UTC().Truncate(time.Hour) // four in the morning of the second day
	if o.Days < 2 {
		quiet = o.Start.Add(4 * time.Hour).UTC().Truncate(time.Hour)
	}
	forms := formats()
	starts := make([]time.Time, o.Objects)
	weight := 0.0
	for i := range starts {
		starts[i] = o.Start.Add(time.Duration(i) * step).Add(time.Duration(rng.Int64N(int64(step / 10))))
		if !within(starts[i], quiet) {
			weight += shape(starts[i])
		}
	}
	var drafts []draft
	var from []source
	day := -1
	for i, start := range starts {
		if d := int(start.Sub(o.Start) / (24 * time.Hour)); d != day {
			day, from = d, sources(rng)
		}
		if within(start, quiet) {
			continue
		}
		n := int(float64(o.Events)*shape(start)/weight*(0.8+0.4*rng.Float64())) + 1
		drafts = append(drafts, draft{
			key: o.key(rng, start), begun: start.UTC().Truncate(time.Second), modified: start.Add(step + time.Duration(5+rng.IntN(60))*time.Second).Truncate(time.Second),
			format: forms[i%len(forms)], records: arrivals(rng, from, start, start.Add(step), n),
		})
	}
	oddities(rng, drafts)
	if !o.only() {
		return inForms(o, rng, drafts)
	}
	if o.Damaged {
		damageSome(drafts)
	}
	return extras(o, rng, drafts)
}

func within(t, hour time.Time) bool { return !t.Before(hour) && t.Before(hour.Add(time.Hour)) }

// key is where Firehose puts an object whose oldest record arrived at t.
func (o Options) key(rng *rand.Rand, t time.Time) string {
	t = t.UTC()
	return o.Prefix + t.Format("2006/01/02/15/") + o.Stream + "-1-" + t.Format("2006-01-02-15-04-05-") + uuid(rng)
}

// oddities are what happens to single records, spread over the whole time.
func oddities(rng *rand.Rand, drafts []draft) {
	for i := range drafts {
		records := drafts[i].records
		switch i % 29 {
		case 3: // the destination is checked now and then
			check := record{control: true, owner: "CloudwatchLogs", filter: records[0].filter, entries: []entry{{Event: Event{
				Time: records[0].entries[0].Time, ID: eventID(rng, records[0].entries[0].Time),
				Message: "CWL CONTROL MESSAGE: Checking health of destination Firehose.",
			}}}}
			records = append([]record{check}, records...)
		case 7: // delivered twice into one object
			records = append(records, records[filled(records, rng.IntN(len(records)))])
		case 11: // delivered again, later, by a second filter on the log group
			if i+1 < len(drafts) {
				again := records[filled(records, rng.IntN(len(records)))]
				again.filter += "-all"
				drafts[i+1].records = append(drafts[i+1].records, again)
			}
		case 17: // events that cannot be used
			at := filled(records, rng.IntN(len(records)))
			records = slices.Clone(records)
			records[at] = withMalformed(rng, records[at])
		case 19: // bytes that are no UTF-8
			at := filled(records, rng.IntN(len(records)))
			records = slices.Clone(records)
			records[at] = withInvalid(records[at])
		case 23: // nothing in it
			records = append([]record{{owner: owner, group: "/ecs-task", stream: "/ecs-task/" + uuid(rng), filter: "/ecs-task"}}, records...)
		}
		drafts[i].records = records
	}
	errors := &drafts[len(drafts)*2/5]
	errors.format = formatErrors
	for i := range errors.records {
		errors.records[i].wrapped = true
	}
	for i := range 3 { // as large as an event could be before 2025
		d := &drafts[len(drafts)*(i+1)/5+1]
		d.records[filled(d.records, 0)].entries[0].Message = bigLog(rng, 250_000)
	}
}

// filled is the first record from i on, and then from the start, that holds log
// events. Every object with traffic has one.
func filled(records []record, i int) int {
	for range records {
		if r := records[i]; !r.control && len(r.entries) > 0 {
			return i
		}
		i = (i + 1) % len(records)
	}
	return i
}

// withMalformed adds to the record, behind its first event, one of each kind
// that cannot be used.
func withMalformed(rng *rand.Rand, r record) record {
	id := eventID(rng, r.entries[0].Time)
	entries := []entry{r.entries[0]}
	for _, json := range []string{
		`{"timestamp":1544414264183,"message":"no id"}`,
		`{"id":"` + id + `","timestamp":"2018-12-10T12:57:44Z","message":"time as text"}`,
		`{"id":"` + id + `","timestamp":1544414264183.5,"message":"part of a millisecond"}`,
		`{"id":"` + id + `","timestamp":1544414264183}`,
		`{"id":"` + id + `","timestamp":1544414264183,"message":{"level":"info"}}`,
	} {
		entries = append(entries, entry{json: json, malformed: true})
	}
	r.entries = append(entries, r.entries[1:]...)
	return r
}

// withInvalid gives the record's first event a message with bytes that are not
// UTF-8, each of which is to become U+FFFD.
func withInvalid(r record) record {
	r.entries = slices.Clone(r.entries)
	e := r.entries[0]
	e.json = fmt.Sprintf(`{"id":"%s","timestamp":%d,"message":"%s"}`, e.ID, e.Time.UnixMilli(), "caf\xe9 \\\"latin\\\" \xc0\xaf\xff")
	e.Message = "caf\ufffd \"latin\" \ufffd\ufffd\ufffd"
	e.repaired = true
	r.entries[0] = e
	return r
}

// extras adds objects that hold no traffic.
func extras(o Options, rng *rand.Rand, drafts []draft) []draft {
	folder := func(d draft) string { return d.key[:len(o.Prefix)+len("2006/01/02/15/")] }
	all := make([]draft, 0, len(drafts)+4)
	for i, d := range drafts {
		all = append(all, d)
		after := d.modified
		switch {
		case i == len(drafts)/4:
			all = append(all, draft{key: o.key(rng, after), modified: after, format: "empty", body: []byte{}})
		case i == len(drafts)/3:
			all = append(all, draft{key: folder(d) + "aws-logs-write-test", modified: after, format: "permission check", body: []byte("Permission Check Successful"), skipped: true})
		case i == len(drafts)*2/3 && o.Damaged:
			all = append(all, draft{key: o.key(rng, after), modified: after, format: "HTML page", body: []byte(page), damage: damageForeign})
		case i == len(drafts)*3/4 && o.Damaged:
			all = append(all, draft{key: o.key(rng, after), modified: after, format: "Parquet", body: parquet(), damage: damageForeign})
		}
	}
	return all
}
