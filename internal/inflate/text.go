package inflate

import "encoding/binary"

// decode makes text of a block's codes, until the block or the room for it ends.
func (r *Reader) decode() error {
	for r.state == codedText && r.end < len(r.text)-longest {
		if len(r.ahead)-r.next >= margin {
			if err := r.decodeFast(); err != nil {
				return err
			}
			continue
		}
		if err := r.decodeNext(); err != nil {
			return err
		}
	}
	return nil
}

// decodeNext decodes one literal or match, of which the input may not have all.
func (r *Reader) decodeNext() error {
	e, length, err := r.symbol(r.code.literals[:], literalBits)
	switch {
	case err != nil:
		return err
	case e&isLiteral != 0:
		r.text[r.end] = byte(e.base()) //nolint:gosec // a literal
		r.end++
		return nil
	case e&isEnd != 0:
		r.state = block
		return nil
	case e&isInvalid != 0:
		return ErrCorrupt
	}
	e, distance, err := r.symbol(r.code.distances[:], distanceBits)
	if err != nil {
		return err
	}
	if e&isInvalid != 0 || distance > uint(r.end) {
		return ErrCorrupt
	}
	for range length {
		r.text[r.end] = r.text[r.end-int(distance)]
		r.end++
	}
	return nil
}

// symbol reads one of a table, and the number that its extra bits add up to. It asks
// for no more input than that takes.
func (r *Reader) symbol(table []entry, chosen uint) (entry, uint, error) {
	for {
		// Bits that the input does not have yet are zeros here: an entry that takes
		// no more than there are is right whatever they will be.
		e, from := table[r.bits&(1<<chosen-1)], uint(0)
		if e&isBehind != 0 {
			from = chosen
			e = table[e.base()+uint(r.bits>>chosen)&(1<<e.code()-1)]
		}
		if used := from + e.taken(); used <= r.n {
			number := e.base() + uint(r.bits&(1<<used-1))>>(from+e.code())
			r.bits >>= used
			r.n -= used
			return e, number, nil
		}
		if err := r.refill(); err != nil {
			return 0, 0, err
		}
	}
}

// margin is how many bytes of input decodeFast reads without a look whether they
// are there: it refills twice for each match.
const margin = 16

// decodeFast is decodeNext over and over, while there is input and room to spare.
func (r *Reader) decodeFast() error { //nolint:gocognit // one loop: a call costs as much as a symbol
	const literalMask, distanceMask = 1<<literalBits - 1, 1<<distanceBits - 1
	literals, distances := &r.code.literals, &r.code.distances
	in, next, bits, n := r.ahead, r.next, r.bits, r.n
	text, end := r.text, r.end
	limit := len(text) - longest
	var err error
	for next <= len(in)-margin && end < limit {
		// Between 56 and 63 bits count after this. Those above are the next ones as
		// well: to set them again changes nothing.
		bits |= binary.LittleEndian.Uint64(in[next:]) << (n & 63)
		next += int(63-n) >> 3
		n |= 56

		// Two literals before what comes next, of 11 bits each at most: all of it
		// fits into what was refilled.
		e := literals[bits&literalMask]
		for range 2 {
			if e&isLiteral == 0 {
				break
			}
			bits >>= e.taken()
			n -= e.taken()
			text[end] = byte(e >> 16) //nolint:gosec // a literal
			end++
			e = literals[bits&literalMask]
		}
		if e&isBehind != 0 {
			bits >>= literalBits
			n -= literalBits
			e = literals[e.base()+uint(bits)&(1<<e.code()-1)]
		}
		if e&(isLiteral|isEnd|isInvalid) != 0 {
			bits >>= e.taken()
			n -= e.taken()
			if e&isLiteral != 0 {
				text[end] = byte(e >> 16) //nolint:gosec // a literal
				end++
				continue
			}
			if e&isEnd != 0 {
				r.state = block
			} else {
				err = ErrCorrupt
			}
			break
		}
		length := int(e.base() + uint(bits)&(1<<e.taken()-1)>>e.code())
		bits >>= e.taken()
		n -= e.taken()

		// A distance takes 28 bits at most: 15 of its code, 13 extra.
		if n < 28 {
			bits |= binary.LittleEndian.Uint64(in[next:]) << (n & 63)
			next += int(63-n) >> 3
			n |= 56
		}
		e = distances[bits&distanceMask]
		if e&isBehind != 0 {
			bits >>= distanceBits
			n -= distanceBits
			e = distances[e.base()+uint(bits)&(1<<e.code()-1)]
		}
		distance := int(e.base() + uint(bits)&(1<<e.taken()-1)>>e.code())
		bits >>= e.taken()
		n -= e.taken()
		if e&isInvalid != 0 || distance > end {
			err = ErrCorrupt
			break
		}
		// Two words at a time, of which the last may go too far: what follows is
		// written over it.
		from, stop := end-distance, end+length
		for distance >= 8 {
			binary.LittleEndian.PutUint64(text[end:], binary.LittleEndian.Uint64(text[from:]))
			binary.LittleEndian.PutUint64(text[end+8:], binary.LittleEndian.Uint64(text[from+8:]))
			if end, from = end+16, from+16; end >= stop {
				break
			}
		}
		for ; end < stop; end, from = end+1, from+1 {
			text[end] = text[from]
		}
		end = stop
	}
	r.next, r.n, r.end = next, n, end
	r.bits = bits & (1<<n - 1)
	return err
}
