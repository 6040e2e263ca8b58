package decode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/rehydrate/rehydrate/internal/run"
)

// array says what may come next where records are the elements of an array.
type array uint8

const (
	noArray array = iota
	arrayOpened
	arrayValue // behind a record
	arrayComma
)

// step gives what may come next behind c, and whether c may stand here at all.
func (a array) step(c byte) (array, bool) {
	switch {
	case c == '[' && a == noArray:
		return arrayOpened, true
	case c == ',' && a == arrayValue:
		return arrayComma, true
	case c == ']' && (a == arrayOpened || a == arrayValue):
		return noArray, true
	}
	return a, false
}

// padding tells whether c may stand between members or records.
func padding(c byte) bool {
	return c == '\n' || c == ' ' || c == '\r' || c == '\t' || c == 0
}

const byteOrderMark = "\xef\xbb\xbf"

// findRecord goes to the next record's brace, or to the end.
func (d *Decoder) findRecord() error {
	for {
		b := d.visible()
		// NULs pad what was written, and are nothing by themselves.
		for d.at < len(b) && padding(b[d.at]) && (b[d.at] != 0 || d.records > 0) {
			d.newline = d.newline || b[d.at] == '\n'
			d.at++
		}
		if here := b[d.at:]; len(here) < len(byteOrderMark) && bytes.HasPrefix([]byte(byteOrderMark), here) {
			if err := d.more(); errors.Is(err, io.EOF) && d.at == len(d.buf) {
				return d.finish()
			} else if err != nil {
				return d.stop(err)
			}
			continue
		}
		if b[d.at] == '{' && d.array != arrayValue {
			d.record = record{start: d.offset(d.at)}
			d.reached = d.record.start
			d.state = heads
			d.frame()
			return d.checkPlace()
		}
		if d.array == noArray && bytes.HasPrefix(b[d.at:], []byte(byteOrderMark)) {
			d.at += len(byteOrderMark)
			continue
		}
		next, ok := d.array.step(b[d.at])
		if !ok {
			return d.noRecord()
		}
		d.array = next
		d.at++
		if next == noArray && d.form != Records {
			return nil // lines follow
		}
	}
}

// The ways in which records can be laid down one behind another.
const (
	framedArray   = "a JSON array"
	framedLines   = "newline-delimited"
	framedNothing = "without delimiter"
)

// frame takes notice of how the record at hand stands behind the one before.
func (d *Decoder) frame() {
	framing := framedNothing
	switch {
	case d.array != noArray:
		framing = framedArray
	case d.newline:
		framing = framedLines
	}
	if (d.records > 0 || d.array != noArray) && !slices.Contains(d.framing, framing) {
		d.framing = append(d.framing, framing)
	}
	d.newline = false
}

// Framing says how the records met so far are laid down one behind another:
// "without delimiter", "newline-delimited", "a JSON array", or several of these;
// nothing while there is but one record.
func (d *Decoder) Framing() []string { return d.framing }

// finish ends the text between records.
func (d *Decoder) finish() error {
	if d.array != noArray {
		return d.damage(d.offset(d.at), "the text ends inside a JSON array of records", "")
	}
	d.reached = d.offset(d.at)
	if d.from != (run.Place{}) && !d.found {
		return d.misplaced()
	}
	return io.EOF
}

// checkPlace makes sure that the place to go on from is one of this object.
func (d *Decoder) checkPlace() error {
	if !d.found && d.record.start >= d.from.Offset {
		d.found = true
		if d.record.start != d.from.Offset && d.from != (run.Place{}) {
			return d.misplaced()
		}
	}
	return nil
}

func (d *Decoder) misplaced() error {
	return fmt.Errorf("no event of this object ends at %d:%d: the place to go on from belongs to another object", d.from.Offset, d.from.Events)
}

// endRecord counts the record at hand, which is whole and ends at at.
func (d *Decoder) endRecord() error {
	if d.fresh() {
		if d.record.control {
			d.stats.ControlRecords++
		} else {
			d.stats.Records++
		}
	}
	return d.leaveRecord()
}

// leaveRecord goes on behind the record at hand.
func (d *Decoder) leaveRecord() error {
	if d.record.start == d.from.Offset && d.record.events < d.from.Events {
		return d.misplaced()
	}
	d.records++
	d.record = record{start: d.offset(d.at)}
	d.reached = d.record.start
	d.state = between
	if d.array != noArray {
		d.array = arrayValue
	}
	return nil
}

// fresh tells whether what comes next was not counted by an earlier call.
func (d *Decoder) fresh() bool {
	return !run.Place{Offset: d.record.start, Events: d.record.events}.Before(d.from)
}
