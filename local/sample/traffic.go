package sample

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"time"
)

// record is one delivery of CloudWatch Logs.
type record struct {
	control              bool
	owner, group, stream string
	filter               string
	entries              []entry
	// ascii writes everything beyond ASCII as \u escapes; wrapped puts the record
	// into a Firehose error record.
	ascii, wrapped bool
}

// entry is one member of logEvents.
type entry struct {
	Event
	// json stands in the record instead of the event: malformed, unless the
	// event is whole but has bytes that are not UTF-8.
	json      string
	malformed bool
	repaired  bool
}

const owner = "123456789012"

// source is a log stream and its share of the traffic.
type source struct {
	group, stream string
	share         float64
	message       func(*rand.Rand, time.Time) string
}

// sources are the log streams of a day: Fargate gives each task a new one, and
// a deployment replaces them.
func sources(rng *rand.Rand) []source {
	s := []source{
		{"/ecs-task", "/ecs-task/", 3, requestLog},
		{"/ecs-task", "/ecs-task/", 3, requestLog},
		{"/ecs-task", "/ecs-task/", 2, requestLog},
		{"/ecs/web", "nginx/web/", 2, accessLog},
		{"/ecs/orders", "app/orders/", 1.5, applicationLog},
		{"/ecs/orders", "app/orders/", 1.5, applicationLog},
		{"/ecs/batch", "batch/nightly/", 0.5, oddLog},
	}
	for i := range s {
		s[i].stream += uuid(rng)
	}
	return s
}

// shape is the traffic of an hour of the day: busiest around noon and in the
// evening, least before dawn.
func shape(t time.Time) float64 {
	h := float64(t.Hour()) + float64(t.Minute())/60
	return 1 + 0.75*math.Sin((h-8.5)/24*2*math.Pi) + 0.25*math.Sin((h-17)/12*2*math.Pi)
}

// arrivals are what one object holds: what arrived from start until end.
func arrivals(rng *rand.Rand, from []source, start, end time.Time, events int) []record {
	var records []record
	arrival := start
	step := end.Sub(start) / time.Duration(events+1)
	for events > 0 {
		n := min(events, 1+int(rng.ExpFloat64()*14))
		s := pick(rng, from)
		r := record{owner: owner, group: s.group, stream: s.stream, filter: s.group, ascii: rng.IntN(40) == 0}
		late := lateness(rng)
		for range n {
			arrival = arrival.Add(step/2 + time.Duration(rng.Int64N(int64(step))))
			t := arrival.Add(-late - time.Duration(50+rng.IntN(3000))*time.Millisecond)
			if rng.IntN(500) == 0 {
				t = arrival.Add(time.Duration(rng.Int64N(int64(mostEarly))))
			}
			t = t.Truncate(time.Millisecond)
			r.entries = append(r.entries, entry{Event: Event{
				ID: eventID(rng, t), Time: t, Message: s.message(rng, t),
				Owner: r.owner, Group: r.group, Stream: r.stream,
			}})
		}
		records = append(records, r)
		events -= n
	}
	return records
}

// lateness is how long a record was held back before it reached CloudWatch
// Logs: mostly not at all, at times until hours later.
func lateness(rng *rand.Rand) time.Duration {
	if rng.IntN(50) > 0 {
		return 0
	}
	return time.Duration(rng.Int64N(int64(mostLate)))
}

// CloudWatch Logs takes events that are up to 14 days late and 2 h early. Here
// they are less so, by the time of a buffer and more: a run's margins (3 h by
// default) find every event, and none in their outermost hours.
const (
	mostLate  = 100 * time.Minute
	mostEarly = 100 * time.Minute
)

func pick(rng *rand.Rand, from []source) source {
	total := 0.0
	for _, s := range from {
		total += s.share
	}
	x := rng.Float64() * total
	i := slices.IndexFunc(from, func(s source) bool { x -= s.share; return x < 0 })
	return from[max(i, 0)]
}

// eventID is an id as CloudWatch Logs makes them: the time in milliseconds above
// 144 bits that tell events of the same time apart, as a decimal number.
func eventID(rng *rand.Rand, t time.Time) string {
	var low [18]byte
	binary.BigEndian.PutUint64(low[2:], rng.Uint64())
	binary.BigEndian.PutUint64(low[10:], rng.Uint64())
	id := new(big.Int).Lsh(big.NewInt(t.UnixMilli()), 144)
	return id.Or(id, new(big.Int).SetBytes(low[:])).String()
}

func uuid(rng *rand.Rand) string {
	a, b := rng.Uint64(), rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, 0x8000|b>>48&0x3fff, b&0xffffffffffff)
}
