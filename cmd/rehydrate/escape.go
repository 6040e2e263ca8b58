package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// escaper is a command's way out: texts of logs, keys and clusters pass through
// it and cannot steer the terminal. Control characters but newline and tab,
// C1 controls and bytes that are not UTF-8 become visible, in the form that JSON
// has for them, so that a line of JSON stays the same value.
type escaper struct {
	out io.Writer
	// rest is the beginning of a character whose end comes with the next Write.
	rest []byte
}

func (e *escaper) Write(p []byte) (int, error) {
	b := slices.Concat(e.rest, p)
	e.rest = nil
	safe := make([]byte, 0, len(b))
	for len(b) > 0 {
		if !utf8.FullRune(b) {
			e.rest = b
			break
		}
		r, size := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && size == 1:
			safe = fmt.Appendf(safe, `\u%04x`, b[0])
		case r < ' ' && r != '\n' && r != '\t', 0x7f <= r && r < 0xa0:
			safe = fmt.Appendf(safe, `\u%04x`, r)
		default:
			safe = append(safe, b[:size]...)
		}
		b = b[size:]
	}
	if _, err := e.out.Write(safe); err != nil {
		return 0, err
	}
	return len(p), nil
}

// terminal is where an escaper writes to, for what steers the terminal on purpose.
func terminal(w io.Writer) io.Writer {
	if e, ok := w.(*escaper); ok {
		return e.out
	}
	return w
}

// visible is s as an escaper writes it.
func visible(s string) string {
	var b strings.Builder
	_, _ = (&escaper{out: &b}).Write([]byte(s)) // a Builder takes everything
	return b.String()
}
