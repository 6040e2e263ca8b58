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

// A string with escapes, and one with bytes that are not UTF-8.
const (
	Escaped Traits = 1 << iota
	Invalid
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
	highs = 0x8080808080808080
)

// scanString scans a string from behind its opening quote to behind the closing
// one.
func scanString(b []byte, i int) (int, Traits, Problem) {
	var t Traits
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
			return i, t, Short
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1, t, ""
		case c == '\\':
			t |= Escaped
			if i+1 < len(b) && (b[i+1] == '"' || b[i+1] == '\\' || b[i+1] == 'n') {
				i += 2 // nearly all there are
				continue
			}
			n, p := scanEscape(b, i)
			if p != "" {
				return n, t, p
			}
			i = n
		case c < ' ':
			return i, t, BadControl
		case c < utf8.RuneSelf:
			i++
		default:
			n, valid := scanRune(b[i:])
			if n == 0 {
				return len(b), t, Short
			}
			if !valid {
				t |= Invalid
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
func scanEscape(b []byte, i int) (int, Problem) {
	if i+1 >= len(b) {
		return len(b), Short
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, ""
	case 'u':
		for k := i + 2; k < i+6; k++ {
			if k >= len(b) {
				return len(b), Short
			}
			if c := b[k]; (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return k, BadEscape
			}
		}
		return i + 6, ""
	}
	return i + 1, BadEscape
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
