package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rehydrate/rehydrate/local/store"
)

// histogramRows is the most rows that a histogram has.
const histogramRows = 48

// histogram prints how many events a query finds over time, a bar for each part
// of it, the empty ones between them too.
func (l logs) histogram(ctx context.Context, s *store.Store, q store.Query, stdout io.Writer, out *bufio.Writer) (found bool, err error) {
	from, to, err := s.Range(ctx)
	if err != nil {
		return false, err
	}
	if !q.From.IsZero() && q.From.After(from) {
		from = q.From
	}
	if !q.To.IsZero() && q.To.Before(to) {
		to = q.To
	}
	step := stepFor(to.Sub(from))
	parts, err := s.Histogram(ctx, q, step)
	if err != nil || len(parts) == 0 {
		return false, err
	}
	var most int64
	counts := map[int64]int64{}
	for _, p := range parts {
		counts[p.From.Truncate(step).Unix()] = p.Events
		most = max(most, p.Events)
	}
	const label = 36 // time, number and what stands between
	bar := max(width(stdout), 80) - label
	last := parts[len(parts)-1].From
	for t := parts[0].From.Truncate(step); !t.After(last); t = t.Add(step) {
		n := counts[t.Unix()]
		if n > 0 {
			found = true
		}
		row := fmt.Sprintf("%s %9d %s", t.In(l.settings.Zone).Format("2006-01-02T15:04:05Z07:00"), n, strings.Repeat("█", int((n*int64(bar)+most-1)/most)))
		fmt.Fprintln(out, strings.TrimRight(row, " "))
	}
	return found, nil
}

// stepFor is a length of time that people count in, of which a range has at most
// histogramRows.
func stepFor(length time.Duration) time.Duration {
	const day = 24 * time.Hour
	for _, step := range []time.Duration{
		time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 7 * day,
	} {
		if length/step < histogramRows {
			return step
		}
	}
	return 30 * day
}
