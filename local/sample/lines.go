package sample

import "strings"

// line is a piece of an object of lines, and the event that it begins; none where
// it belongs to the event before it, or to none.
type line struct {
	text  string
	event *Event
}

// linesOfMember is how many lines a gzip member of an object of lines has.
const linesOfMember = 400

// pack makes the bytes of an object of lines, and says what is in it: gzip members
// of some lines each, so that the last can be damaged and the others be whole.
func (d draft) pack(o *Object) ([]byte, error) {
	gz, err := newGzipper()
	if err != nil {
		return nil, err
	}
	body := []byte{}
	var end int
	for at := 0; at < len(d.lines); at = end {
		for end = min(at+linesOfMember, len(d.lines)); end < len(d.lines) && d.lines[end].event == nil; end++ { // an event is not parted
		}
		var text strings.Builder
		for _, l := range d.lines[at:end] {
			text.WriteString(l.text)
		}
		if d.plain {
			body = append(body, text.String()...)
		} else if body, err = gz.append(body, []byte(text.String())); err != nil {
			return nil, err
		}
		cut := d.damage == damageCut && end == len(d.lines)
		if cut {
			const footer = 4 // of a member's eight bytes at its end
			body = body[:len(body)-footer]
		}
		for _, l := range d.lines[at:end] {
			if l.event == nil {
				continue
			}
			o.Events = append(o.Events, *l.event)
			if cut {
				o.Unverified++
			}
		}
	}
	if last := len(o.Events) - 1; d.damage == damageCut && d.openEnded {
		o.Lost, o.Events = o.Events[last:], o.Events[:last]
		o.Unverified--
	}
	o.Decoded = int64(len(o.Events))
	return body, nil
}
