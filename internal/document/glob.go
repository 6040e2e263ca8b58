package document

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"
)

// globExpression writes a glob as a regular expression. It is a glob of
// path.Match, which see, but that * also crosses slashes.
func globExpression(glob string) (string, error) {
	if _, err := path.Match(glob, ""); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for len(glob) > 0 {
		switch r, n := utf8.DecodeRuneInString(glob); r {
		case '*':
			b.WriteString(`.*`)
			glob = glob[n:]
		case '?':
			b.WriteString(`[^/]`)
			glob = glob[n:]
		case '[':
			glob = writeClass(&b, glob[n:])
		default:
			r, glob = character(glob)
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	b.WriteString(`\z`)
	return b.String(), nil
}

// writeClass writes the class that begins before rest, and gives what follows it.
func writeClass(b *strings.Builder, rest string) string {
	rest, negated := strings.CutPrefix(rest, "^")
	var ranges strings.Builder
	for rest != "" && rest[0] != ']' {
		var low rune
		low, rest = character(rest)
		high := low
		if r, ok := strings.CutPrefix(rest, "-"); ok {
			high, rest = character(r)
		}
		if low <= high { // a range the wrong way round holds nothing
			fmt.Fprintf(&ranges, `\x{%X}-\x{%X}`, low, high)
		}
	}
	switch {
	case ranges.Len() == 0 && negated:
		b.WriteString(`.`)
	case ranges.Len() == 0:
		b.WriteString(`[^\x{0}-\x{10FFFF}]`)
	case negated:
		b.WriteString(`[^` + ranges.String() + `]`)
	default:
		b.WriteString(`[` + ranges.String() + `]`)
	}
	return strings.TrimPrefix(rest, "]")
}

// character reads one character, which a backslash may stand before.
func character(s string) (r rune, rest string) {
	s = strings.TrimPrefix(s, `\`)
	if s == "" {
		return utf8.RuneError, ""
	}
	r, n := utf8.DecodeRuneInString(s)
	return r, s[n:]
}
