// Package sample makes archives of CloudWatch Logs as Firehose lays them down,
// and knows the truth it wrote: which events are in which object, which of them
// can be read, and how each object must end.
//
// What it makes depends on its Options alone. It imports nothing of the
// decoder, so that the two can be held against each other.
package sample

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Options say what archive is made. Start from Default.
type Options struct {
	Seed uint64
	// Start is when the first object begins; Days is how long the archive goes on.
	Start time.Time
	Days  int
	// Objects and Events are about how many there will be; Objects are spread
	// evenly over the time, Events as day and night go.
	Objects int
	Events  int
	// Prefix comes before the YYYY/MM/DD/HH/ (UTC) of the keys and ends in a slash;
	// Stream is the name of the Firehose stream.
	Prefix string
	Stream string
	// Damaged adds the objects that cannot be read to their end.
	Damaged bool
	// Forms in which the logs are laid down, an even share of the objects in each;
	// none for subscription records alone.
	Forms []Form
}

// Default is the archive that people try first: three days of December 2018 in
// Tokyo.
func Default() Options {
	return Options{
		Seed:    1,
		Start:   time.Date(2018, 12, 10, 0, 0, 0, 0, time.FixedZone("JST", 9*60*60)),
		Days:    3,
		Objects: 300,
		Events:  25_000,
		Prefix:  "_/cwl/ecs/ecs-task/",
		Stream:  "ecs-task",
		Damaged: true,
	}
}

func (o Options) check() error {
	switch {
	case o.Start.IsZero() || o.Days < 1:
		return fmt.Errorf("sample: %d days from %v: give a start and at least one day", o.Days, o.Start)
	case o.Objects < minObjects*o.Days:
		return fmt.Errorf("sample: %d objects are too few for %d days; give at least %d", o.Objects, o.Days, minObjects*o.Days)
	case o.Events < o.Objects:
		return fmt.Errorf("sample: %d events are too few for %d objects", o.Events, o.Objects)
	case o.Stream == "":
		return fmt.Errorf("sample: the Firehose stream has no name")
	}
	return nil
}

// minObjects a day leave room for everything special.
const minObjects = 48

// Event is one log event as it was logged.
type Event struct {
	// ID is empty where the form has none. Same then tells events apart: two of
	// equal Same are the same event, met twice. It is the stream, the time, the
	// message and how many equal ones stand Before it in its object; Placed events
	// lack one of these, and are told apart by where they stand.
	ID     string
	Same   string
	Before uint32
	Placed bool
	// Approximate: the Time is that of its object's key.
	Time        time.Time
	Approximate bool
	// Message has U+FFFD for each byte that is not UTF-8 in the archive.
	Message              string
	Owner, Group, Stream string
}

// Object is one object of the archive and what reading it must come to.
type Object struct {
	Key      string
	Modified time.Time
	// Begun is the time in the key of an object with events, zero where it tells none.
	Begun time.Time
	Size  int
	// Format is the form of the bytes, for people.
	Format string
	// Skipped objects hold no records and are known by their key.
	Skipped bool
	// End is Indexed or Damaged.
	End run.End
	// Events can be read, in this order, the repeated ones included; Lost events
	// lie behind the damage.
	Events []Event
	Lost   []Event
	// Decoded = len(Events) + Malformed.
	Decoded, Malformed                 int64
	Records, ControlRecords, Recovered int64
	Unverified, Repaired               int64
}

// Truth is what an archive holds.
type Truth struct {
	// Objects in the order they were put.
	Objects []Object
}

// Expect gives, by ID or Same, the events with from ≤ time < to that can be read:
// what the cluster must hold after a run over this range, no more and no less.
func (t Truth) Expect(from, to time.Time) map[string]Event {
	events := map[string]Event{}
	for _, o := range t.Objects {
		for _, e := range o.Events {
			if !e.Time.Before(from) && e.Time.Before(to) {
				events[cmp.Or(e.ID, e.Same)] = e
			}
		}
	}
	return events
}

// Sum adds up the counts of all objects. Its Key, Events and the like are empty.
func (t Truth) Sum() Object {
	var s Object
	for _, o := range t.Objects {
		s.Size += o.Size
		s.Decoded += o.Decoded
		s.Malformed += o.Malformed
		s.Records += o.Records
		s.ControlRecords += o.ControlRecords
		s.Recovered += o.Recovered
		s.Unverified += o.Unverified
		s.Repaired += o.Repaired
	}
	return s
}

// Generate makes an archive and hands each object to put, in the order of their
// keys' times. It stops at the first error of put.
func Generate(o Options, put func(key string, modified time.Time, body []byte) error) (Truth, error) {
	if err := o.check(); err != nil {
		return Truth{}, err
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0x7265687964726174))
	var truth Truth
	for _, d := range plan(o, rng) {
		object, body, err := d.object(rng)
		if err != nil {
			return Truth{}, err
		}
		if err := put(object.Key, object.Modified, body); err != nil {
			return Truth{}, fmt.Errorf("put %s: %w", object.Key, err)
		}
		truth.Objects = append(truth.Objects, object)
	}
	return truth, nil
}
