package sample

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Form is a way in which logs are laid into S3; docs/forms.md tells of each.
type Form string

// The forms, and where their keys lie below Options.Prefix.
const (
	// Subscription records lie, as Events and Messages do, where Firehose puts them:
	// YYYY/MM/DD/HH/.
	Subscription Form = "subscription"
	Events       Form = "events"
	Messages     Form = "messages"
	// Export tasks lie under exports/TASK/STREAM/; two of them hold some of the same
	// events.
	Export Form = "export"
	// FluentBit's files lie under fluent-bit-logs/TAG/YYYY/MM/DD/HH/MM/SS.
	FluentBit Form = "fluentbit"
	// Fluentd's files are fluentd/YYYYMMDD_N, by UTC.
	Fluentd Form = "fluentd"
)

// Forms are all of them.
func Forms() []Form { return []Form{Subscription, Events, Messages, Export, FluentBit, Fluentd} }

// ParseForms reads the names of forms; mix stands for all of them.
func ParseForms(names []string) ([]Form, error) {
	var forms []Form
	for _, name := range names {
		switch f := Form(name); {
		case name == "mix":
			return Forms(), nil
		case !slices.Contains(Forms(), f):
			return nil, fmt.Errorf("%q is no form; there are %s, and mix for all of them", name, strings.Join(texts(Forms()), ", "))
		case !slices.Contains(forms, f):
			forms = append(forms, f)
		}
	}
	return forms, nil
}

func texts(forms []Form) []string {
	list := make([]string, len(forms))
	for i, f := range forms {
		list[i] = string(f)
	}
	return list
}

// only tells whether subscription records are all that is asked for.
func (o Options) only() bool {
	return len(o.Forms) == 0 || len(o.Forms) == 1 && o.Forms[0] == Subscription
}

// inForms shares the objects of subscription records out among the forms, each in
// turn, and lays each share as its form does. What it is given is in order of time.
func inForms(o Options, rng *rand.Rand, drafts []draft) []draft {
	shares := make([][]draft, len(o.Forms))
	for i, d := range drafts {
		shares[i%len(shares)] = append(shares[i%len(shares)], d)
	}
	var all []draft
	for i, form := range o.Forms {
		all = append(all, o.lay(form, rng, shares[i])...)
	}
	slices.SortStableFunc(all, func(a, b draft) int { return a.modified.Compare(b.modified) })
	return all
}

func (o Options) lay(form Form, rng *rand.Rand, share []draft) []draft {
	switch form {
	case Events:
		return eventLines(share)
	case Messages:
		return messageLines(share)
	case Export:
		return exports(o, rng, share)
	case FluentBit:
		return fluentBit(o, rng, share)
	case Fluentd:
		return fluentd(o, share)
	}
	if o.Damaged {
		damageSome(share)
	}
	return share
}

// usable are the events of a share that other tools than Firehose would have met.
func usable(share []draft) []Event {
	var events []Event
	for _, d := range share {
		for _, r := range d.records {
			for _, e := range r.entries {
				if !r.control && !e.malformed && !e.repaired {
					events = append(events, e.Event)
				}
			}
		}
	}
	return events
}

// told gives an event of an object an identity in the place of its id: by met, it is
// the how-manieth of the same stream, time and message in the object. Line ends at
// the end of a message make no difference.
func (e *Event) told(met map[string]uint32) {
	e.ID = ""
	same := e.Stream + "\x00" + e.Time.UTC().Format(time.RFC3339Nano) + "\x00" + strings.TrimRight(e.Message, "\r\n")
	e.Before = met[same]
	met[same]++
	e.Same = fmt.Sprintf("%s\x00%d", same, e.Before)
}

// placed gives an event that cannot be told from others by what it is the identity
// of its place: the how-manieth it is of its object.
func (e *Event) placed(key string, n int) {
	e.ID, e.Placed = "", true
	e.Same = fmt.Sprintf("%s\x00%d", key, n)
}
