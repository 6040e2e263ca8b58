package decode

import (
	"github.com/rehydrate/rehydrate/internal/jsonscan"
	"github.com/rehydrate/rehydrate/internal/timestamp"
)

// readyForLines makes what all forms but records need.
func (d *Decoder) readyForLines() {
	if d.whole != nil {
		return
	}
	s := d.source
	d.reader = timestamp.Reader{Zone: s.AssumeZone, Near: s.Begun}
	d.headers = map[string]*Header{}
	d.whole = &Header{}
	d.timeNames = map[string]int{}
	for i, name := range s.TimeFields {
		if _, twice := d.timeNames[name]; !twice {
			d.timeNames[name] = i
		}
	}
	d.times = make([]jsonscan.Value, len(s.TimeFields))
}

// streamOfKey is the log stream that an export task's key names:
// PREFIX/TASK/STREAM/000000.gz.
func streamOfKey(key string) string {
	folder := key[:max(0, lastSlash(key))]
	return folder[lastSlash(folder)+1:]
}

// Form is how the object is laid down; empty before Next has returned, and where
// there is nothing in it.
func (d *Decoder) Form() Form { return d.form }
