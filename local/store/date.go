package store

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// defaultDateFormat is the only one that date fields are read in.
const defaultDateFormat = "strict_date_optional_time||epoch_millis"

// noTime is the time of a document without @timestamp.
const noTime = math.MinInt64

// precisions are the forms of strict_date_optional_time without its zone, the
// most frequent first, and how long the time lasts that one names. Go reads
// fractions of a second after seconds, with a point or a comma.
func precisions() []precision {
	return []precision{
		{"2006-01-02T15:04:05", func(t time.Time) time.Time { return t.Add(time.Second) }},
		{"2006-01-02", func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
		{"2006-01-02T15:04", func(t time.Time) time.Time { return t.Add(time.Minute) }},
		{"2006-01-02T15", func(t time.Time) time.Time { return t.Add(time.Hour) }},
		{"2006-01", func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }},
		{"2006", func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }},
	}
}

type precision struct {
	layout string
	end    func(time.Time) time.Time
}

// parseDate reads a date, or milliseconds since 1970. first and last are the
// milliseconds that it stands for: 2018-12-10 is a whole day. A date without an
// offset is in zone.
func parseDate(s string, zone *time.Location) (first, last int64, err error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil && len(s) > len("2006-01-02T15:04:05Z") {
		// The usual document: an offset, and mostly milliseconds.
		return t.UnixMilli(), lastMilli(s, t, t.Add(time.Second)), nil
	}
	// Only a number of more than four digits is no year.
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) != len("2006") {
		return ms, ms, nil
	}
	for _, p := range precisions() {
		for _, offset := range []string{"", "Z07:00", "Z0700", "Z07"} {
			if offset != "" && len(p.layout) <= len("2006-01-02") {
				break
			}
			if t, err := time.ParseInLocation(p.layout+offset, s, zone); err == nil {
				return t.UnixMilli(), lastMilli(s, t, p.end(t)), nil
			}
		}
	}
	return 0, 0, fmt.Errorf("failed to parse date field [%s] with format [%s]", s, defaultDateFormat)
}

// lastMilli is the last millisecond before end, or that of t itself where the
// text gives a fraction of the second.
func lastMilli(s string, t, end time.Time) int64 {
	for i := len("2006-01-02T15:04:05"); i < len(s); i++ {
		if s[i] == '.' || s[i] == ',' {
			return t.UnixMilli()
		}
	}
	return end.UnixMilli() - 1
}

// formatDate is how dates are written back, with zone's offset.
func formatDate(ms int64, zone *time.Location) string {
	return time.UnixMilli(ms).In(zone).Format("2006-01-02T15:04:05.000Z07:00")
}

// parseZone reads an offset such as +09:00 or a name such as Asia/Tokyo.
func parseZone(s string) (*time.Location, error) {
	if t, err := time.Parse("Z07:00", s); err == nil {
		_, offset := t.Zone()
		return time.FixedZone(s, offset), nil
	}
	zone, err := time.LoadLocation(s)
	if err != nil || s == "" || s == "Local" {
		return nil, badRequest("illegal_argument_exception", "unknown time zone [%s]", s)
	}
	return zone, nil
}
