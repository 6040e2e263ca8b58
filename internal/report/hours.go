package report

import (
	"slices"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// setHours lists the hours from the first to the last that the run looked at,
// the gaps in them, the lag, and what the edges of the margin held.
func (t *tally) setHours(r *Report) {
	r.Hours = make([]Hour, 0, max(0, t.last-t.first+1))
	for at := t.first; at <= t.last; at++ {
		h := Hour{Start: t.start(at)}
		if seen := t.hours[at]; seen != nil {
			h.Objects, h.Problems, h.Events = seen.Objects, seen.Problems, seen.Events
		}
		r.Hours = append(r.Hours, h)
	}
	r.HoursLeftOut = t.outside
	arrived := map[string]int64{}
	for _, h := range r.Hours {
		arrived[h.Start.Format(time.DateOnly)] += h.Objects
	}
	for i := range r.Days {
		r.Days[i].Objects = arrived[r.Days[i].Date] + t.loose[r.Days[i].Index]
	}
	r.Gaps = gaps(r.Hours, t.plan.From, t.plan.To)

	r.Lag = make([]LagBucket, len(t.lag))
	bounds := run.LagBounds()
	for i, n := range t.lag {
		r.Lag[i].Events = n
		if i < len(bounds) {
			r.Lag[i].UpTo = bounds[i].String()
		}
	}
	r.LagUnknown = t.lagUnknown
	r.Edge = t.edge()
}

// gaps finds the hours in a row of the range without any object, where the
// range is otherwise busy: where objects usually follow one another within the
// hour, which is when more than half of the hours with objects are followed by
// another such hour.
func gaps(hours []Hour, from, to time.Time) []Gap {
	found := []Gap{}
	busy, followed := 0, 0
	for i, h := range hours {
		if h.Objects > 0 {
			busy++
			if i+1 < len(hours) && hours[i+1].Objects > 0 {
				followed++
			}
		}
	}
	if busy < 2 || followed*2 < busy {
		return found
	}
	open := false
	for _, h := range hours {
		end := h.Start.Add(time.Hour)
		inRange := h.Start.Before(to) && end.After(from)
		switch {
		case h.Objects > 0 || !inRange:
			open = false
		case open:
			found[len(found)-1].To = end
			found[len(found)-1].Hours++
		default:
			open = true
			found = append(found, Gap{From: h.Start, To: end, Hours: 1})
		}
	}
	return slices.Clip(found)
}

// edge tells what to try where the outermost hours held events of the range. A
// retry looks at some objects only and cannot tell.
func (t *tally) edge() *Edge {
	if t.plan.Retry != "" || t.before == 0 && t.after == 0 {
		return nil
	}
	e := &Edge{Before: t.before, After: t.after}
	if t.before > 0 {
		e.TryBefore = wider(t.plan.MarginBefore)
	}
	if t.after > 0 {
		e.Open = t.plan.To.Add(time.Duration(t.plan.MarginAfter)).After(t.plan.Started)
		if !e.Open {
			e.TryAfter = wider(t.plan.MarginAfter)
		}
	}
	return e
}

// wider is twice the margin, in whole hours and at least the default; empty
// where the margin is the widest already.
func wider(margin run.Duration) string {
	m := time.Duration(margin)
	if m >= run.MaxMargin {
		return ""
	}
	m = min(max(2*m.Round(time.Hour), time.Duration(run.DefaultMargin)), run.MaxMargin)
	return hoursText(m)
}

// hoursText writes a duration as a request would have it, "6h".
func hoursText(d time.Duration) string {
	if d%time.Hour != 0 {
		return d.String()
	}
	return number(int64(d/time.Hour)) + "h"
}
