package decode

import "github.com/rehydrate/rehydrate/internal/run"

// Form is how the events of an object are laid down; "" while it is unknown.
type Form = run.Form

// The forms, for short.
const (
	Records   = run.FormRecords
	Events    = run.FormEvents
	Messages  = run.FormMessages
	Export    = run.FormExport
	FluentBit = run.FormFluentBit
	Fluentd   = run.FormFluentd
)

// structured tells whether a form is one of JSON objects, in which anything else
// is malformed.
func structured(f Form) bool { return f == Events || f == FluentBit }

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
