package decode

import (
	"encoding/json"
	"unicode/utf8"
)

const replacement = "\ufffd"

// appendRepaired appends s with U+FFFD for each byte that is not UTF-8.
func appendRepaired(b, s []byte) []byte {
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		if r == utf8.RuneError && n == 1 {
			b = append(b, replacement...)
		} else {
			b = append(b, s[:n]...)
		}
		s = s[n:]
	}
	return b
}

// text is the text of a string that was scanned; bytes that are not UTF-8 and
// halves of surrogate pairs are U+FFFD in it. It allocates.
func text(b []byte, s span) string {
	if s.traits == 0 {
		return string(s.of(b))
	}
	var t string
	if json.Unmarshal(b[s.from-1:s.to+1], &t) != nil {
		return "" // cannot be: it was scanned
	}
	return t
}
