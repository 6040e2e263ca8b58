package report

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// askCluster makes the days: what was counted for each index, beside what the
// cluster held before and holds now. A cluster that does not answer makes its
// counts unknown, and is no reason to end without a report.
func (b *builder) askCluster(ctx context.Context) error {
	r := b.report
	before := map[string]*int64{}
	if r.Cluster != nil {
		for _, c := range r.Cluster.Indices {
			before[c.Index] = c.Documents
		}
	}
	names := map[string]bool{}
	for index := range before {
		names[index] = true
	}
	for index := range b.tally.days {
		names[index] = true
	}
	indices := slices.Sorted(maps.Keys(names))
	now := b.countNow(ctx, indices)
	if err := ctx.Err(); err != nil {
		return err
	}
	r.Days = make([]Day, 0, len(indices))
	for _, index := range indices {
		d := Day{
			Index: index, Date: dateOf(index), IndexCounts: b.tally.days[index],
			Before: before[index], Now: now[index], Answer: Unknown,
		}
		d.bound(b.tally.days[run.Other], b.tally.UnknownAfter > 0)
		r.Days = append(r.Days, d)
	}
	return nil
}

func (b *builder) countNow(ctx context.Context, indices []string) map[string]*int64 {
	now := map[string]*int64{}
	asked := slices.DeleteFunc(slices.Clone(indices), func(index string) bool { return index == run.Other })
	if b.in.Counter == nil || len(asked) == 0 {
		return now
	}
	counts, err := b.in.Counter.Count(ctx, asked, b.report.Plan.From, b.report.Plan.To)
	if err != nil {
		b.find("The cluster did not tell what it holds now, or not of every index, so that there only this run's own counts are known: %v.", err)
	}
	for _, c := range counts {
		now[c.Index] = c.Documents
	}
	return now
}

// dateOf is the day at the end of an index name, or empty.
func dateOf(index string) string {
	if len(index) < len(time.DateOnly) {
		return ""
	}
	day := index[len(index)-len(time.DateOnly):]
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return ""
	}
	return day
}

// bound works out the bounds of Now, and where it lies. Documents whose index
// was not kept apart (other) may be in any; with objects of unknown end, more
// may have been created than was counted.
func (d *Day) bound(other run.IndexCounts, unknownAfter bool) {
	if d.Before == nil || d.Index == run.Other {
		return
	}
	least := *d.Before + d.Created
	most := least + d.AlreadyThere + other.Created + other.AlreadyThere
	d.Least = &least
	if !unknownAfter {
		d.Most = &most
	}
	switch {
	case d.Now == nil:
	case *d.Now < least:
		d.Answer = Fewer
	case d.Most != nil && *d.Now > most:
		d.Answer = More
	default:
		d.Answer = AsExpected
	}
}

// findDays tells which indices answered otherwise than expected. Fewer documents
// are grave: what was created may be lost. More are another writer's.
func (b *builder) findDays() {
	answers := map[string][]string{}
	for _, d := range b.report.Days {
		answers[d.Answer] = append(answers[d.Answer], d.text())
	}
	name := func(days []string) string {
		f := fault{n: int64(len(days)), first: days[:min(len(days), maxNamed)]}
		return f.String()
	}
	if days := answers[Fewer]; len(days) > 0 {
		b.findGrave(lost, "The cluster holds fewer documents than there were before and were created by this run together: "+
			"documents were deleted meanwhile, or were lost after they had been acknowledged. %s. "+
			"Run over the same range once more: what is missing is created again.", name(days))
	}
	if days := answers[More]; len(days) > 0 {
		b.find("The cluster holds more documents than there were before and this run accounts for: "+
			"another writer was at work. %s.", name(days))
	}
	if days := answers[Unknown]; len(days) > 0 {
		b.find("What the cluster holds could not be compared for %s: a count before or after is unknown.",
			plural2(int64(len(days)), "index", "indices"))
	}
}

func (d *Day) text() string {
	if d.Now == nil || d.Least == nil {
		return d.Index
	}
	return d.Index + " holds " + number(*d.Now) + ", expected were " + d.Expected()
}
