package report

import (
	"fmt"

	"github.com/rehydrate/rehydrate/internal/run"
)

// contradictions collects numbers, each counted on its own, that are not what
// others say of them.
type contradictions []string

func (c *contradictions) same(a int64, what string, b int64, of string) {
	if a != b {
		*c = append(*c, fmt.Sprintf("%d %s, but %d %s", a, what, b, of))
	}
}

// counts compares the counts of events with one another and with those by index.
func (c *contradictions) counts(n run.Counts, days map[string]run.IndexCounts) (documents int64) {
	if err := n.Check(); err != nil {
		*c = append(*c, err.Error())
	}
	var sum run.IndexCounts
	for index, d := range days {
		c.same(d.Documents, "documents were meant for "+index, d.Rejected+d.Created+d.AlreadyThere, "are accounted for")
		sum.Add(d)
	}
	documents = n.Wanted()
	c.same(n.Rejected, "documents were rejected", sum.Rejected, "by index")
	c.same(n.Created, "documents were created", sum.Created, "by index")
	c.same(n.AlreadyThere, "documents were already there", sum.AlreadyThere, "by index")
	c.same(documents-n.Written, "documents are accounted for", sum.Documents, "by index")
	return documents
}

// checkOutcome tells where the counters of one object contradict one another.
func checkOutcome(o run.Outcome) []string {
	var c contradictions
	documents := c.counts(o.Counts, o.Indices)
	c.same(documents, "documents are accounted for", total(o.Hours), "by hour")
	c.same(o.Rejected, "documents were rejected", total(o.Rejections), "by reason")
	c.same(o.Malformed, "events are malformed", total(o.Malformations), "by reason")
	if len(o.Forms) > 0 {
		c.same(o.Decoded, "events were decoded", total(o.Forms), "by form")
	}
	if len(o.Lag) > 0 {
		lag := o.KeyTimes // their lag is unknown
		for _, n := range o.Lag {
			lag += n
		}
		c.same(documents, "documents are accounted for", lag, "by lag")
		c.same(int64(len(o.Lag)), "buckets of lag were counted", int64(len(run.LagBounds())+1), "are known")
	}
	return c
}

func total(m map[string]int64) int64 {
	var sum int64
	for _, n := range m {
		sum += n
	}
	return sum
}

// audit tells where the numbers of the report as it will be read contradict one
// another.
func (r *Report) audit() []string {
	var c contradictions
	days := map[string]run.IndexCounts{}
	for _, d := range r.Days {
		days[d.Index] = d.IndexCounts
	}
	documents := c.counts(r.Events, days)

	var classes, grouped, rejected, malformed int64
	for _, n := range r.Objects.Classes {
		classes += n
	}
	for _, g := range r.Errors {
		grouped += g.Objects
		c.same(g.Objects, "objects in a group of errors", int64(len(g.Places))+g.LeftOut, "are named or left out")
	}
	for _, g := range r.Rejections {
		rejected += g.Events
	}
	for _, g := range r.Malformations {
		malformed += g.Events
	}
	hours := r.HoursLeftOut
	for _, h := range r.Hours {
		hours.Objects += h.Objects
		hours.Problems += h.Problems
		hours.Events += h.Events
	}
	lag := r.LagUnknown
	for _, l := range r.Lag {
		lag += l.Events
	}

	c.same(r.Plan.Objects, "objects were planned", r.Objects.Listed, "are in the manifest")
	c.same(r.Plan.Bytes, "bytes were planned", r.Objects.Bytes, "are in the manifest")
	c.same(r.Objects.Listed, "objects are in the manifest", classes, "are in a class")
	c.same(r.Objects.Listed, "objects are in the manifest", hours.Objects+r.Objects.Timeless, "by hour or without a time")
	c.same(r.Objects.Listed-r.Objects.Classes[run.Indexed], "objects did not end indexed", grouped, "are named with a reason")
	c.same(r.Problems.Objects-r.Problems.Earlier, "objects are in the files of problems", grouped, "are named with a reason")
	if r.Objects.Timeless == 0 {
		c.same(grouped, "objects did not end indexed", hours.Problems, "by hour")
	}
	c.same(documents, "documents are accounted for", hours.Events, "by hour")
	c.same(documents, "documents are accounted for", lag, "by lag")
	c.same(r.Events.Rejected, "documents were rejected", rejected, "by reason")
	c.same(r.Events.Malformed, "events are malformed", malformed, "by reason")
	return c
}
