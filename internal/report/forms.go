package report

import (
	"fmt"

	"github.com/rehydrate/rehydrate/internal/run"
)

// FormText is a form, and how many events were laid down in it.
type FormText struct {
	Form, Name string
	Events     int64
}

// FormTexts are the forms that were met, unless these are subscription records
// alone.
func (r *Report) FormTexts() []FormText {
	var texts []FormText
	for _, f := range run.Forms() {
		if n := r.Forms[string(f)]; n > 0 {
			texts = append(texts, FormText{string(f), f.String(), n})
		}
	}
	if len(texts) == 1 && texts[0].Form == string(run.FormRecords) {
		return nil
	}
	return texts
}

// findForms tells which forms were met, and what the report's numbers mean for
// events of which the archive does not tell everything.
func (b *builder) findForms() {
	var met []string
	for _, f := range b.report.FormTexts() {
		met = append(met, fmt.Sprintf("%s of %s", number(f.Events), f.Name))
	}
	if len(met) > 0 {
		b.find("The archive holds events in these forms: %s.", list(met))
	}
	i := b.report.Inferred
	switch n := i.DerivedIDs; {
	case n == 0:
	case b.in.Settings.IDs == run.DerivedIDs:
		b.find("%s an id that is derived from log stream, time and message, as the setting ids says.", plural2(n, "event has", "events have"))
	default:
		b.find("%s an id that is derived, as the archive has none: it is the same whenever this archive is read, but the same event in another form is another document, unless the setting ids is derived.",
			plural2(n, "event has", "events have"))
	}
	if n := i.PlacedIDs; n > 0 {
		b.find("%s derived from the object's key and the place in it, as log stream or exact time are not told: a copy of the object under another key would be indexed again.",
			plural2(n, "Of these ids one is", "Of these ids %s are"))
	}
	if n := i.MessageTimes; n > 0 {
		b.find("%s that the message tells, as the archive tells none.", plural2(n, "event has the time", "events have the time"))
	}
	if n := i.KeyTimes; n > 0 {
		b.find("%s at the time in its object's key, when the object was begun, as nothing tells a nearer one. The setting timeField names the member of JSON messages that does.",
			plural2(n, "event stands", "events stand"))
	}
}
