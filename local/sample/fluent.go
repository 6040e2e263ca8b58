package sample

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// fluentBit are the events of a share as FireLens and Fluent Bit's S3 output write
// them: a file for each container now and then, its key with the time of the first
// record, and a record for each line that a container wrote.
func fluentBit(o Options, rng *rand.Rand, share []draft) []draft {
	var all []draft
	for i, d := range share {
		streams := map[string][]Event{}
		for _, e := range usable(share[i : i+1]) {
			streams[e.Stream] = append(streams[e.Stream], e)
		}
		for n, stream := range streamsOf(streams) {
			c := containerOf(stream)
			dated := dateForms()[(i+n)%len(dateForms())]
			laid := draft{begun: streams[stream][0].Time.UTC().Truncate(time.Second), modified: d.modified, format: "Fluent Bit", plain: i%2 == 0}
			laid.key = o.Prefix + "fluent-bit-logs/" + c.tag() + laid.begun.Format("/2006/01/02/15/04/05") + "-object" + uuid(rng)[:8]
			met := map[string]uint32{}
			for _, e := range streams[stream] {
				for text := range strings.Lines(e.Message + "\n") {
					date, at, fine := dated(e.Time)
					e := Event{Time: at, Message: strings.TrimSuffix(text, "\n"), Group: c.name, Stream: c.name + "/" + c.task}
					if e.told(met); !fine {
						e.placed(laid.key, len(laid.lines))
					}
					laid.lines = append(laid.lines, line{text: c.record(date, e.Message), event: &e})
				}
			}
			all = append(all, laid)
		}
	}
	if o.Damaged && len(all) > 0 {
		all[len(all)-1].damage, all[len(all)-1].plain = damageCut, false
	}
	return all
}

func streamsOf(streams map[string][]Event) []string {
	var names []string
	for name := range streams {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// dateForms write a time as json_date_format says, and tell what is left of it and
// whether that is to the millisecond.
func dateForms() []func(time.Time) (text string, at time.Time, fine bool) {
	return []func(time.Time) (string, time.Time, bool){
		func(t time.Time) (string, time.Time, bool) {
			return t.UTC().Format(`"2006-01-02T15:04:05.000000Z"`), t, true
		},
		func(t time.Time) (string, time.Time, bool) {
			return t.UTC().Format(`"2006-01-02 15:04:05.000000"`), t, true
		},
		func(t time.Time) (string, time.Time, bool) {
			return fmt.Sprint(t.Unix()), t.Truncate(time.Second), false
		},
		func(t time.Time) (string, time.Time, bool) { return fmt.Sprint(t.UnixMilli()), t, true },
		func(t time.Time) (string, time.Time, bool) {
			return fmt.Sprintf("%d.%03d", t.Unix(), t.UnixMilli()%1000), t, true
		},
	}
}

// container is what FireLens says of where a record is from.
type container struct{ name, task string }

func containerOf(stream string) container {
	name, _, _ := strings.Cut(strings.Trim(stream, "/"), "/")
	return container{name: name, task: strings.ReplaceAll(stream[strings.LastIndexByte(stream, '/')+1:], "-", "")}
}

func (c container) tag() string { return c.name + "-firelens-" + c.task }

func (c container) record(date, log string) string {
	return fmt.Sprintf(`{"date":%s,"container_id":"%s-1234567890","container_name":"%s","source":"stdout","log":%s,`+
		`"ecs_cluster":"main","ecs_task_arn":"arn:aws:ecs:ap-northeast-1:%s:task/main/%s","ecs_task_definition":"%s:12"}`+"\n",
		date, c.task, c.name, quoted(log), owner, c.task, c.name)
}

// fluentd are the events of a share as Fluentd's S3 output writes them: slices of a
// day by the events' own time, each line with its time to the second, its tag and
// its record.
func fluentd(o Options, share []draft) []draft {
	const inObject = 2000
	days := map[string][]Event{}
	for _, e := range usable(share) {
		day := e.Time.UTC().Format("20060102")
		days[day] = append(days[day], e)
	}
	var all []draft
	for _, day := range streamsOf(days) {
		n := 0
		for part := range slices.Chunk(days[day], inObject) {
			laid := draft{
				key: o.Prefix + "fluentd/" + day + "_" + fmt.Sprint(n), begun: part[0].Time.UTC().Truncate(24 * time.Hour), modified: part[len(part)-1].Time.Add(10 * time.Minute), format: "Fluentd",
			}
			for _, e := range part {
				c := containerOf(e.Stream)
				text := fmt.Sprintf("%s\t%s\t{\"container_id\":\"%s\",\"container_name\":\"/%s\",\"source\":\"stdout\",\"log\":%s}\n",
					e.Time.In(time.FixedZone("", 9*60*60)).Format(time.RFC3339), c.tag(), c.task, c.name, quoted(e.Message))
				e = Event{Time: e.Time.Truncate(time.Second), Message: e.Message, Stream: c.name}
				e.placed(laid.key, len(laid.lines))
				laid.lines = append(laid.lines, line{text: text, event: &e})
			}
			all = append(all, laid)
			n++
		}
	}
	if o.Damaged && len(all) > 0 {
		all[len(all)-1].damage = damageCut
	}
	return all
}

// numbered is the number of an object as export tasks write it.
func numbered(n int) string { return fmt.Sprintf("%06d", n) }
