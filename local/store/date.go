package store

import (
	"fmt"
	"strconv"
	"time"
)

// layout is how documents are made with times, followed by the offset.
const layout = "2006-01-02T15:04:05.000"

// parseTime reads a time with an offset, a date, or milliseconds since 1970: a
// part of strict_date_optional_time||epoch_millis, Elasticsearch's default. Of a
// fraction of a second it keeps milliseconds, as Elasticsearch does.
func parseTime(s string) (time.Time, error) {
	for _, l := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(l, s); err == nil {
			return t.Truncate(time.Millisecond), nil
		}
	}
	// Of four digits it would be a year.
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) != len("2006") {
		return time.UnixMilli(ms).UTC(), nil
	}
	return time.Time{}, fmt.Errorf("failed to parse date field [%s] with format [strict_date_optional_time||epoch_millis]", s)
}
