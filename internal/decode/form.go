package decode

import "github.com/rehydrate/rehydrate/internal/run"

// Form is how the events of an object are laid down.
type Form string

// The forms. docs/forms.md tells where each comes from.
const (
	// Records of a CloudWatch Logs subscription.
	Records Form = "records"
	// Events are JSON objects that each are one event, of people's own transforms
	// or of an earlier run into files.
	Events Form = "events"
	// Messages alone: lines of text, and JSON objects that are messages themselves.
	Messages Form = "messages"
	// Export is what a CloudWatch Logs export task writes.
	Export Form = "export"
	// FluentBit is JSON objects of Fluent Bit, FireLens, Docker or Fluentd.
	FluentBit Form = "fluentbit"
	// Fluentd is its lines of time, tag and record.
	Fluentd Form = "fluentd"
)

// Forms lists them in the order in which they are shown.
func Forms() []Form { return []Form{Records, Events, Messages, Export, FluentBit, Fluentd} }

// String names the form for people.
func (f Form) String() string {
	switch f {
	case Records:
		return "subscription records"
	case Events:
		return "events as JSON lines"
	case Messages:
		return "messages only"
	case Export:
		return "a CloudWatch Logs export task"
	case FluentBit:
		return "Fluent Bit or FireLens"
	case Fluentd:
		return "Fluentd"
	}
	return "unknown"
}

// IDKind says where an event's id is from.
type IDKind uint8

// The kinds of ids.
const (
	// IDGiven stands in the archive.
	IDGiven IDKind = iota
	// IDOfContent is derived from stream, time and message: the same wherever the
	// event is met.
	IDOfContent
	// IDOfPlace is derived from the object's key, the place in it and the message:
	// the same whenever this object is read.
	IDOfPlace
)

// TimeKind says where an event's time is from.
type TimeKind uint8

// The kinds of times.
const (
	// TimeGiven is what the archive says of the event.
	TimeGiven TimeKind = iota
	// TimeOfMessage was read in the message.
	TimeOfMessage
	// TimeOfKey is the one in the object's key: when it was begun, and so only near
	// to the event's own.
	TimeOfKey
)

// Infer counts what of the event the archive does not tell.
func (e *Event) Infer(c *run.Inferred) {
	switch e.IDKind {
	case IDOfPlace:
		c.PlacedIDs++
		c.DerivedIDs++
	case IDOfContent:
		c.DerivedIDs++
	}
	switch e.TimeKind {
	case TimeOfMessage:
		c.MessageTimes++
	case TimeOfKey:
		c.KeyTimes++
	}
}
