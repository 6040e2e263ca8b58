package decode

import (
	"bytes"
	"errors"
	"io"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
)

// findLine goes to the next line that is not blank, or to the end.
func (d *Decoder) findLine() error {
	for {
		b := d.visible()
		i := d.at
		for ; i < len(b) && padding(b[i]); i++ {
			if b[i] == '\n' {
				d.newline = true
				d.at = i + 1
			}
		}
		switch {
		case i == len(b):
			if err := d.more(); errors.Is(err, io.EOF) {
				d.at = len(d.buf)
				return d.finish()
			} else if err != nil {
				return d.stop(err)
			}
		case b[i] == '[' && structured(d.form):
			d.at, d.array = i+1, arrayOpened
			return nil
		default:
			d.record = record{start: d.offset(d.at)}
			d.state = lines
			return nil
		}
	}
}

// kind is what stands at the beginning of a line.
type kind uint8

const (
	aText kind = iota
	anObject
	aRecord
	cutOff
)

// scanLine tells what stands at d.at, where the first byte that is not blank is at
// i, and the index behind it. Where that is not enough to tell, it is right only if
// nothing follows b.
func (d *Decoder) scanLine(b []byte, i int) (k kind, n int, enough bool) {
	whole := true
	if b[i] == '{' && d.form != Fluentd {
		n, p := d.scanObject(b, i)
		switch {
		case d.line.record:
			return aRecord, n, true
		case p == "":
			if ends, known := lineEnds(b, n, false); ends {
				return anObject, n, known
			}
		}
		whole = p != jsonscan.Short
	}
	newline := bytes.IndexByte(b[i:], '\n')
	switch {
	case newline >= 0:
		return aText, i + newline, whole
	case !whole:
		return cutOff, len(b), false
	}
	return aText, len(b), false
}

// scanObject scans a JSON object to behind its closing brace; of one that is a
// message, what is in it does not matter.
func (d *Decoder) scanObject(b []byte, i int) (int, jsonscan.Problem) {
	if d.form != Messages {
		return d.line.scan(d, b, i)
	}
	d.line.record = false
	_, n, p := d.nest.Value(b, i, 0)
	return n, p
}

// readLine reads the line at hand, or the JSON object that it begins with.
func (d *Decoder) readLine(e *Event) (given bool, err error) {
	if d.form == Export {
		return d.readExported(e)
	}
	for passed := false; ; {
		b := d.visible()
		i := d.at
		for i < len(b) && padding(b[i]) {
			i++
		}
		if d.form == Events && i == d.at && !passed {
			passed = true
			if given, err := d.readSingleLine(e); given || err != nil {
				return given, err
			}
			continue
		}
		k, n, enough := d.scanLine(b, i)
		if !enough {
			if err := d.more(); err == nil {
				continue
			} else if k == cutOff || !errors.Is(err, io.EOF) {
				return false, d.stop(err)
			}
		}
		if k != aText {
			d.at = i
		}
		if err := d.begin(); err != nil {
			return false, err
		}
		d.frame()
		switch k {
		case aRecord:
			d.state = heads
			return false, d.readHeading()
		case anObject:
			d.giveObject(e, b, i, n)
		default:
			d.giveText(e, b[d.at:n])
		}
		d.pass(e, n)
		return true, nil
	}
}

// begin begins the record at d.at, which is a line.
func (d *Decoder) begin() error {
	d.record = record{start: d.offset(d.at)}
	d.reached = d.record.start
	return d.checkPlace()
}

// readSingleLine reads the line at hand if it is one of a run into files.
func (d *Decoder) readSingleLine(e *Event) (given bool, err error) {
	if err := d.begin(); err != nil {
		return false, err
	}
	given, err = d.readSingle(e)
	if given {
		d.frame()
	}
	return given && err == nil, err
}

// pass goes behind the event of a line, which ends at n.
func (d *Decoder) pass(e *Event, n int) {
	d.place(e, n)
	d.identify(e)
	d.at, d.state = n, behind
}

// readObject reads the JSON object at hand, a value of an array.
func (d *Decoder) readObject(e *Event) (given bool, err error) {
	for {
		b := d.visible()
		n, p := d.scanObject(b, d.at)
		switch {
		case d.line.record:
			return false, d.readHeading()
		case p == jsonscan.Short:
			if err := d.more(); err != nil {
				return false, d.stop(err)
			}
			continue
		case p != "":
			return false, d.wrong(n, p)
		}
		d.giveObject(e, b, d.at, n)
		d.pass(e, n)
		return true, nil
	}
}
