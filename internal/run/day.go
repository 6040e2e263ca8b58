package run

import "time"

// StartOfDay is when a date begins in zone: the first instant whose local date
// is that or a later one. A midnight that the clocks skip is an hour later, say,
// and a date that they skip begins, and ends, where the next one does. As in
// time.Date, day may lie outside of the month.
//
// A day ends where the next begins, so that days tile time. Where clocks go back
// over midnight, the instants that have the old date again belong to the new day.
func StartOfDay(year int, month time.Month, day int, zone *time.Location) time.Time {
	midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	t := midnight.Add(-48 * time.Hour).In(zone) // before it by any clock
	for {
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		// When this clock shows midnight, or has shown it already as it takes over.
		start := midnight.Add(time.Duration(-offset) * time.Second)
		if start.Before(t) {
			start = t
		}
		if end.IsZero() || start.Before(end) || start.Equal(t) {
			return start.In(zone)
		}
		if !end.After(t) {
			end = t.Add(time.Hour) // Go's bounds leave out the last day of some leap years
		}
		t = end
	}
}

// DayOf is the day that holds t: the last that has begun by then.
func DayOf(t time.Time) (year int, month time.Month, day int) {
	year, month, day = t.Date()
	for !StartOfDay(year, month, day+1, t.Location()).After(t) {
		day++
	}
	return year, month, day
}
