package decode

import (
	"bytes"
	"errors"
	"io"

	"github.com/rehydrate/rehydrate/internal/timestamp"
)

// Lines of an export task, of which an event may take several:
//
//	2018-12-10T12:57:44.183Z message
//		more of the message
//
// Such a line begins with exportTime, in which 0 stands for any digit.
const exportTime = "0000-00-00T00:00:00.000Z "

// isExported tells whether a line of an export task with a time begins at i.
func isExported(b []byte, i int) bool {
	if len(b) < i+len(exportTime) {
		return false
	}
	for k, c := range []byte(exportTime) {
		if digit := b[i+k] >= '0' && b[i+k] <= '9'; digit != (c == '0') || c != '0' && b[i+k] != c {
			return false
		}
	}
	return true
}

// mayBeExported tells whether what stands at i may become one with more text.
func mayBeExported(b []byte, i int) bool {
	return len(b)-i < len(exportTime) && (i >= len(b) || b[i] >= '0' && b[i] <= '9')
}

// readExported reads the event at hand with all lines that belong to it: up to
// where the next begins, or to the end.
func (d *Decoder) readExported(e *Event) (given bool, err error) {
	for passed := 0; ; { // bytes from d.at on that hold no other's beginning
		b := d.visible()
		n, next := d.at+passed, -1
		for next < 0 {
			i := bytes.IndexByte(b[n:], '\n')
			if i < 0 || mayBeExported(b, n+i+1) {
				break
			}
			if n += i; isExported(b, n+1) {
				next = n
			}
			n++
		}
		end := next
		if next < 0 {
			passed = n - d.at
			if err := d.more(); err == nil {
				continue
			} else if !errors.Is(err, io.EOF) {
				return false, d.stop(err)
			}
			if end = len(b); b[end-1] == '\n' {
				end--
			}
		}
		if err := d.begin(); err != nil {
			return false, err
		}
		d.frame()
		d.giveExported(e, b[d.at:end])
		d.pass(e, end)
		return true, nil
	}
}

// giveExported makes the event of its lines.
func (d *Decoder) giveExported(e *Event, lines []byte) {
	*e = Event{Form: Export, Header: d.whole}
	var t timestamp.Time
	ok := isExported(lines, 0)
	if ok {
		t, ok = timestamp.Reader{}.Text(lines[:len(exportTime)])
	}
	if ok {
		d.setText(e, lines[len(exportTime):])
	} else { // the first of an object may be the rest of one
		d.setText(e, lines)
	}
	e.Raw = e.Message
	d.setTime(e, t, ok)
}
