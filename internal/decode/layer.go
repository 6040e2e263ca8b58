package decode

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zip"
	"github.com/klauspost/compress/zstd"
)

// The layers, as people call them.
const (
	gzipName   = "gzip"
	zipName    = "zip"
	snappyName = "snappy"
	hadoopName = "hadoop-snappy"
	zstdName   = "zstd"
)

// peekSize is how many bytes it takes to know a layer.
const peekSize = 16

// nameOf knows a layer by its first bytes; "" is none.
func nameOf(b []byte) string {
	for _, known := range []struct{ magic, name string }{
		{"\x1f\x8b", gzipName},
		{"PK\x03\x04", zipName},
		{"PK\x05\x06", zipName}, // an empty one
		{"\xff\x06\x00\x00sNaPpY", snappyName},
		{"\x28\xb5\x2f\xfd", zstdName},
	} {
		if bytes.HasPrefix(b, []byte(known.magic)) {
			return known.name
		}
	}
	if isHadoop(b) {
		return hadoopName
	}
	return ""
}

// maxWindow is the most memory that a zstd frame may ask for: level 19 takes
// 8 MiB.
const maxWindow = 32 << 20

// enter gives the reader of what is inside a layer. It calls mark before it
// gives the first byte of each part that has a checksum of its own.
func (s *stack) enter(name string, in *bufio.Reader, mark func()) (io.Reader, func(), error) {
	switch name {
	case gzipName:
		return &members{in: in, mark: mark, limit: s.limit}, nil, nil
	case snappyName:
		s.now.starts[len(s.open)-1] = math.MaxInt64 // verifies before it gives
		return newSnappy(in), nil, nil
	case hadoopName:
		return &hadoop{in: in, limit: s.limit}, nil, nil
	case zstdName:
		r, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, err
		}
		return r, r.Close, nil
	default:
		return s.enterZip(in, mark)
	}
}

// newSnappy reads Snappy's framing. A changed bit can turn a chunk into one that
// may be skipped, which nobody writes: these are refused.
// https://github.com/google/snappy/blob/main/framing_format.txt
func newSnappy(in io.Reader) io.Reader {
	const largest = 64 << 10
	options := []s2.ReaderOption{s2.ReaderMaxBlockSize(largest)}
	for id := 0x80; id <= 0xfd; id++ {
		options = append(options, s2.ReaderSkippableCB(uint8(id), func(io.Reader) error { return snappy.ErrCorrupt }))
	}
	return s2.NewReader(in, options...)
}

// explain says what an error of a layer means.
func explain(err error) string {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch), errors.Is(err, s2.ErrCRC):
		return "a checksum or length is wrong: bytes were changed or lost after they were written"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "it is cut off"
	case errors.Is(err, gzip.ErrHeader):
		return "a member has no valid header"
	case errors.Is(err, zip.ErrFormat):
		return "it has no valid directory at its end: it was cut off, or changed"
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return fmt.Sprintf("it was compressed with a window larger than %s", size(maxWindow))
	case errors.As(err, &corrupt), errors.Is(err, snappy.ErrCorrupt):
		return "the compressed data is corrupt"
	}
	return err.Error()
}

// members reads gzip members one after another, with padding between and behind
// them, which plain gzip readers trip over.
type members struct {
	in    *bufio.Reader
	mark  func()
	limit int64 // of padding
	zr    *gzip.Reader
	open  bool
}

func (m *members) Read(p []byte) (int, error) {
	for {
		if !m.open {
			if err := m.next(); err != nil {
				return 0, err
			}
		}
		n, err := m.zr.Read(p)
		if err == io.EOF { //nolint:errorlint // as it is from this library
			m.open, err = false, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// next begins the next member. The one before has ended well.
func (m *members) next() error {
	m.mark()
	for padded := int64(0); ; padded++ {
		c, err := m.in.ReadByte()
		if err != nil {
			return err
		}
		if !padding(c) {
			break
		}
		if padded == m.limit {
			return fmt.Errorf("the padding between two members is larger than %s", size(m.limit))
		}
	}
	if err := m.in.UnreadByte(); err != nil {
		return err
	}
	switch begin, err := m.in.Peek(2); {
	case begin[0] != 0x1f || len(begin) == 2 && begin[1] != 0x8b:
		return errors.New("bytes follow a member that begin no other")
	case len(begin) < 2:
		return cut(err)
	}
	var err error
	if m.zr == nil {
		m.zr, err = gzip.NewReader(m.in)
	} else {
		err = m.zr.Reset(m.in)
	}
	if err != nil {
		return cut(err)
	}
	m.zr.Multistream(false)
	m.open = true
	return nil
}

// cut is err, where an end is no sound one.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// hadoop reads Hadoop's framing of Snappy: blocks of their plain length and as
// many raw Snappy blocks, each behind its own length, as that takes. Lengths are
// 4 bytes, big-endian.
// https://github.com/apache/hadoop BlockCompressorStream.java
type hadoop struct {
	in    *bufio.Reader
	limit int64
	owed  int64 // plain bytes that the block still lacks
	plain []byte
	left  []byte
	raw   []byte
}

// isHadoop judges by the first block, as the format has no magic bytes: its two
// lengths, and the length and first element (a literal) of the Snappy block.
func isHadoop(b []byte) bool {
	const header = 8
	if len(b) < header {
		return false
	}
	plain, packed := uint64(binary.BigEndian.Uint32(b)), uint64(binary.BigEndian.Uint32(b[4:]))
	inside, n := binary.Uvarint(b[header:])
	return n > 0 && header+n < len(b) && b[header+n]&3 == 0 &&
		inside > 0 && inside <= plain && plain <= DefaultRecordLimit && packed <= mostPacked(inside)
}

// mostPacked is what n bytes come to at worst; see snappy.MaxEncodedLen.
func mostPacked(n uint64) uint64 { return 32 + n + n/6 }

func (h *hadoop) Read(p []byte) (int, error) {
	for len(h.left) == 0 {
		if err := h.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, h.left)
	h.left = h.left[n:]
	return n, nil
}

func (h *hadoop) next() error {
	if h.owed == 0 {
		length, err := h.length()
		if err != nil {
			return err
		}
		h.owed = length
		return nil
	}
	packed, err := h.length()
	if err != nil {
		return cut(err)
	}
	if uint64(packed) > mostPacked(uint64(h.owed)) {
		return snappy.ErrCorrupt
	}
	h.raw = slices.Grow(h.raw[:0], int(packed))[:packed]
	if _, err := io.ReadFull(h.in, h.raw); err != nil {
		return cut(err)
	}
	if n, err := snappy.DecodedLen(h.raw); err != nil {
		return err
	} else if int64(n) > h.owed || n == 0 {
		return snappy.ErrCorrupt
	}
	if h.plain, err = snappy.Decode(h.plain[:cap(h.plain)], h.raw); err != nil {
		return err
	}
	h.left = h.plain
	h.owed -= int64(len(h.plain))
	return nil
}

func (h *hadoop) length() (int64, error) {
	var b [4]byte
	if _, err := io.ReadFull(h.in, b[:]); err != nil {
		return 0, err
	}
	n := int64(binary.BigEndian.Uint32(b[:]))
	if n > h.limit {
		return 0, fmt.Errorf("a block is larger than %s", size(h.limit))
	}
	return n, nil
}
