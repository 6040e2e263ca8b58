package cluster

import (
	"context"
	"slices"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Prepare makes the cluster ready for a run: it finds out what it is, that it may
// be written to and what the indices of the plan's range hold, and puts the index
// template where it is missing. Nothing but that template is changed.
//
// Its errors are faults: each thing that can be wrong with a cluster has a
// sentence of its own and one that says what to do.
func (c *Cluster) Prepare(ctx context.Context, s run.Settings, p run.Plan) (run.Prepared, error) {
	info, err := c.Info(ctx)
	if err != nil {
		return run.Prepared{}, err
	}
	indices := days(s.IndexPrefix, s.Zone, p.From, p.To)
	limits, warning, err := c.limits(ctx)
	if err != nil {
		return run.Prepared{}, err
	}
	warnings := []string{}
	if warning != "" {
		warnings = append(warnings, warning)
	}
	if info.Product == Elasticsearch && (s.Search.Auth == "basic" || s.Search.Auth == "apikey") {
		if err := c.privileges(ctx, indices[0]); err != nil {
			return run.Prepared{}, err
		}
	}
	lacking, err := c.inspect(ctx, s, indices)
	if err != nil {
		return run.Prepared{}, err
	}
	// What was indexed a moment ago by another run is to count as before.
	if err := c.Refresh(ctx, indices); err != nil {
		return run.Prepared{}, err
	}
	held, err := c.look(ctx, indices, p.From, p.To)
	if err != nil {
		return run.Prepared{}, err
	}
	templates, err := c.templates(ctx, s)
	if err != nil {
		return run.Prepared{}, err
	}
	if err := limits.check(held.missing, templates); err != nil {
		return run.Prepared{}, err
	}
	t, err := c.ensure(ctx, s, templates, indices)
	if err != nil {
		return run.Prepared{}, err
	}
	return run.Prepared{
		Product: info.Product, Version: info.Version,
		Template: t.Name, Installed: t.Installed,
		Indices:  held.counts,
		Warnings: slices.Concat(warnings, held.warnings, lacking, t.Warnings),
	}, nil
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
