package run

// Form is how the events of an object are laid down.
type Form string

// The forms. docs/forms.md tells where each comes from.
const (
	// FormRecords are those of a CloudWatch Logs subscription.
	FormRecords Form = "records"
	// FormEvents are JSON objects that each are one event, of people's own transforms
	// or of an earlier run into files.
	FormEvents Form = "events"
	// FormMessages are messages alone: lines of text, and JSON objects that are
	// messages themselves.
	FormMessages Form = "messages"
	// FormExport is what a CloudWatch Logs export task writes.
	FormExport Form = "export"
	// FormFluentBit is JSON objects of Fluent Bit, FireLens, Docker or Fluentd.
	FormFluentBit Form = "fluentbit"
	// FormFluentd is Fluentd's lines of time, tag and record.
	FormFluentd Form = "fluentd"
)

// Forms lists them in the order in which they are shown.
func Forms() []Form {
	return []Form{FormRecords, FormEvents, FormMessages, FormExport, FormFluentBit, FormFluentd}
}

// String names the form for people.
func (f Form) String() string {
	switch f {
	case FormRecords:
		return "subscription records"
	case FormEvents:
		return "events as JSON lines"
	case FormMessages:
		return "messages only"
	case FormExport:
		return "CloudWatch export tasks"
	case FormFluentBit:
		return "Fluent Bit or FireLens"
	case FormFluentd:
		return "Fluentd"
	}
	return string(f)
}
