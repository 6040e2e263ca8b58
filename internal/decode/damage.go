package decode

import (
	"errors"
	"io"
	"strconv"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
	"github.com/rehydrate/rehydrate/internal/run"
)

// damage ends the object at an offset of the text. Where that lies in a
// compressed member, the member is read to its end: a wrong checksum is then the
// reason behind the reason. What is wrong with this one object stands in detail.
func (d *Decoder) damage(offset int64, reason, detail string) error {
	broken, err := d.verify(offset)
	if err != nil {
		return err
	}
	if broken != nil {
		return d.broken(offset, broken, "; noticed because: "+reason+detail)
	}
	return d.damaged(offset, -1, reason, detail)
}

// wrong ends the object at index n of the text because of a problem.
func (d *Decoder) wrong(n int, p jsonscan.Problem) error {
	offset := d.offset(n)
	return d.damage(offset, string(p), ": "+d.snippet(offset))
}

// broken ends the object at an offset of the text because a layer cannot be
// read.
func (d *Decoder) broken(offset int64, layer *layerError, detail string) error {
	d.stats.Unverified += d.taken[layer.layer]
	return d.damaged(offset, layer.offset, layer.Error(), detail)
}

func (d *Decoder) damaged(offset, objectOffset int64, reason, detail string) error {
	if objectOffset < 0 && len(d.Layers()) == 0 {
		objectOffset = offset
	}
	d.reached = max(d.reached, offset)
	return &Damaged{
		Damage: run.Damage{
			Reason: reason + detail, Offset: offset, ObjectOffset: objectOffset, Record: d.records, Event: d.record.events,
		},
		kind: reason,
	}
}

// verify reads on until every member that offset lies in has ended, and tells
// what was wrong with one. It gives up after the size of a record.
func (d *Decoder) verify(offset int64) (*layerError, error) {
	open := func() bool {
		state := d.plain.state()
		for l := range state.names {
			if state.starts[l] <= offset {
				return true
			}
		}
		return false
	}
	scratch := make([]byte, leastRead)
	for left := d.limit; d.ended == nil && left > 0 && open(); {
		n, err := d.plain.read(scratch)
		left -= int64(n)
		d.ended = err
	}
	var broken *layerError
	switch {
	case d.ended == nil || errors.Is(d.ended, io.EOF):
		return nil, nil
	case errors.As(d.ended, &broken):
		if d.plain.state().starts[broken.layer] > offset {
			return nil, nil // a later member
		}
		return broken, nil
	}
	return nil, d.ended
}

// snippet shows the text at an offset, safely: quoted, ASCII, and not much of
// it.
func (d *Decoder) snippet(offset int64) string {
	b := d.peek(offset, 32)
	return strconv.QuoteToASCII(string(b))
}

// peek gives up to n bytes of the text from an offset on that is still at hand.
func (d *Decoder) peek(offset int64, n int) []byte {
	for offset+int64(n) > d.offset(len(d.buf)) {
		if d.load() != nil {
			break
		}
	}
	b := d.buf[offset-d.base:]
	return b[:min(len(b), n)]
}
