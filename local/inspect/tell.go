package inspect

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/run"
)

// How many names are shown, and how many are kept at all.
const (
	shown = 10
	kept  = 10_000
)

// findings are what is told of an object.
type findings struct {
	events, malformed int64
	first, last       int64
	groups            map[string]map[string]int64 // events by group and stream
	streams           int
	reasons           map[string]int64
	inferred          run.Inferred
}

// tell sums an object up.
func tell(w io.Writer, o Object) (taker, finisher) {
	f := findings{groups: map[string]map[string]int64{}, reasons: map[string]int64{}}
	finish := func(d *decode.Decoder, damaged *decode.Damaged) error {
		if _, err := io.WriteString(w, f.text(o, d, damaged)); err != nil {
			return err
		}
		if damaged != nil || f.malformed > 0 {
			return ErrDamaged
		}
		return nil
	}
	return f.take, finish
}

func (f *findings) take(e *decode.Event) error {
	if e.Malformed != "" {
		f.malformed++
		f.reasons[e.Malformed]++
		return nil
	}
	if f.events == 0 {
		f.first, f.last = e.Time, e.Time
	}
	f.first, f.last = min(f.first, e.Time), max(f.last, e.Time)
	f.events++
	e.Infer(&f.inferred)
	group, stream := e.Header.LogGroup, e.Header.LogStream
	if f.groups[group][stream] == 0 {
		if f.streams == kept {
			group, stream = "…", "…"
		} else {
			f.streams++
		}
	}
	if f.groups[group] == nil {
		f.groups[group] = map[string]int64{}
	}
	f.groups[group][stream]++
	return nil
}

// sheet is what a person reads.
type sheet struct{ strings.Builder }

// say adds a line.
func (s *sheet) say(name, text string) { fmt.Fprintf(s, "  %-11s %s\n", name, text) }

// count adds a line that tells a count, unless it is nothing.
func (s *sheet) count(name string, n int64, what string) {
	if n > 0 {
		s.say(name, number(n)+" "+what)
	}
}

func (f *findings) text(o Object, d *decode.Decoder, damaged *decode.Damaged) string {
	stats := d.Stats()
	var s sheet
	fmt.Fprintln(&s, o.Name)
	s.say("size", number(o.Size)+" bytes")
	s.say("layers", cmp.Or(strings.Join(d.Layers(), ", in it "), "none"))
	s.say("plain text", number(stats.PlainBytes)+" bytes")
	if stats.Records+stats.ControlRecords > 0 {
		s.say("form", d.Form().String())
	}
	s.say("records", strings.Join(append([]string{number(stats.Records)}, d.Framing()...), ", "))
	s.count("", stats.ControlRecords, "control messages (not indexed)")
	s.count("", stats.Recovered, "recovered from Firehose error records")
	s.say("events", number(f.events))
	s.count("", stats.Repaired, "with bytes that are not UTF-8, now U+FFFD")
	s.count("", stats.Unverified, "unverified: their checksum is wrong, or missing")
	if f.events > 0 {
		s.say("first", stamp(f.first))
		s.say("last", stamp(f.last))
	}
	if f.events > 0 {
		s.rules(f)
	}
	name := "log groups"
	for i, group := range slices.Sorted(maps.Keys(f.groups)) {
		if i == shown {
			s.say("", fmt.Sprintf("and %d more log groups", len(f.groups)-shown))
			break
		}
		s.group(name, group, f.groups[group])
		name = ""
	}
	for _, reason := range slices.Sorted(maps.Keys(f.reasons)) {
		s.count("malformed", f.reasons[reason], reason)
	}
	if damaged != nil {
		s.say("damaged", strings.ReplaceAll(where(damaged), "\n", "\n"+strings.Repeat(" ", 12)))
	}
	return s.String()
}

// rules tells where ids and times are from.
func (s *sheet) rules(f *findings) {
	i := f.inferred
	s.parts("ids", []part{
		{f.events - i.DerivedIDs, "the archive's own"},
		{i.DerivedIDs - i.PlacedIDs, "derived from stream, time and message"},
		{i.PlacedIDs, "derived from the object's key, the place in it and the message"},
	})
	s.parts("times", []part{
		{f.events - i.MessageTimes - i.KeyTimes, "the event's own"},
		{i.MessageTimes, "read in the message"},
		{i.KeyTimes, "of the object's key, only near to the event's"},
	})
}

// part is some of the events, and what is said of them.
type part struct {
	n    int64
	what string
}

// parts adds what holds for all events, or for some of them each.
func (s *sheet) parts(name string, parts []part) {
	parts = slices.DeleteFunc(parts, func(p part) bool { return p.n == 0 })
	for _, p := range parts {
		text := p.what
		if len(parts) > 1 {
			text = number(p.n) + " " + text
		}
		s.say(name, text)
		name = ""
	}
}

// group adds a log group and its streams, those with the most events first.
func (s *sheet) group(name, group string, streams map[string]int64) {
	total := int64(0)
	for _, n := range streams {
		total += n
	}
	s.say(name, safe(group)+"  "+number(total)+" events")
	byCount := slices.SortedFunc(maps.Keys(streams), func(a, b string) int {
		return cmp.Or(cmp.Compare(streams[b], streams[a]), cmp.Compare(a, b))
	})
	for i, stream := range byCount {
		if i == shown {
			s.say("", fmt.Sprintf("  and %d more log streams", len(byCount)-shown))
			return
		}
		s.say("", "  "+safe(stream)+"  "+number(streams[stream]))
	}
}

// safe shows a name from an archive on a terminal: as it is, or quoted where it
// holds anything that does not print.
func safe(name string) string {
	for _, r := range name {
		if !strconv.IsPrint(r) {
			return strconv.Quote(name)
		}
	}
	if name == "" {
		return `""`
	}
	return name
}
