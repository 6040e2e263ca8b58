package decode

import (
	"errors"
	"fmt"
	"io"
)

const (
	firstRead = 128 << 10
	leastRead = 64 << 10
)

// plain is the text of an object, after all layers of compression. Its errors
// are io.EOF, a *layerError, or the reader's own.
type plain interface {
	read(p []byte) (int, error)
	// state is that of the text read so far, valid until the next read.
	state() *layers
	close() error
}

// offset is the place in the text of index i of buf.
func (d *Decoder) offset(i int) int64 { return d.base + int64(i) }

// visible is the text at hand, as far as the limit of a record lets it be seen.
func (d *Decoder) visible() []byte {
	if limit := d.record.start + d.limit - d.base; limit < int64(len(d.buf)) {
		return d.buf[:limit]
	}
	return d.buf
}

// more gets more text from at on, at least as much again. Nil means that it is
// worth looking again, at other indices; an error, that nothing has changed and
// there will be no more.
func (d *Decoder) more() error {
	if len(d.visible()) < len(d.buf) {
		return errTooLarge
	}
	return d.load()
}

// load is more, whatever the limit.
func (d *Decoder) load() error {
	if d.ended != nil {
		return d.ended
	}
	rest := copy(d.buf[:cap(d.buf)], d.buf[d.at:])
	d.base += int64(d.at)
	d.at = 0
	if d.buf == nil {
		d.buf = d.buffers.takeText()
	}
	d.buf = d.buf[:rest]
	if cap(d.buf)-rest < max(leastRead, rest) {
		d.buf = append(make([]byte, 0, max(2*rest, rest+leastRead)), d.buf...)
	}
	for d.ended == nil && len(d.buf) < max(2*rest, 1) {
		n, err := d.plain.read(d.buf[len(d.buf):cap(d.buf)])
		d.buf = d.buf[:len(d.buf)+n]
		d.ended = err
		d.mark()
	}
	return nil
}

// mark takes notice of members that began in the text just read. All events
// given so far ended before them.
func (d *Decoder) mark() {
	for l, start := range d.plain.state().starts {
		if d.starts[l] != start {
			d.starts[l], d.taken[l] = start, 0
		}
	}
}

// errTooLarge ends the text at the limit of a record.
var errTooLarge = errors.New("the limit of a record is reached")

// stop is how the object ends where err ended the text at hand.
func (d *Decoder) stop(err error) error {
	end := d.offset(len(d.buf))
	var broken *layerError
	switch {
	case errors.Is(err, errTooLarge):
		what := "a record"
		if d.state == between {
			what = "the padding between records"
		}
		return d.damage(d.record.start+d.limit, fmt.Sprintf("%s is larger than %s", what, size(d.limit)), "")
	case errors.Is(err, io.EOF):
		return d.damage(end, "the text ends inside a record", ": the object was cut off, or not written whole")
	case errors.As(err, &broken):
		return d.broken(end, broken, "")
	}
	return err
}

// size writes a limit for people.
func size(n int64) string {
	const mib = 1 << 20
	if n%mib == 0 {
		return fmt.Sprintf("%d MiB", n/mib)
	}
	return fmt.Sprintf("%d bytes", n)
}
