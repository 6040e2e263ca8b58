package jsonscan

import (
	"bytes"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// Text is what a string says that was scanned and is given without its quotes;
// bytes that are not UTF-8 and halves of surrogate pairs are U+FFFD in it. It
// allocates.
func Text(inner []byte) string {
	text, _ := AppendUnescaped(make([]byte, 0, len(inner)), inner)
	if utf8.Valid(text) {
		return string(text)
	}
	return string(AppendRepaired(nil, text))
}

// AppendUnescaped adds the text of a string that was scanned and is given without
// its quotes. Half of a surrogate pair becomes U+FFFD, and whole is then false;
// bytes that are not UTF-8 stay.
func AppendUnescaped(dst, inner []byte) (text []byte, whole bool) {
	whole = true
	for {
		i := bytes.IndexByte(inner, '\\')
		if i < 0 {
			return append(dst, inner...), whole
		}
		dst = append(dst, inner[:i]...)
		c := inner[i+1]
		inner = inner[i+2:]
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
			r := hex4(inner)
			inner = inner[4:]
			if utf16.IsSurrogate(r) {
				pair := utf8.RuneError
				if len(inner) >= 6 && inner[0] == '\\' && inner[1] == 'u' {
					pair = utf16.DecodeRune(r, hex4(inner[2:]))
				}
				if r = pair; r == utf8.RuneError {
					whole = false
				} else {
					inner = inner[6:]
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

// AppendEscaped adds text as it stands inside a string, with the shortest escapes
// where it takes any. Bytes that are not UTF-8 become U+FFFD.
func AppendEscaped[T []byte | string](dst []byte, text T) []byte {
	const hex = "0123456789abcdef"
	done := 0
	for i := 0; i < len(text); {
		i += plain(text[i:])
		if i == len(text) {
			break
		}
		dst = append(dst, text[done:i]...)
		switch c := text[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
			i++
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(string(text[i:min(len(text), i+utf8.UTFMax)]))
			dst = utf8.AppendRune(dst, r)
			i += n
		default:
			if short := shortEscape(c); short != 0 {
				dst = append(dst, '\\', short)
			} else {
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
			i++
		}
		done = i
	}
	return append(dst, text[done:]...)
}

// plain is how many bytes at the beginning of text are ASCII that takes no escape.
func plain[T []byte | string](text T) int {
	i := 0
	for ; i+8 <= len(text); i += 8 {
		w := uint64(text[i]) | uint64(text[i+1])<<8 | uint64(text[i+2])<<16 | uint64(text[i+3])<<24 |
			uint64(text[i+4])<<32 | uint64(text[i+5])<<40 | uint64(text[i+6])<<48 | uint64(text[i+7])<<56
		// As in skim, but that backslashes are odd wherever they stand.
		quote, slash := w^'"'*ones, w^'\\'*ones
		if odd := (^(quote + lows) | ^(slash + lows) | ^(w + (0x80-' ')*ones) | w) & highs; odd != 0 {
			return i + bits.TrailingZeros64(odd)>>3
		}
	}
	for ; i < len(text); i++ {
		if c := text[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			break
		}
	}
	return i
}

// shortEscape is the letter that stands for a control character behind a
// backslash, or 0.
func shortEscape(c byte) byte {
	switch c {
	case '\b':
		return 'b'
	case '\f':
		return 'f'
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\t':
		return 't'
	}
	return 0
}

// AppendRepaired adds text with U+FFFD for each byte that is not UTF-8.
func AppendRepaired(dst, text []byte) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		dst = utf8.AppendRune(dst, r)
		text = text[n:]
	}
	return dst
}
