package sample

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// exports are the events of a share as export tasks write them: a task for each day
// and log group, and one that repeats a day's second half of one group.
func exports(o Options, rng *rand.Rand, share []draft) []draft {
	events := usable(share)
	var all []draft
	for _, group := range groupsOf(events) {
		for i := range o.Days {
			from := o.Start.AddDate(0, 0, i)
			all = append(all, o.task(rng, events, group, from, from.AddDate(0, 0, 1))...)
		}
	}
	if len(all) == 0 {
		return all
	}
	again := o.task(rng, events, groupsOf(events)[0], o.Start.Add(12*time.Hour), o.Start.AddDate(0, 0, 1))
	if o.Damaged {
		all[len(all)-1].damage = damageCut
	}
	check := draft{
		key: o.Prefix + "exports/aws-logs-write-test", modified: all[0].modified, format: "permission check",
		body: []byte("Permission Check Successful"), skipped: true,
	}
	return append(append(all, again...), check)
}

// streamObject is how many events of a stream one object of a task has.
const streamObject = 1500

// task exports the events of a log group that were logged from from until to.
func (o Options) task(rng *rand.Rand, events []Event, group string, from, to time.Time) []draft {
	streams := map[string][]Event{}
	var names []string
	for _, e := range events {
		if e.Group != group || e.Time.Before(from) || !e.Time.Before(to) {
			continue
		}
		if streams[e.Stream] == nil {
			names = append(names, e.Stream)
		}
		streams[e.Stream] = append(streams[e.Stream], e)
	}
	slices.Sort(names)
	folder := o.Prefix + "exports/" + uuid(rng) + "/"
	var drafts []draft
	for _, name := range names {
		stream := strings.ReplaceAll(name, "/", "-")
		for n, part := range chunks(streams[name]) {
			d := draft{
				key: folder + stream + "/" + numbered(n) + ".gz", modified: to.Add(time.Hour), format: "export task", openEnded: true,
			}
			met := map[string]uint32{}
			for _, e := range part {
				e.Group, e.Owner, e.Stream = "", "", stream
				e.told(met)
				d.lines = append(d.lines, exported(e)...)
			}
			drafts = append(drafts, d)
		}
	}
	return drafts
}

// chunks parts the events of a stream into objects, each of which has pieces of
// time in another order, as a task that reads many at once has.
func chunks(events []Event) [][]Event {
	slices.SortStableFunc(events, func(a, b Event) int { return a.Time.Compare(b.Time) })
	var parts [][]Event
	for at := 0; at < len(events); {
		end := at + piece(events[at:], streamObject)
		part := events[at:end]
		middle := piece(part, len(part)/2)
		parts = append(parts, slices.Concat(part[middle:], part[:middle]))
		at = end
	}
	return parts
}

// piece is how many events from the first on are n at least, without parting two
// of the same time.
func piece(events []Event, n int) int {
	n = min(n, len(events))
	for n > 0 && n < len(events) && events[n].Time.Equal(events[n-1].Time) {
		n++
	}
	return n
}

func groupsOf(events []Event) []string {
	var groups []string
	for _, e := range events {
		if !slices.Contains(groups, e.Group) {
			groups = append(groups, e.Group)
		}
	}
	slices.Sort(groups)
	return groups
}

// exported are the lines of an event in an export task's object.
func exported(e Event) []line {
	text := e.Time.UTC().Format("2006-01-02T15:04:05.000Z") + " " + e.Message + "\n"
	var lines []line
	for part := range strings.Lines(text) {
		lines = append(lines, line{text: part})
	}
	lines[0].event = &e
	return lines
}
