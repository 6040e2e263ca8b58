package jsonscan

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAppendEscapedIsWhatJSONReadsBack(t *testing.T) {
	for _, text := range []string{"", "plain", `"\/`, "\x00\x1f\x7f", "é\u2028\U0001F600", "\xff\xc3"} {
		var got string
		quoted := append(AppendEscaped([]byte{'"'}, text), '"')
		if err := json.Unmarshal(quoted, &got); err != nil {
			t.Errorf("%q is written as %s: %v", text, quoted, err)
			continue
		}
		if want := string([]rune(text)); got != want {
			t.Errorf("%q reads back as %q", text, got)
		}
	}
}

// Strings are read as encoding/json reads them, bytes that are not UTF-8 included.
func FuzzText(f *testing.F) {
	for _, s := range []string{`a`, `\n\"\/\\`, `\u00e9\ud83d\ude00`, `\ud800`, `\udc00x`, `\ud800\u0041`, `\ud800\ud800\udc00`, "\xc3\\u0029\xff\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, inner []byte) {
		quoted := slices.Concat([]byte{'"'}, inner, []byte{'"'})
		var want string
		if json.Unmarshal(quoted, &want) != nil {
			t.Skip("no string")
		}
		v, end, problem := Scalar(quoted, 0)
		if problem != "" || end != len(quoted) || v.Text(quoted) != want || Text(inner) != want || !v.Is(quoted, want) && utf8.Valid(inner) {
			t.Errorf("%s is scanned to %d as %+v (%q), and read as %q, want %q", quoted, end, v, problem, Text(inner), want)
		}
		got, whole := AppendUnescaped(nil, inner)
		if lone := strings.Contains(want, "\ufffd"); utf8.Valid(inner) && (string(got) != want || !whole && !lone) {
			t.Errorf("%s is %q (whole: %v), want %q", quoted, got, whole, want)
		}
	})
}
