package run

import (
	"strings"
	"testing"
)

// TestCutCountsEscaped: what is cut takes at most so many characters, however they
// are escaped, and ends between two of them.
func TestCutCountsEscaped(t *testing.T) {
	for _, c := range []struct {
		s    string
		most int
		want string
	}{
		{"", 10, ""},
		{"plain text", 10, "plain text"},
		{"plain text!", 10, "plai…"},
		{`"quotes"`, 10, `"quotes"`},
		{`""""""`, 10, `""…`},
		{"é", 6, "é"},
		{"éé", 12, "éé"},
		{"ééé", 12, "é…"},
		{"🍣", 12, "🍣"},
		{"🍣🍣", 17, "…"},
		{"🍣🍣🍣", 35, "🍣🍣…"},
		{"\x00\x00", 11, "…"},
	} {
		if got := Cut(c.s, c.most); got != c.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.s, c.most, got, c.want)
		}
	}
	for _, of := range []string{"a", `"`, "é", "🍣", "\x01", "\xff"} {
		n := 0
		for _, r := range Cut(strings.Repeat(of, 1000), 200) {
			n += escapedLength(r)
		}
		if n > 200 || n < 180 {
			t.Errorf("of %q %d characters stay", of, n)
		}
	}
}
