package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// number writes 1234567 as 1,234,567.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// plural writes "1 object" and "2 objects".
func plural(n int64, noun string) string { return plural2(n, noun, noun+"s") }

// plural2 is plural for words that need more than an s. A form that holds %s has
// the number put there; else it stands in front.
func plural2(n int64, one, many string) string {
	form := many
	if n == 1 {
		form = one
		if !strings.Contains(one, "%s") && strings.Contains(many, "%s") {
			return one
		}
	}
	if strings.Contains(form, "%s") {
		return fmt.Sprintf(form, number(n))
	}
	return number(n) + " " + form
}

// size writes bytes for people.
func size(n int64) string {
	const unit = 1024
	if n < unit {
		return plural(n, "byte")
	}
	f, i := float64(n), -1
	for f >= unit && i < 4 {
		f /= unit
		i++
	}
	return fmt.Sprintf("%.1f %ciB", f, "KMGTP"[i])
}

// duration writes milliseconds for people.
func duration(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", ms)
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%s h %02d min", number(int64(d.Hours())), int(d.Minutes())%60)
}

// visible makes text from outside safe to show: what would not be seen, or would
// change how the text around it is shown (control characters, marks of writing
// direction, joiners, bytes that are not UTF-8), is written as an escape.
func visible(s string) string {
	if strings.IndexFunc(s, hidden) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !hidden(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		i += n
	}
	return b.String()
}

// hidden tells whether a character is not printed as a mark of its own.
func hidden(r rune) bool {
	return !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) || unicode.Is(unicode.Variation_Selector, r)
}
