package decode

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// problem is why a scan could not go on; its place is the index that the scan
// returns with it. Scans are strict (RFC 8259), but for bytes that are not
// UTF-8, which they only notice.
type problem uint8

const (
	none problem = iota
	// short: the bytes end before the value does.
	short
	badValue
	badLiteral
	badNumber
	badEscape
	badControl
	badMember
	badColon
	badObject
	badArray
	badDepth
	badTwice
	badEvents
)

func (p problem) String() string {
	switch p {
	case none:
		return "nothing wrong"
	case short:
		return "the text ends inside a record"
	case badValue:
		return "no JSON value begins here"
	case badLiteral:
		return "neither true, false nor null"
	case badNumber:
		return "no JSON number"
	case badEscape:
		return "no JSON escape"
	case badControl:
		return "a control character in a JSON string"
	case badMember:
		return "an object's member must begin with its name in quotes"
	case badColon:
		return "a colon must follow a member's name"
	case badObject:
		return "a comma or closing brace must follow an object's member"
	case badArray:
		return "a comma or closing bracket must follow an array's element"
	case badDepth:
		return "values nested more than 10,000 deep"
	case badTwice:
		return "a member of the record is given twice"
	case badEvents:
		return "logEvents is no array"
	}
	return "unknown problem"
}

// traits are what a scan of a string has seen in it.
type traits uint8

const (
	escaped traits = 1 << iota
	invalid        // bytes that are not UTF-8
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// scanString scans a string from behind its opening quote, and gives the index
// behind the closing one.
func scanString(b []byte, i int) (int, traits, problem) {
	var t traits
	for {
		// Eight bytes at a time: in special the high bit of a byte is set where that
		// byte is a quote, a backslash, a control character or not ASCII. Borrows can
		// set it falsely only above a true one, and the lowest is all that is used.
		for i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			quote, slash := w^'"'*ones, w^'\\'*ones
			special := (quote-ones)&^quote | (slash-ones)&^slash | (w-' '*ones)&^w | w
			if special &= highs; special != 0 {
				i += bits.TrailingZeros64(special) >> 3
				break
			}
			i += 8
		}
		if i >= len(b) {
			return i, t, short
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1, t, none
		case c == '\\':
			t |= escaped
			if i+1 < len(b) && (b[i+1] == '"' || b[i+1] == '\\' || b[i+1] == 'n') {
				i += 2 // nearly all there are
				continue
			}
			n, p := scanEscape(b, i)
			if p != none {
				return n, t, p
			}
			i = n
		case c < ' ':
			return i, t, badControl
		case c < utf8.RuneSelf:
			i++
		default:
			n, valid := scanRune(b[i:])
			if n == 0 {
				return len(b), t, short
			}
			if !valid {
				t |= invalid
			}
			i += n
		}
	}
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
func scanEscape(b []byte, i int) (int, problem) {
	if i+1 >= len(b) {
		return len(b), short
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, none
	case 'u':
		for k := i + 2; k < i+6; k++ {
			if k >= len(b) {
				return len(b), short
			}
			if c := b[k]; (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return k, badEscape
			}
		}
		return i + 6, none
	}
	return i + 1, badEscape
}

// scanSpace gives the index of the first byte from i on that is no JSON
// whitespace.
func scanSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// scanNumber scans a number and tells whether it is an integer, written without
// fraction or exponent. A number that reaches to the end of b is short.
func scanNumber(b []byte, i int) (end int, integer bool, p problem) {
	if b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if i, p = scanDigits(b, i); p != none {
		return i, false, p
	}
	integer = true
	if i < len(b) && b[i] == '.' {
		integer = false
		if i, p = scanDigits(b, i+1); p != none {
			return i, false, p
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		integer = false
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if i, p = scanDigits(b, i); p != none {
			return i, false, p
		}
	}
	if i == len(b) {
		return i, false, short
	}
	return i, integer, none
}

// scanDigits scans one digit or more.
func scanDigits(b []byte, i int) (int, problem) {
	n := i
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	switch {
	case n > i:
		return n, none
	case n == len(b):
		return n, short
	}
	return n, badNumber
}

// scanLiteral scans true, false or null.
func scanLiteral(b []byte, i int) (int, problem) {
	word := "null"
	switch b[i] {
	case 't':
		word = "true"
	case 'f':
		word = "false"
	}
	for k := range len(word) {
		if i+k >= len(b) {
			return len(b), short
		}
		if b[i+k] != word[k] {
			return i + k, badLiteral
		}
	}
	return i + len(word), none
}
