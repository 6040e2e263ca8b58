// Package timestamp reads times as people and programs write them into logs: as
// numbers since 1970, as ISO 8601 with all that is made of it, as web servers,
// syslog and C write them, alone or at the head of a line.
//
// It reads what is written and guesses nothing but this: the unit of a number by
// its size, the zone where none is written by what the caller assumes, and the
// year where none is written by a time that is near. It knows nothing of events.
package timestamp

import "time"

// Time is one that was read.
type Time struct {
	// Ms is in milliseconds since 1970; what is finer is cut off.
	Ms int64
	// Fine says that it was written with a fraction of a second, or in a unit finer
	// than one.
	Fine bool
}

// Reader reads times. It may be used by many goroutines.
type Reader struct {
	// Zone is that of times without one; nil is UTC.
	Zone *time.Location
	// Near, in milliseconds since 1970, is what a time without a year is near to.
	// Where it is zero, such times are none.
	Near int64
}

// Text reads a text that is a time and nothing else.
func (r Reader) Text(text []byte) (Time, bool) {
	for len(text) > 0 && text[0] == ' ' {
		text = text[1:]
	}
	for len(text) > 0 && text[len(text)-1] == ' ' {
		text = text[:len(text)-1]
	}
	if t, ok := Number(text); ok {
		return t, true
	}
	t, end, ok := r.read(text, 0)
	return t, ok && end == len(text)
}

// civil is a date and a time of day as they are written.
type civil struct {
	year, month, day     int // year 0 with noYear
	noYear               bool
	hour, minute, second int
	milli                int
	fine                 bool
	zoned                bool
	offset               int // east of UTC, in seconds
}

// time gives the instant.
func (c *civil) time(r Reader) (Time, bool) {
	if c.noYear {
		if r.Near == 0 {
			return Time{}, false
		}
		return r.nearest(c)
	}
	ms, ok := c.instant(r.Zone)
	return Time{Ms: ms, Fine: c.fine}, ok
}

// nearest is the instant of the year in which it is nearest to what is near.
func (r Reader) nearest(c *civil) (best Time, ok bool) {
	year := time.UnixMilli(r.Near).UTC().Year()
	distance := int64(0)
	for y := year - 1; y <= year+1; y++ {
		of := *c
		of.year = y
		ms, valid := of.instant(r.Zone)
		if d := max(ms-r.Near, r.Near-ms); valid && (!ok || d < distance) {
			best, ok, distance = Time{Ms: ms, Fine: c.fine}, true, d
		}
	}
	return best, ok
}

// instant is in milliseconds since 1970; not of a day that there is not.
func (c *civil) instant(zone *time.Location) (ms int64, ok bool) {
	if c.month < 1 || c.month > 12 || c.day < 1 || c.day > daysIn(c.year, c.month) ||
		c.hour > 23 || c.minute > 59 || c.second > 60 {
		return 0, false
	}
	if !c.zoned && zone != nil && zone != time.UTC {
		t := time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute, c.second, 0, zone)
		return t.Unix()*1000 + int64(c.milli), true
	}
	seconds := int64(daysSince1970(c.year, c.month, c.day))*86_400 + int64(c.hour*3600+c.minute*60+c.second-c.offset)
	return seconds*1000 + int64(c.milli), true
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSince1970 counts in years that begin in March, so that a leap day is the
// last of one, and in eras of 400 years, which are alike.
// https://howardhinnant.github.io/date_algorithms.html#days_from_civil
func daysSince1970(year, month, day int) int {
	if month <= 2 {
		year--
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	of := year - era*400
	days := of*365 + of/4 - of/100 + (153*((month+9)%12)+2)/5 + day - 1
	return era*146_097 + days - 719_468
}
