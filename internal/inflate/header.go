package inflate

import "hash/crc32"

// What the flags of a header say that it has (RFC 1952, 2.3.1).
const (
	hasChecksum = 1 << (1 + iota)
	hasExtra
	hasName
	hasComment
)

// readHeader reads a member's header, of which nothing is kept.
func (r *Reader) readHeader() error {
	h := checked{r: r}
	var fixed [10]byte
	for i := range fixed {
		fixed[i] = h.byte()
	}
	if h.err == nil && (fixed[0] != 0x1f || fixed[1] != 0x8b || fixed[2] != 8) {
		return ErrHeader
	}
	flags := fixed[3]
	if flags&hasExtra != 0 {
		size := int(h.byte())
		size |= int(h.byte()) << 8
		for range size {
			h.byte()
		}
	}
	for _, text := range []byte{hasName, hasComment} {
		if flags&text == 0 {
			continue
		}
		for h.byte() != 0 && h.err == nil {
		}
	}
	if flags&hasChecksum != 0 {
		want := uint16(h.crc) //nolint:gosec // its lower half, as the format has it
		if got := uint16(h.byte()) | uint16(h.byte())<<8; h.err == nil && got != want {
			return ErrHeader
		}
	}
	return h.err
}

// checked reads bytes and sums them up, until there is an error.
type checked struct {
	r   *Reader
	crc uint32
	err error
}

func (h *checked) byte() byte {
	if h.err != nil {
		return 0
	}
	v, err := h.r.take(8)
	if err != nil {
		h.err = err
		return 0
	}
	b := byte(v)
	h.crc = crc32.Update(h.crc, crc32.IEEETable, []byte{b})
	return b
}
