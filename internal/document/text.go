package document

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Unescape adds the text of a JSON string, which comes with its quotes and must
// be valid. A lone surrogate becomes U+FFFD, and whole is then false.
func Unescape(dst, quoted []byte) (text []byte, whole bool) {
	rest := quoted[1 : len(quoted)-1]
	whole = true
	for {
		i := bytes.IndexByte(rest, '\\')
		if i < 0 {
			return append(dst, rest...), whole
		}
		dst = append(dst, rest[:i]...)
		c := rest[i+1]
		rest = rest[i+2:]
		switch c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := hex4(rest)
			rest = rest[4:]
			if utf16.IsSurrogate(r) {
				pair := utf8.RuneError
				if len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
					pair = utf16.DecodeRune(r, hex4(rest[2:]))
				}
				if r = pair; r == utf8.RuneError {
					whole = false
				} else {
					rest = rest[6:]
				}
			}
			dst = utf8.AppendRune(dst, r)
		default: // the quote, the backslash and the slash stand for themselves
			dst = append(dst, c)
		}
	}
}

func hex4(b []byte) rune {
	var r rune
	for _, c := range b[:4] {
		switch {
		case c <= '9':
			c -= '0'
		default:
			c = c&^0x20 - 'A' + 10
		}
		r = r<<4 | rune(c)
	}
	return r
}
