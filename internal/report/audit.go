package report

import (
	"fmt"

	"github.com/rehydrate/rehydrate/internal/run"
)

// checkOutcome tells where the counters of one object, each counted on its own,
// contradict one another.
func checkOutcome(o run.Outcome) []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if err := o.Check(); err != nil {
		fault("%v", err)
	}
	var days run.IndexCounts
	for index, c := range o.Indices {
		if c.Documents != c.Rejected+c.Created+c.AlreadyThere {
			fault("%d documents were meant for %s, but %d are accounted for", c.Documents, index, c.Rejected+c.Created+c.AlreadyThere)
		}
		days.Add(c)
	}
	documents := o.Rejected + o.Created + o.AlreadyThere
	for _, sum := range []struct {
		what            string
		counted, inSums int64
	}{
		{"rejected documents", o.Rejected, days.Rejected},
		{"created documents", o.Created, days.Created},
		{"documents that were already there", o.AlreadyThere, days.AlreadyThere},
	} {
		if sum.counted != sum.inSums {
			fault("%d %s were counted, but %d by index", sum.counted, sum.what, sum.inSums)
		}
	}
	for _, sum := range []struct {
		what           string
		counted, parts int64
	}{
		{"documents, but their hours hold", documents, total(o.Hours)},
		{"rejected documents, but their reasons hold", o.Rejected, total(o.Rejections)},
		{"malformed events, but their reasons hold", o.Malformed, total(o.Malformations)},
	} {
		if sum.counted != sum.parts {
			fault("there are %d %s %d", sum.counted, sum.what, sum.parts)
		}
	}
	if len(o.Lag) > 0 {
		var lag int64
		for _, n := range o.Lag {
			lag += n
		}
		if lag != documents || len(o.Lag) != len(run.LagBounds())+1 {
			fault("there are %d documents, but the histogram of their lag holds %d in %d buckets", documents, lag, len(o.Lag))
		}
	}
	return faults
}

func total(m map[string]int64) int64 {
	var sum int64
	for _, n := range m {
		sum += n
	}
	return sum
}

// audit tells where the numbers of the report as it will be read contradict one
// another. Each was summed on its own.
func (r *Report) audit() []string {
	var faults []string
	same := func(a int64, what string, b int64, of string) {
		if a != b {
			faults = append(faults, fmt.Sprintf("%d %s, but %d %s", a, what, b, of))
		}
	}
	if err := r.Events.Check(); err != nil {
		faults = append(faults, err.Error())
	}
	documents := r.Events.Rejected + r.Events.Created + r.Events.AlreadyThere

	var classes, grouped int64
	for _, n := range r.Objects.Classes {
		classes += n
	}
	for _, g := range r.Errors {
		grouped += g.Objects
		same(g.Objects, "objects in a group of errors", int64(len(g.Places))+g.LeftOut, "are named or left out")
	}
	same(r.Plan.Objects, "objects were planned", r.Objects.Listed, "are in the manifest")
	same(r.Plan.Bytes, "bytes were planned", r.Objects.Bytes, "are in the manifest")
	same(r.Objects.Listed, "objects are in the manifest", classes, "are in a class")
	same(r.Objects.Listed-r.Objects.Classes[run.Indexed], "objects did not end indexed", grouped, "are named with a reason")

	var days run.IndexCounts
	for _, d := range r.Days {
		days.Add(d.IndexCounts)
		same(d.Documents, "documents were meant for "+d.Index, d.Rejected+d.Created+d.AlreadyThere, "are accounted for")
	}
	same(r.Events.Rejected, "documents were rejected", days.Rejected, "by day")
	same(r.Events.Created, "documents were created", days.Created, "by day")
	same(r.Events.AlreadyThere, "documents were already there", days.AlreadyThere, "by day")
	same(documents, "documents are accounted for", days.Documents, "by day")

	hours := r.HoursLeftOut
	for _, h := range r.Hours {
		hours.Objects += h.Objects
		hours.Problems += h.Problems
		hours.Events += h.Events
	}
	same(documents, "documents are accounted for", hours.Events, "by hour")
	same(r.Problems.Objects-r.Problems.Earlier, "objects are in the files of problems", grouped, "are named with a reason")
	if r.Objects.Timeless == 0 {
		same(grouped, "objects did not end indexed", hours.Problems, "by hour")
	}
	same(r.Objects.Listed, "objects are in the manifest", hours.Objects+r.Objects.Timeless, "by hour or without a time")

	var rejected, malformed int64
	for _, g := range r.Rejections {
		rejected += g.Events
	}
	for _, g := range r.Malformations {
		malformed += g.Events
	}
	same(r.Events.Rejected, "documents were rejected", rejected, "by reason")
	same(r.Events.Malformed, "events are malformed", malformed, "by reason")

	lag := r.LagUnknown
	for _, l := range r.Lag {
		lag += l.Events
	}
	same(documents, "documents are accounted for", lag, "by lag")
	return faults
}
