package report

import (
	"fmt"
	"math"
	"time"
)

// chart is the picture of a run: a bar for each hour or more. Its unit is the
// width of a bar across and a hundredth of the height down; the page scales
// both, so that nothing in it depends on the width of a screen.
type chart struct {
	Bars    []bar
	Gaps    []band
	Margins []band
	Ticks   []tick
	// MostEvents and MostObjects are the ends of the two scales.
	MostEvents  int64
	MostObjects int64
	// Unit is the time of a bar, "hour".
	Unit string
}

// bar is an hour or more: events upwards, objects downwards, and between the
// two a mark where objects are not wholly indexed.
type bar struct {
	Hour
	Label string
	X     int
	// Y and height of events, height of objects, of the scale's hundred.
	EventsY, EventsHeight, ObjectsHeight, ProblemsHeight float64
}

// band is a part of the chart that is shown behind the bars.
type band struct {
	X, Width float64
	Label    string
}

// tick is a label below the chart, Left percent from its left side. Minor ones
// are left out on a narrow screen.
type tick struct {
	Left  float64
	Label string
	Minor bool
}

// The lanes of the chart: events stand on their floor, objects hang from their
// top, and above and below is room for the ends of the scales.
const (
	eventsFloor  = 68.0
	eventsFull   = 58.0
	objectsFull  = 15.0
	mostBars     = 240
	mostTicks    = 12
	leastVisible = 1.5
)

func newChart(r *Report) chart {
	var c chart
	hours := r.Hours
	if len(hours) == 0 {
		return c
	}
	step := 1
	for _, s := range []int{1, 3, 6, 24, 48, 7 * 24, 28 * 24} {
		if step = s; len(hours)/s <= mostBars {
			break
		}
	}
	c.Unit = unit(step)
	at := make([]float64, len(hours)+1) // of each hour, in bars
	for i, day, last := 0, 0, -1; i < len(hours); i++ {
		if i > 0 && hours[i].Start.Day() != hours[i-1].Start.Day() {
			day++
		}
		slot := (day*24 + hours[i].Start.Hour()) / step
		if slot != last {
			last = slot
			c.Bars = append(c.Bars, bar{Hour: Hour{Start: hours[i].Start}, X: len(c.Bars)})
		}
		b := &c.Bars[len(c.Bars)-1]
		b.Objects += hours[i].Objects
		b.Problems += hours[i].Problems
		b.Events += hours[i].Events
		at[i] = float64(len(c.Bars)-1) + float64((day*24+hours[i].Start.Hour())%step)/float64(step)
	}
	at[len(hours)] = float64(len(c.Bars))
	c.scale(step)
	place := func(t time.Time) float64 {
		i := int(t.Sub(hours[0].Start) / time.Hour)
		return at[min(max(i, 0), len(hours))]
	}
	for _, g := range r.Gaps {
		x := place(g.From)
		c.Gaps = append(c.Gaps, band{x, place(g.To) - x, "No object arrived from " + stamp(g.From) + " to " + stamp(g.To)})
	}
	from, to := place(r.Plan.From), place(r.Plan.To)
	if from > 0 {
		c.Margins = append(c.Margins, band{0, from, "Margin before the range"})
	}
	if end := float64(len(c.Bars)); to < end {
		c.Margins = append(c.Margins, band{to, end - to, "Margin after the range"})
	}
	c.tick(step)
	return c
}

// scale gives the bars their heights.
func (c *chart) scale(step int) {
	for _, b := range c.Bars {
		c.MostEvents = max(c.MostEvents, b.Events)
		c.MostObjects = max(c.MostObjects, b.Objects)
	}
	c.MostEvents, c.MostObjects = round(c.MostEvents), round(c.MostObjects)
	for i := range c.Bars {
		b := &c.Bars[i]
		b.EventsHeight = height(b.Events, c.MostEvents, eventsFull)
		b.EventsY = eventsFloor - b.EventsHeight
		b.ObjectsHeight = height(b.Objects, c.MostObjects, objectsFull)
		b.ProblemsHeight = min(height(b.Problems, c.MostObjects, objectsFull), b.ObjectsHeight)
		b.Label = fmt.Sprintf("%s: %s, %s", span(b.Start, step), plural(b.Events, "event"), plural(b.Objects, "object"))
		if b.Problems > 0 {
			b.Label += fmt.Sprintf(", %s not wholly indexed", number(b.Problems))
		}
	}
}

// height is that of n on a scale; what is there at all can be seen.
func height(n, most int64, full float64) float64 {
	if n <= 0 || most <= 0 {
		return 0
	}
	return math.Round(max(leastVisible, full*float64(n)/float64(most))*100) / 100
}

// round is the next number that reads well at the end of a scale.
func round(n int64) int64 {
	for decade := int64(1); decade < math.MaxInt64/10; decade *= 10 {
		for _, m := range []int64{1, 2, 3, 4, 5, 6, 8} {
			if n <= m*decade {
				return m * decade
			}
		}
	}
	return n
}

// tick labels days, or every few bars where a bar is a day or more.
func (c *chart) tick(step int) {
	var starts []int
	for i, b := range c.Bars {
		if step >= 24 || i > 0 && b.Start.Day() != c.Bars[i-1].Start.Day() {
			starts = append(starts, i)
		}
	}
	form := "Jan 2"
	every := max(1, (len(starts)+mostTicks-1)/mostTicks)
	for n, i := range starts {
		// A label close to the right side would stand beyond it.
		if n%every == 0 && 100*i < 93*len(c.Bars) {
			c.Ticks = append(c.Ticks, tick{
				Left: 100 * float64(i) / float64(len(c.Bars)), Label: c.Bars[i].Start.Format(form),
				Minor: len(starts)/every > 4 && n/every%3 != 0,
			})
		}
	}
}

// unit is a bar's time in words.
func unit(step int) string {
	switch {
	case step == 1:
		return "hour"
	case step < 24:
		return fmt.Sprintf("%d hours", step)
	case step == 24:
		return "day"
	}
	return fmt.Sprintf("%d days", step/24)
}

// span is a bar's time.
func span(start time.Time, step int) string {
	switch {
	case step < 24:
		return start.Format("Mon 2006-01-02 15:04") + "–" + start.Add(time.Duration(step)*time.Hour).Format("15:04")
	case step == 24:
		return start.Format("Mon 2006-01-02")
	}
	return start.Format("2006-01-02") + ", " + unit(step)
}

func stamp(t time.Time) string { return t.Format("2006-01-02 15:04") }
