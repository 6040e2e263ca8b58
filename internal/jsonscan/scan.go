// Package jsonscan reads JSON text (RFC 8259) in place: each function is given
// the index where something begins and gives the one behind it. It allocates
// nothing, is strict, and tells text that ends too early from text that is wrong.
// Of bytes that are not UTF-8, which no string may hold, it only takes notice:
// archives have them.
//
// It knows nothing of records, events or answers: whoever calls it says which
// members of which objects matter.
package jsonscan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Problem is why a scan could not go on, in words for people; its place is the
// index that the scan gives with it. It is empty where nothing is wrong.
type Problem string

// Short is told where the text ends before the value does: with more text the
// same scan may do.
const Short Problem = "the text ends inside a JSON value"

// What is against the grammar.
const (
	BadValue   Problem = "no JSON value begins here"
	BadLiteral Problem = "neither true, false nor null"
	BadNumber  Problem = "no JSON number"
	BadEscape  Problem = "no JSON escape"
	BadControl Problem = "a control character in a JSON string"
	BadMember  Problem = "an object's member must begin with its name in quotes"
	BadColon   Problem = "a colon must follow a member's name"
	BadObject  Problem = "a comma or closing brace must follow an object's member"
	BadArray   Problem = "a comma or closing bracket must follow an array's element"
	BadDepth   Problem = "values nested more than 10,000 deep"
)

// Traits are what a scan has seen in a string.
type Traits uint8

// A string with escapes, one with bytes that are not UTF-8, and one in which what
// mostly stands for itself is written \u or, if a slash, behind a backslash.
const (
	Escaped Traits = 1 << iota
	Invalid
	Coded
)

// Space gives the index of the first byte from i on that is no white space.
func Space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

const (
	ones  = 0x0101010101010101
	lows  = 0x7f7f7f7f7f7f7f7f
	highs = 0x8080808080808080
)

// scanString scans a string from behind its opening quote to behind the closing
// one.
func scanString(b []byte, i int) (int, Traits, Problem) {
	var t Traits
	for {
		n, escapes := skim(b, i)
		if i = n; escapes {
			t |= Escaped
		}
		if i >= len(b) {
			return i, t, Short
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1, t, ""
		case c == '\\':
			n, escape, p := scanEscape(b, i)
			if t |= escape; p != "" {
				return n, t, p
			}
			i = n
		case c < ' ':
			return i, t, BadControl
		case c < utf8.RuneSelf:
			i++
		default:
			n, valid := scanRunes(b, i)
			if n == 0 {
				return len(b), t, Short
			}
			if !valid {
				t |= Invalid
			}
			i = n
		}
	}
}

// skim passes over the inside of a string eight bytes at a time, for as long as
// there is nothing but ASCII without control characters in which quotes stand
// behind backslashes, and backslashes before quotes: what a message that is JSON
// itself consists of. It gives the index of what it cannot tell of, and tells whether
// there were backslashes.
func skim(b []byte, i int) (n int, escaped bool) {
	// In odd the high bit of a byte is set where it is not so, in behind where a
	// backslash stands before it. Sums carry over only from a byte that is not ASCII,
	// and the lowest bit of odd is all that is used.
	var slashes, behind uint64
	for i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		quotes := ^(w ^ '"'*ones + lows)
		slash := ^(w ^ '\\'*ones + lows) & highs
		behind |= slash << 8
		odd := (quotes ^ behind | ^(w + (0x80-' ')*ones) | w) & highs
		if odd != 0 {
			lowest := odd & -odd
			slashes |= slash & (lowest - 1)
			behind &= lowest
			i += bits.TrailingZeros64(lowest) >> 3
			break
		}
		slashes |= slash
		behind = slash >> 56
		i += 8
	}
	if behind != 0 {
		i-- // to the backslash
	}
	return i, slashes != 0
}

// scanRunes scans characters beyond ASCII, which come in words: at least the one
// that begins at i. n is 0 where b ends inside of one.
func scanRunes(b []byte, i int) (n int, valid bool) {
	for valid = true; i < len(b) && b[i] >= utf8.RuneSelf; {
		if i+2 < len(b) && b[i]-0xe1 <= 0xec-0xe1 && b[i+1]&b[i+2]&0xc0 == 0x80 && (b[i+1]|b[i+2])&0x40 == 0 {
			i += 3 // U+1000 to U+CFFF, which takes no closer look
			continue
		}
		n, ok := scanRune(b[i:])
		if n == 0 {
			return 0, valid
		}
		valid = valid && ok
		i += n
	}
	return i, valid
}

// scanRune gives the length of the character that b begins with, 1 where it is
// not valid UTF-8, 0 where b ends inside of it.
func scanRune(b []byte) (n int, valid bool) {
	r, n := utf8.DecodeRune(b)
	if r != utf8.RuneError || n != 1 {
		return n, true
	}
	if !utf8.FullRune(b) {
		return 0, false
	}
	return 1, false
}

// scanEscape scans the escape whose backslash is at i.
func scanEscape(b []byte, i int) (int, Traits, Problem) {
	if i+1 >= len(b) {
		return len(b), Escaped, Short
	}
	switch b[i+1] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		return i + 2, Escaped, ""
	case '/':
		return i + 2, Escaped | Coded, ""
	case 'u':
		for k := i + 2; k < i+6; k++ {
			if k >= len(b) {
				return len(b), Escaped, Short
			}
			if c := b[k]; (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return k, Escaped, BadEscape
			}
		}
		return i + 6, Escaped | Coded, ""
	}
	return i + 1, Escaped, BadEscape
}

// scanNumber scans a number and tells whether it is an integer, written without
// fraction or exponent. One that reaches to the end of b is Short: it may go on.
func scanNumber(b []byte, i int) (end int, integer bool, p Problem) {
	if b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if i, p = scanDigits(b, i); p != "" {
		return i, false, p
	}
	integer = true
	if i < len(b) && b[i] == '.' {
		integer = false
		if i, p = scanDigits(b, i+1); p != "" {
			return i, false, p
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		integer = false
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if i, p = scanDigits(b, i); p != "" {
			return i, false, p
		}
	}
	if i == len(b) {
		return i, false, Short
	}
	return i, integer, ""
}

// scanDigits scans one digit or more.
func scanDigits(b []byte, i int) (int, Problem) {
	n := Digits(b, i)
	switch {
	case n > i:
		return n, ""
	case n == len(b):
		return n, Short
	}
	return n, BadNumber
}

// Digits gives the index of the first byte from i on that is no decimal digit.
func Digits(b []byte, i int) int {
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i
}

// scanLiteral scans true, false or null.
func scanLiteral(b []byte, i int) (int, Problem) {
	word := "null"
	switch b[i] {
	case 't':
		word = "true"
	case 'f':
		word = "false"
	}
	for k := range len(word) {
		if i+k >= len(b) {
			return len(b), Short
		}
		if b[i+k] != word[k] {
			return i + k, BadLiteral
		}
	}
	return i + len(word), ""
}
