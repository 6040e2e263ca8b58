package inflate

import "math/bits"

// The bounds of the format (RFC 1951, 3.2.7).
const (
	maxBits      = 15 // of a code
	maxLiterals  = 286
	maxDistances = 30
	numPrecode   = 19
)

// How many bits of the input choose an entry at once. A code that is longer takes
// another look, into a table behind it.
const (
	literalBits  = 11
	distanceBits = 8
	precodeBits  = 7 // as long as one can be
)

// The most entries that a table can take with those behind it, found by zlib's
// examples/enough.c: for 288 symbols and 11 bits, and for 32 and 8.
const (
	literalEntries  = 2342
	distanceEntries = 402
)

// entry is what some bits of the input mean.
//
//	bits 0-7    how many bits of the input it takes, extra bits included
//	bits 8-11   of these, how many are the code
//	bits 12-15  its kind
//	bits 16-31  the literal, the shortest length or distance, or where the
//	            table behind begins
//
// An entry that leads to a table behind takes the bits that chose it, and in place
// of the bits of a code has how many choose the next.
type entry uint32

const (
	isLiteral entry = 1 << (12 + iota)
	isEnd
	isBehind
	isInvalid
)

func (e entry) taken() uint { return uint(e & 0x3f) }
func (e entry) code() uint  { return uint(e>>8) & 0xf }
func (e entry) base() uint  { return uint(e >> 16) }

// with is a symbol's entry, once the length of its code is known.
func (e entry) with(length uint) entry { return e + entry(length) + entry(length)<<8 }

// symbols are the entries of an alphabet, without their codes.
type symbols struct {
	literals  [288]entry
	distances [32]entry
	precode   [numPrecode]entry
}

func newSymbols() *symbols {
	s := &symbols{}
	for i := range 256 {
		s.literals[i] = isLiteral | entry(i)<<16
	}
	s.literals[256] = isEnd
	// 28 lengths from 3 on, of which each four have an extra bit more, and 258.
	length := entry(3)
	for i := range 28 {
		extra := entry(max(0, i/4-1))
		s.literals[257+i] = length<<16 | extra
		length += 1 << extra
	}
	s.literals[285] = 258 << 16
	s.literals[286], s.literals[287] = isInvalid, isInvalid
	distance := entry(1)
	for i := range maxDistances {
		extra := entry(max(0, i/2-1))
		s.distances[i] = distance<<16 | extra
		distance += 1 << extra
	}
	s.distances[30], s.distances[31] = isInvalid, isInvalid
	for i := range s.precode {
		s.precode[i] = entry(i) << 16
	}
	return s
}

// code is what a block is written in.
type code struct {
	literals  [literalEntries]entry
	distances [distanceEntries]entry
}

// newFixed makes the code that the format itself has (RFC 1951, 3.2.6).
func newFixed(s *symbols) *code {
	var literals [288]uint8
	for i := range literals {
		switch {
		case i < 144:
			literals[i] = 8
		case i < 256:
			literals[i] = 9
		case i < 280:
			literals[i] = 7
		default:
			literals[i] = 8
		}
	}
	var distances [32]uint8
	for i := range distances {
		distances[i] = 5
	}
	c := &code{}
	build(c.literals[:], literalBits, literals[:], s.literals[:])
	build(c.distances[:], distanceBits, distances[:], s.distances[:])
	return c
}

// build makes the table of the canonical code whose lengths are given, symbol by
// symbol; chosen is how many bits choose an entry of it. It says whether these
// lengths are those of a code: one that leaves nothing out, or that has one symbol
// of one bit, or none at all, as compressors write that need no distance.
func build(table []entry, chosen uint, lengths []uint8, of []entry) bool {
	var count [maxBits + 1]int
	for _, n := range lengths {
		count[n]++
	}
	longest := uint(maxBits)
	for longest > 0 && count[longest] == 0 {
		longest--
	}
	// Symbols by the length of their code, then in order.
	var next [maxBits + 2]int
	space := 0 // taken, of 1<<length
	for n := uint(1); n <= longest; n++ {
		next[n+1] = next[n] + count[n]
		space = space<<1 + count[n]
	}
	var sorted [288]uint16
	for symbol, n := range lengths {
		if n != 0 {
			sorted[next[n]] = uint16(symbol)
			next[n]++
		}
	}
	switch {
	case longest == 0 || longest == 1 && space == 1:
		for i := range 1 << chosen {
			table[i] = isInvalid.with(longest)
			if longest == 1 && i&1 == 0 {
				table[i] = of[sorted[0]].with(1)
			}
		}
		return true
	case space != 1<<longest:
		return false
	}
	c := canonical{count: count, sorted: sorted[:], of: of, length: 1}
	if !c.fill(table, chosen) {
		c.fillBehind(table, chosen)
	}
	return true
}

// canonical goes through the symbols of a complete code in order.
type canonical struct {
	count  [maxBits + 1]int
	sorted []uint16 // the symbols to come
	of     []entry

	// The code of the next symbol, with its first bit lowest, as the input has it.
	code, length uint
}

// next gives the entry of the next symbol, of which less bits of the code are known
// already, and says whether it is the last of all.
func (c *canonical) next(less uint) (e entry, last bool) {
	e = c.of[c.sorted[0]].with(c.length - less)
	c.sorted = c.sorted[1:]
	whole := uint(1)<<c.length - 1
	if c.code == whole {
		return e, true
	}
	bit := uint(1) << (bits.Len(c.code^whole) - 1)
	c.code = c.code&(bit-1) | bit
	return e, false
}

// fill makes the entries of codes that are no longer than the bits that choose one,
// and says whether these are all.
func (c *canonical) fill(table []entry, chosen uint) bool {
	for filled := uint(1); c.length <= chosen; c.length++ {
		copy(table[filled:], table[:filled]) // whatever the bit that is new
		filled <<= 1
		for range c.count[c.length] {
			code := c.code
			e, last := c.next(0)
			table[code] = e
			if last {
				for ; filled < 1<<chosen; filled <<= 1 {
					copy(table[filled:], table[:filled])
				}
				return true
			}
		}
	}
	return false
}

// fillBehind makes the entries of those that are longer, in tables behind.
func (c *canonical) fillBehind(table []entry, chosen uint) {
	end := uint(1) << chosen
	begin, prefix := uint(0), ^uint(0)
	for ; ; c.length++ {
		for left := c.count[c.length]; left > 0; left-- {
			code := c.code
			if code&(1<<chosen-1) != prefix {
				// As large as the codes that begin alike take.
				more := c.length - chosen
				for used := left; used < 1<<more; {
					more++
					used = used<<1 + c.count[chosen+more]
				}
				prefix, begin = code&(1<<chosen-1), end
				end += 1 << more
				table[prefix] = isBehind | entry(begin)<<16 | entry(more)<<8 | entry(chosen)
			}
			step := uint(1) << (c.length - chosen)
			e, last := c.next(chosen)
			for i := begin + code>>chosen; i < end; i += step {
				table[i] = e
			}
			if last {
				return
			}
		}
	}
}
