package store

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// aggregations over @timestamp: date_histogram, min, max and value_count.
type aggregations map[string]aggregation

type aggregation struct {
	kind string
	histogram
}

// histogram counts by spans of time.
type histogram struct {
	zone     *time.Location
	calendar string        // a unit, or empty
	fixed    time.Duration // if calendar is empty
	least    int
}

// maxBuckets is search.max_buckets.
const maxBuckets = 65_536

func parseAggregations(raw map[string]json.RawMessage) (aggregations, error) {
	all := aggregations{}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		err := eachMember(raw[name], func(kind string, body []byte) error {
			if _, twice := all[name]; twice {
				return unsupported("[%s] beside [%s] in the aggregation [%s]", kind, all[name].kind, name)
			}
			a, err := parseAggregation(kind, body)
			all[name] = a
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func parseAggregation(kind string, body []byte) (aggregation, error) {
	a := aggregation{kind: kind}
	var q struct {
		Field            string `json:"field"`
		CalendarInterval string `json:"calendar_interval"`
		FixedInterval    string `json:"fixed_interval"`
		TimeZone         string `json:"time_zone"`
		MinDocCount      int    `json:"min_doc_count"`
	}
	switch kind {
	case "date_histogram", "min", "max", "value_count":
	default:
		return a, unsupported("the aggregation [%s]", kind)
	}
	if err := decodeStrict(kind, body, &q); err != nil {
		return a, err
	}
	if q.Field != timestamp {
		return a, unsupported("aggregations over [%s]; [@timestamp] is", q.Field)
	}
	if kind != "date_histogram" {
		if q.CalendarInterval+q.FixedInterval+q.TimeZone != "" || q.MinDocCount != 0 {
			return a, badRequest("parsing_exception", "[%s] takes a field and nothing else", kind)
		}
		return a, nil
	}
	a.least, a.zone = q.MinDocCount, time.UTC
	var err error
	if q.TimeZone != "" {
		if a.zone, err = parseZone(q.TimeZone); err != nil {
			return a, err
		}
	}
	if (q.CalendarInterval == "") == (q.FixedInterval == "") {
		return a, badRequest("illegal_argument_exception", "Required one of fields [calendar_interval, fixed_interval], but none or both were specified.")
	}
	if a.fixed, err = fixedInterval(q.FixedInterval); err != nil {
		return a, err
	}
	a.calendar, err = calendarInterval(q.CalendarInterval)
	return a, err
}

func fixedInterval(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	units := map[string]time.Duration{
		"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour,
	}
	parts := regexp.MustCompile(`^([1-9][0-9]{0,8})(ms|s|m|h|d)$`).FindStringSubmatch(s)
	if parts == nil {
		return 0, badRequest("parsing_exception", "failed to parse fixed_interval [%s]", s)
	}
	n, err := strconv.Atoi(parts[1])
	return time.Duration(n) * units[parts[2]], err
}

func calendarInterval(s string) (string, error) {
	names := map[string]string{
		"": "", "1m": "minute", "1h": "hour", "1d": "day", "1w": "week", "1M": "month", "1y": "year",
		"minute": "minute", "hour": "hour", "day": "day", "week": "week", "month": "month", "year": "year",
	}
	unit, ok := names[s]
	if !ok {
		return "", badRequest("parsing_exception", "The supplied calendar_interval [%s] is none that the embedded store knows", s)
	}
	return unit, nil
}

// floor is the start of the span that t is in, next that of the one behind.
func (h *histogram) floor(t time.Time) time.Time {
	t = t.In(h.zone)
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, h.zone)
	switch h.calendar {
	case "minute":
		return t.Truncate(time.Minute)
	case "hour":
		// Zones may be off by less than an hour.
		return t.Add(-time.Duration(t.Minute())*time.Minute - time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
	case "day":
		return day
	case "week":
		return day.AddDate(0, 0, -(int(t.Weekday())+6)%7)
	case "month":
		return day.AddDate(0, 0, 1-t.Day())
	case "year":
		return time.Date(t.Year(), 1, 1, 0, 0, 0, 0, h.zone)
	}
	_, offset := t.Zone()
	local := t.UnixMilli() + int64(offset)*1000
	step := h.fixed.Milliseconds()
	past := ((local % step) + step) % step
	return time.UnixMilli(t.UnixMilli() - past).In(h.zone)
}

func (h *histogram) next(t time.Time) time.Time {
	switch h.calendar {
	case "minute":
		return t.Add(time.Minute)
	case "hour":
		return t.Add(time.Hour)
	case "day":
		return t.AddDate(0, 0, 1)
	case "week":
		return t.AddDate(0, 0, 7)
	case "month":
		return t.AddDate(0, 1, 0)
	case "year":
		return t.AddDate(1, 0, 0)
	}
	return t.Add(h.fixed)
}

type bucket struct {
	KeyAsString string `json:"key_as_string"`
	Key         int64  `json:"key"`
	DocCount    int    `json:"doc_count"`
}

func (h *histogram) buckets(hits []hit) (any, error) {
	counts := map[int64]int{}
	var low, high int64
	for _, hit := range hits {
		if hit.time == noTime {
			continue
		}
		key := h.floor(time.UnixMilli(hit.time)).UnixMilli()
		if len(counts) == 0 {
			low, high = key, key
		}
		low, high = min(low, key), max(high, key)
		counts[key]++
	}
	buckets := []bucket{}
	if len(counts) > 0 {
		for t := time.UnixMilli(low).In(h.zone); t.UnixMilli() <= high; t = h.next(t) {
			if n := counts[t.UnixMilli()]; n >= h.least {
				buckets = append(buckets, bucket{formatDate(t.UnixMilli(), h.zone), t.UnixMilli(), n})
			}
			if len(buckets) > maxBuckets {
				return nil, badRequest("too_many_buckets_exception", "Trying to create too many buckets. Must be less than or equal to: [%d]", maxBuckets)
			}
		}
	}
	return map[string]any{"buckets": buckets}, nil
}

// run gives nil where nothing was asked for.
func (all aggregations) run(hits []hit) (json.RawMessage, error) {
	if len(all) == 0 {
		return nil, nil
	}
	results := map[string]any{}
	for name, a := range all {
		var err error
		if a.kind == "date_histogram" {
			results[name], err = a.buckets(hits)
		} else {
			results[name] = a.metric(hits)
		}
		if err != nil {
			return nil, err
		}
	}
	return json.Marshal(results)
}

func (a aggregation) metric(hits []hit) any {
	var n, low, high int64
	for _, h := range hits {
		if h.time == noTime {
			continue
		}
		if n == 0 {
			low, high = h.time, h.time
		}
		low, high = min(low, h.time), max(high, h.time)
		n++
	}
	value := map[string]int64{"value_count": n, "min": low, "max": high}[a.kind]
	switch {
	case a.kind == "value_count":
		return map[string]any{"value": value}
	case n == 0:
		return map[string]any{"value": nil}
	}
	return map[string]any{"value": value, "value_as_string": formatDate(value, time.UTC)}
}
