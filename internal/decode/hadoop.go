package decode

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/snappy"
)

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

// isHadoop goes by the first block, as the format has no magic bytes: its two
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
