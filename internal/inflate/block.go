package inflate

// Kinds of a block (RFC 1951, 3.2.3).
const (
	storedBlock = iota
	fixedBlock
	dynamicBlock
)

// begin reads what a block begins with. Behind the last there is the trailer.
func (r *Reader) begin() error {
	if r.final {
		r.align()
		r.state = trailer
		return nil
	}
	v, err := r.take(3)
	if err != nil {
		return err
	}
	r.final = v&1 != 0
	switch v >> 1 {
	case storedBlock:
		err = r.beginStored()
	case fixedBlock:
		r.code, r.state = r.fixed, codedText
	case dynamicBlock:
		err = r.beginDynamic()
	default:
		err = ErrCorrupt
	}
	return err
}

// align goes to where the next byte begins. What is left of the one at hand means
// nothing.
func (r *Reader) align() {
	r.bits >>= r.n % 8
	r.n -= r.n % 8
}

func (r *Reader) beginStored() error {
	r.align()
	size, err := r.take(16)
	if err != nil {
		return err
	}
	inverse, err := r.take(16)
	if err != nil {
		return err
	}
	if size^inverse != 0xffff {
		return ErrCorrupt
	}
	r.next -= int(r.n / 8) // the rest is whole bytes
	r.bits, r.n = 0, 0
	r.stored, r.state = int(size), storedText
	return nil
}

func (r *Reader) copyStored() error {
	for r.stored > 0 {
		free := len(r.text) - longest - r.end
		if free <= 0 {
			return nil
		}
		if r.next == len(r.ahead) {
			if err := r.load(); err != nil {
				return err
			}
		}
		n := copy(r.text[r.end:r.end+min(free, r.stored)], r.ahead[r.next:])
		r.next += n
		r.end += n
		r.stored -= n
	}
	r.state = block
	return nil
}

// order is that in which the lengths of the precode come (RFC 1951, 3.2.7).
const order = "\x10\x11\x12\x00\x08\x07\x09\x06\x0a\x05\x0b\x04\x0c\x03\x0d\x02\x0e\x01\x0f"

// beginDynamic reads the codes of a block, which are lengths in a code of their own.
func (r *Reader) beginDynamic() error {
	v, err := r.take(14)
	if err != nil {
		return err
	}
	literals, distances, precodes := int(v&31)+257, int(v>>5&31)+1, int(v>>10)+4
	if literals > maxLiterals || distances > maxDistances {
		return ErrCorrupt
	}
	var precode [numPrecode]uint8
	for i := range precodes {
		if v, err = r.take(3); err != nil {
			return err
		}
		precode[order[i]] = uint8(v) //nolint:gosec // 3 bits
	}
	// The distances come last: until then the memory of their table is free.
	if !build(r.own.distances[:], precodeBits, precode[:], r.symbols.precode[:]) {
		return ErrCorrupt
	}
	lengths := r.lengths[:literals+distances]
	if err := r.readLengths(lengths); err != nil {
		return err
	}
	if !build(r.own.literals[:], literalBits, lengths[:literals], r.symbols.literals[:]) ||
		!build(r.own.distances[:], distanceBits, lengths[literals:], r.symbols.distances[:]) {
		return ErrCorrupt
	}
	r.code, r.state = &r.own, codedText
	return nil
}

// readLengths reads the lengths of codes, which repeat.
func (r *Reader) readLengths(lengths []uint8) error {
	for i := 0; i < len(lengths); {
		e, _, err := r.symbol(r.own.distances[:], precodeBits)
		if err != nil {
			return err
		}
		if e&isInvalid != 0 {
			return ErrCorrupt
		}
		symbol := e.base()
		if symbol < 16 {
			lengths[i] = uint8(symbol) //nolint:gosec // below 16
			i++
			continue
		}
		var extra, least uint
		var length uint8
		switch symbol {
		case 16:
			if i == 0 {
				return ErrCorrupt
			}
			extra, least, length = 2, 3, lengths[i-1]
		case 17:
			extra, least = 3, 3
		default:
			extra, least = 7, 11
		}
		more, err := r.take(extra)
		if err != nil {
			return err
		}
		times := int(least + more)
		if times > len(lengths)-i {
			return ErrCorrupt
		}
		for range times {
			lengths[i] = length
			i++
		}
	}
	return nil
}
