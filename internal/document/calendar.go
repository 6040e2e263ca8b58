package document

import "time"

// calendar names days and writes times in a zone. The spans of time it met last
// are kept, because events come in order of time more or less.
type calendar struct {
	prefix string
	zone   *time.Location
	spans  []span
	last   int // of spans, found last
}

// maxSpans covers the days of an object many times over: CloudWatch takes events
// up to 14 days old.
const maxSpans = 64

// span is a stretch of time, begin ≤ t < end in milliseconds since 1970, that has
// one date and one offset from UTC.
type span struct {
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

func (c *calendar) find(ms int64) *span {
	if c.last < len(c.spans) {
		if s := &c.spans[c.last]; s.begin <= ms && ms < s.end {
			return s
		}
	}
	for i := range c.spans {
		if s := &c.spans[i]; s.begin <= ms && ms < s.end {
			c.last = i
			return s
		}
	}
	if len(c.spans) == maxSpans {
		c.spans = c.spans[:0]
	}
	c.spans = append(c.spans, c.span(ms))
	c.last = len(c.spans) - 1
	return &c.spans[c.last]
}

// span makes the span that holds ms. RFC 3339 knows no seconds in an offset, but
// zones had them while they followed the sun: the offset is shown to the minute
// and the time of day by that, so that the instant is exact. The index is that
// of the zone's own day all the same.
func (c *calendar) span(ms int64) span {
	t := time.UnixMilli(ms).In(c.zone)
	_, offset := t.Zone()
	shown := offset / 60 * 60
	own, read := midnight(ms, offset), midnight(ms, shown)
	s := span{
		begin: max(own, read), end: min(own, read) + 86_400_000,
		index:    c.prefix + t.Format("-2006-01-02"),
		midnight: read,
	}
	local := time.UnixMilli(ms).In(time.FixedZone("", shown))
	s.date, s.offset = local.Format("2006-01-02T"), local.Format("Z07:00")
	since, until := t.ZoneBounds()
	if !since.IsZero() {
		s.begin = max(s.begin, since.UnixMilli())
	}
	if !until.IsZero() {
		s.end = min(s.end, until.UnixMilli())
	}
	return s
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
