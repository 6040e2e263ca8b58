package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Prepare makes the cluster ready for a run: it finds out what it is, that it may
// be written to and what the indices of the plan's range hold, and puts the index
// template where it is missing, and one for the indices that the run will make
// where these are loaded with other replicas. Beside these templates nothing is
// changed but what an earlier run that did so has left behind. Where a plan is all that
// is wanted, nothing is changed at all.
//
// Its errors are faults: each thing that can be wrong with a cluster has a
// sentence of its own and one that says what to do.
func (c *Cluster) Prepare(ctx context.Context, s run.Settings, p run.Plan) (run.Prepared, error) {
	i, err := c.info(ctx)
	if err != nil {
		return run.Prepared{}, err
	}
	stack := s
	s = s.In(p.View)
	indices := days(s.IndexPrefix, s.Zone, p.From, p.To)
	limits, warnings, err := c.limits(ctx)
	if err != nil {
		return run.Prepared{}, err
	}
	if i.product == elasticsearch && (s.Search.Auth == "basic" || s.Search.Auth == "apikey") {
		if err := c.privileges(ctx, indices[0], s.LoadReplicas >= 0 || p.View != ""); err != nil {
			return run.Prepared{}, err
		}
	}
	there, denied, err := c.settings(ctx, indices)
	if err != nil {
		return run.Prepared{}, err
	}
	unfit, err := checkIndices(there, s)
	if err != nil {
		return run.Prepared{}, err
	}
	before, err := c.countBefore(ctx, indices, p.From, p.To, s.IDs)
	if err != nil {
		return run.Prepared{}, err
	}
	if there != nil && len(there) == 0 && len(before.missing) < len(indices) {
		return run.Prepared{}, &run.Fault{
			Name: run.Unavailable, Reason: "the cluster said that none of " + several(indices) + " is there, and then counted documents in one",
			Remedy: "look for a proxy in between, and at the cluster's health",
		}
	}
	templates, err := c.templates(ctx, s.IndexPrefix)
	if err != nil {
		return run.Prepared{}, err
	}
	if err := limits.check(before.missing, templates); err != nil {
		return run.Prepared{}, err
	}
	loan, err := c.loan(ctx, stack, p, there, templates, indices)
	if err != nil {
		return run.Prepared{}, err
	}
	room, tight, err := c.room(ctx, s, p, limits.capacity, templates, before)
	if err != nil {
		return run.Prepared{}, err
	}
	prepared := run.Prepared{Product: i.product, Version: i.version, Indices: before.counts, Room: room}
	use := templates.of(indices)
	if loan != nil {
		templates.ours, use = loan.template(), ofView(indices)
	}
	if !p.PlanOnly {
		if prepared.Installed, err = c.install(ctx, lent(definitions(s, i.product), loan), templates, &use); err != nil {
			return run.Prepared{}, err
		}
		if err := c.lendable(ctx, loan, use); err != nil {
			return run.Prepared{}, err
		}
	}
	prepared.Template = strings.Join(sortedKeys(use.applies), ",")
	lacking, err := c.checkTemplates(ctx, s, templates, use)
	if err != nil {
		return run.Prepared{}, err
	}
	var loading []string
	if !p.PlanOnly {
		if loading, err = c.beginLoading(ctx, s, p.Run, there, before.missing, templates, use); err != nil {
			return run.Prepared{}, err
		}
	}
	prepared.Warnings = slices.Concat([]string{}, warnings, tight, before.warnings, denied, unfit, onceExact(there, s, use.known), lacking, loading)
	return prepared, nil
}

// days are the names of the indices that events with from ≤ time < to go into,
// in order. There is at least one.
func days(prefix string, zone *time.Location, from, to time.Time) []string {
	var names []string
	for y, m, d := run.DayOf(from.In(zone)); ; d++ {
		names = append(names, prefix+time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Format("-2006-01-02"))
		if !run.StartOfDay(y, m, d+1, zone).Before(to) {
			return names
		}
	}
}

const (
	// sampleSize is how many ids are looked at at each end of an index.
	sampleSize = 50
	// Event ids of CloudWatch Logs are decimal numbers of about 56 digits.
	leastDigits = 40
	mostDigits  = 80
)

// before is what indices hold before a run.
type before struct {
	counts   []run.IndexCount
	missing  []string
	warnings []string
}

// countBefore counts the documents of a range, and takes a sample of their ids:
// the first and last as they lie in the index. An index that refuses is a fault.
func (c *Cluster) countBefore(ctx context.Context, indices []string, from, to time.Time, kind string) (before, error) {
	// What was indexed a moment ago by another run is to count as before.
	for some := range chunkByPath(indices) {
		if err := c.refresh(ctx, some); err != nil {
			return before{}, err
		}
	}
	var searches []search
	for _, index := range indices {
		s := search{index: index, from: from, to: to, ids: sampleSize}
		searches = append(searches, s)
		s.last = true
		searches = append(searches, s)
	}
	answers, err := c.search(ctx, searches)
	if err != nil {
		return before{}, err
	}
	var b before
	var unknown, foreign, given []string
	example := ""
	for i, index := range indices {
		first, last := answers[2*i], answers[2*i+1]
		if refused := cmp.Or(first.refused, last.refused); refused != nil {
			return before{}, refused
		}
		b.counts = append(b.counts, run.IndexCount{Index: index, Documents: first.documents})
		if first.missing {
			b.missing = append(b.missing, index)
		}
		if first.documents == nil {
			unknown = append(unknown, index)
		}
		ids := slices.Concat(first.ids, last.ids)
		if at := slices.IndexFunc(ids, isForeign); at >= 0 {
			foreign = append(foreign, index)
			example = ids[at]
		}
		if kind == run.DerivedIDs && slices.ContainsFunc(ids, isGiven) {
			given = append(given, index)
		}
	}
	if len(unknown) > 0 {
		b.warnings = append(b.warnings, "what "+several(unknown)+" held before is not known, because a shard failed or took too long: the cluster's own count cannot be checked there")
	}
	if len(foreign) > 0 {
		b.warnings = append(b.warnings, fmt.Sprintf("another loader has put documents into %s (such as %q, which is no event id): events that it loaded will be there twice", several(foreign), example))
	}
	if len(given) > 0 {
		b.warnings = append(b.warnings, several(given)+" holds documents with the archive's own ids, and the setting ids is derived: the same events will be there twice")
	}
	return b, nil
}

// isForeign tells whether an id is neither the archive's own nor derived.
func isForeign(id string) bool { return !isGiven(id) && !strings.HasPrefix(id, run.DerivedIDPrefix) }

// isGiven tells whether an id is one of CloudWatch Logs' own.
func isGiven(id string) bool {
	return len(id) >= leastDigits && len(id) <= mostDigits && strings.Trim(id, "0123456789") == ""
}

// checkTemplates simulates an index of each kind that was found and says what the
// templates behind it lack. Ours lacks nothing.
func (c *Cluster) checkTemplates(ctx context.Context, s run.Settings, t templates, u use) ([]string, error) {
	var warnings []string
	check := func(what string, made indexConfig) error {
		lacks, err := made.check(what, s)
		for _, l := range lacks {
			warnings = append(warnings, what+" "+l)
		}
		return err
	}
	for _, name := range sortedKeys(u.applies) {
		if index, ok := u.streams[name]; ok {
			return nil, &run.Fault{
				Name:   run.UnusableCluster,
				Reason: fmt.Sprintf("the index template %s is in conflict: it makes a data stream of %s, in whose changing indices an event could be stored twice", name, index),
				Remedy: "choose an index prefix that it does not match, or give another template without data_stream a higher priority",
			}
		}
		if name == t.ours && u.known != nil {
			continue
		}
		made, err := c.simulate(ctx, u.applies[name])
		var f *run.Fault
		if errors.As(err, &f) && f.Name == run.Denied {
			warnings = append(warnings, fmt.Sprintf("what the index template %s lacks is not known: %s", name, f.Reason))
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := check("the index template "+name, made); err != nil {
			return nil, err
		}
	}
	if u.legacy != "" {
		names, made := t.legacyFor(u.legacy)
		if err := check("the legacy index template "+names, made); err != nil {
			return nil, err
		}
	}
	if u.bare != "" && !u.wanted {
		warnings = append(warnings, fmt.Sprintf("no index template applies to %s: ours would take the place of legacy ones elsewhere in the range", u.bare))
	}
	return warnings, nil
}

// simulate asks what index would be made of.
func (c *Cluster) simulate(ctx context.Context, index string) (indexConfig, error) {
	var s struct{ Template *indexConfig }
	err := c.ask(ctx, esapi.IndicesSimulateIndexTemplateRequest{Name: escape(index)}, "simulate the index "+index, &s,
		func() bool { return s.Template != nil })
	if err != nil {
		return indexConfig{}, err
	}
	return *s.Template, nil
}
