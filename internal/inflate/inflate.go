// Package inflate reads gzip members, one at a time, at some twice the speed of
// what else there is in Go: to inflate is half of what reading an archive costs. It
// knows nothing of what is inside of a member, or between two.
//
// A member is a header, one DEFLATE stream, and the checksum and length of what that
// holds. It uses up its own bytes and no more. What it gives before an error is what
// the bytes before the damage say; only the end tells that all of it was right.
//
// Sources: RFC 1951 (DEFLATE), RFC 1952 (gzip). The ways to be fast, a word of bits
// refilled at once and tables made by doubling, are those of libdeflate, in Go.
package inflate

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

var (
	// ErrHeader says that no gzip member begins here.
	ErrHeader = errors.New("inflate: no valid gzip header")
	// ErrCorrupt says that the compressed data is none that a compressor writes.
	ErrCorrupt = errors.New("inflate: corrupt data")
	// ErrChecksum says that the checksum or the length of a member is not that of its
	// text.
	ErrChecksum = errors.New("inflate: wrong checksum or length")
)

const (
	// window is how far back a match may reach.
	window = 32 << 10
	// room is for text beside the window; the whole stays in a processor's cache.
	room = 64 << 10
	// longest is the longest match, with what copying by words writes too much.
	longest = 258 + 16
)

// Reader reads one member. It takes some 120 KiB, which do not grow; Reset makes it
// ready for the next. The zero value is not ready.
type Reader struct {
	in  *bufio.Reader
	err error // what follows the text at hand

	// What in holds, and the index of what of it is not in bits.
	ahead []byte
	next  int
	// The next bits of the input, the first one lowest; n of them count.
	bits uint64
	n    uint

	state   state
	final   bool // no block follows the one at hand
	stored  int  // bytes left of a stored block
	crc     uint32
	written uint32 // bytes of text, modulo 1<<32

	// text is the window, then what was given, up to given, then what was not, up
	// to end.
	text       []byte
	given, end int

	symbols *symbols
	code    *code // of the block at hand: fixed, or own
	fixed   *code
	own     code
	lengths [maxLiterals + maxDistances]uint8
}

// state is what of a member comes next.
type state uint8

const (
	header state = iota
	block
	storedText
	codedText
	trailer
)

// NewReader makes a reader of the member that begins at in's next byte.
func NewReader(in *bufio.Reader) *Reader {
	s := newSymbols()
	r := &Reader{text: make([]byte, window+room), symbols: s, fixed: newFixed(s)}
	r.Reset(in)
	return r
}

// Reset makes r a reader of the member that begins at in's next byte.
func (r *Reader) Reset(in *bufio.Reader) {
	r.in, r.err, r.ahead, r.next = in, nil, nil, 0
	r.bits, r.n = 0, 0
	r.state, r.final, r.stored = header, false, 0
	r.crc, r.written, r.given, r.end = 0, 0, 0, 0
}

// Read gives the member's text, and io.EOF once all of it has proven right; of
// bytes that are missing, io.ErrUnexpectedEOF. in then stands behind the member.
// Other errors are those of this package, and in's own.
func (r *Reader) Read(p []byte) (int, error) {
	for r.given == r.end {
		if r.err != nil {
			return 0, r.err
		}
		if len(p) == 0 {
			return 0, nil
		}
		r.err = r.fill()
	}
	n := copy(p, r.text[r.given:r.end])
	r.given += n
	return n, nil
}

// fill makes more text, as much as there is room for.
func (r *Reader) fill() error {
	if r.end >= len(r.text)-longest {
		r.end = copy(r.text, r.text[r.end-window:r.end])
		r.given = r.end
	}
	r.ahead, _ = r.in.Peek(r.in.Buffered()) // no more than is there
	r.next = 0
	err := r.step()
	r.giveBack()
	made := r.text[r.given:r.end]
	r.crc = crc32.Update(r.crc, crc32.IEEETable, made)
	r.written += uint32(len(made)) //nolint:gosec // as the format counts
	if err == nil && r.state == trailer {
		return r.check()
	}
	return err
}

// step goes on until there is no more room, or no more member.
func (r *Reader) step() error {
	for {
		var err error
		switch r.state {
		case header:
			if err = r.readHeader(); err == nil {
				r.state = block
			}
		case block:
			err = r.begin()
		case storedText:
			err = r.copyStored()
		case codedText:
			err = r.decode()
		case trailer:
			return nil
		}
		if err != nil || r.end >= len(r.text)-longest {
			return err
		}
	}
}

// check reads the member's end: the checksum and length of its text.
func (r *Reader) check() error {
	var end [8]byte
	if _, err := io.ReadFull(r.in, end[:]); err != nil {
		return cut(err)
	}
	if binary.LittleEndian.Uint32(end[:]) != r.crc || binary.LittleEndian.Uint32(end[4:]) != r.written {
		return ErrChecksum
	}
	return io.EOF
}

// refill sees to it that there are more bits, and asks for more input only where
// there is none.
func (r *Reader) refill() error {
	if r.next == len(r.ahead) {
		if err := r.load(); err != nil {
			return err
		}
	}
	for r.n <= 56 && r.next < len(r.ahead) {
		r.bits |= uint64(r.ahead[r.next]) << r.n
		r.next++
		r.n += 8
	}
	return nil
}

// load sees to it that there is at least a byte more ahead.
func (r *Reader) load() error {
	whole := int(r.n / 8) // bytes in bits that are to be given back, if unused
	used := r.next - whole
	had := len(r.ahead) - used
	_, _ = r.in.Discard(used) // they are buffered
	_, err := r.in.Peek(had + 1)
	r.ahead, _ = r.in.Peek(r.in.Buffered())
	r.next = whole
	if len(r.ahead) > had {
		return nil
	}
	return cut(err)
}

// giveBack leaves to in what was read ahead of the bits that were used, but for
// those of a byte that has begun.
func (r *Reader) giveBack() {
	r.next -= int(r.n / 8)
	r.n %= 8
	r.bits &= 1<<r.n - 1
	_, _ = r.in.Discard(r.next) // they are buffered
	r.ahead, r.next = nil, 0
}

// take is the next n bits, 16 at most.
func (r *Reader) take(n uint) (uint, error) {
	for r.n < n {
		if err := r.refill(); err != nil {
			return 0, err
		}
	}
	v := uint(r.bits) & (1<<n - 1)
	r.bits >>= n
	r.n -= n
	return v, nil
}

// cut is err, where an end is no sound one.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
