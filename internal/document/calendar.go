package document

import (
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// calendar names days and writes times in a zone. The periods it met last
// are kept, because events come in order of time more or less.
type calendar struct {
	prefix  string
	zone    *time.Location
	periods []period
	last    int // of periods, found last
}

// maxPeriods covers the days of an object many times over: CloudWatch takes events
// up to 14 days old.
const maxPeriods = 64

// period is the time begin ≤ t < end, in milliseconds since 1970, that belongs to
// one day and has one date and one offset from UTC.
type period struct {
	begin, end int64
	index      string
	midnight   int64  // when the date shown begins, by the offset shown
	date       string // `2018-12-10T`
	offset     string // `+09:00`
}

// appendTime writes RFC 3339 with milliseconds, 2018-12-10T12:57:44.183+09:00.
func (c *calendar) appendTime(dst []byte, ms int64) []byte {
	s := c.find(ms)
	t := uint32(ms - s.midnight)
	milli, t := t%1000, t/1000
	second, t := t%60, t/60
	minute, hour := t%60, t/60
	dst = append(dst, s.date...)
	return append(append(dst,
		'0'+byte(hour/10), '0'+byte(hour%10), ':',
		'0'+byte(minute/10), '0'+byte(minute%10), ':',
		'0'+byte(second/10), '0'+byte(second%10), '.',
		'0'+byte(milli/100), '0'+byte(milli/10%10), '0'+byte(milli%10)), s.offset...)
}

func (c *calendar) find(ms int64) *period {
	if c.last < len(c.periods) {
		if s := &c.periods[c.last]; s.begin <= ms && ms < s.end {
			return s
		}
	}
	for i := range c.periods {
		if s := &c.periods[i]; s.begin <= ms && ms < s.end {
			c.last = i
			return s
		}
	}
	if len(c.periods) == maxPeriods {
		c.periods = c.periods[:0]
	}
	c.periods = append(c.periods, c.make(ms))
	c.last = len(c.periods) - 1
	return &c.periods[c.last]
}

// make makes the period that holds ms. RFC 3339 knows no seconds in an offset,
// but zones had them while they followed the sun: the offset is shown to the
// minute and the time of day by that, so that the instant is exact. The index is
// that of the zone's own day all the same.
func (c *calendar) make(ms int64) period {
	t := time.UnixMilli(ms).In(c.zone)
	_, offset := t.Zone()
	shown := offset / 60 * 60
	year, month, day := run.DayOf(t)
	read := midnight(ms, shown)
	p := period{
		begin: max(read, run.StartOfDay(year, month, day, c.zone).UnixMilli()),
		end:   min(read+86_400_000, run.StartOfDay(year, month, day+1, c.zone).UnixMilli()),
		index: c.prefix + time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Format("-2006-01-02"),

		midnight: read,
	}
	local := time.UnixMilli(ms).In(time.FixedZone("", shown))
	p.date, p.offset = local.Format("2006-01-02T"), local.Format("Z07:00")
	since, until := t.ZoneBounds()
	if !since.IsZero() {
		p.begin = max(p.begin, since.UnixMilli())
	}
	if until.After(t) { // it is not on the last day of some leap years
		p.end = min(p.end, until.UnixMilli())
	}
	return p
}

// midnight is when the day of ms began, by the offset in seconds.
func midnight(ms int64, offset int) int64 {
	const day = 86_400_000
	local := ms + int64(offset)*1000
	into := local % day
	if into < 0 {
		into += day
	}
	return ms - into
}
