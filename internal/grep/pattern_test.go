package grep_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/grep"
)

// event is one with a message as it stands in an archive, which is a JSON string.
func event(message string) (e decode.Event, ok bool) {
	d := decode.New(strings.NewReader(`{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","subscriptionFilters":[],`+
		`"logEvents":[{"id":"1","timestamp":1,"message":`+message+`}]}`), decode.Options{})
	err := d.Next(&e)
	return e, err == nil && e.Malformed == ""
}

// No event is passed over because of how its message stands in the archive.
func FuzzSelects(f *testing.F) {
	for _, s := range [][2]string{
		{"timeout", `"i\/o t\u0069meout"`},
		{"i/o", `"i\/o"`},
		{"K", "\"\u212a\""},
		{"(?i)stream", "\"\u017ftream\""},
		{`"status":500`, `"{\"status\":500}"`},
		{`a\nb`, `"a\nb"`},
		{`\\`, `"\\"`},
		{"(ab|cd)+x", `"cdabx"`},
		{"[Kk]elvin", `"kelvin"`},
		{"\u00e9|e", `"\u00C9"`},
		{"x{0,2}y", `"y"`},
		{"", `""`},
		{"\ufffd", "\"\xff\""},
		{"\U0001f600", `"\ud83d\ude00"`},
		{`\bfoo$`, `"a foo\nbar"`},
	} {
		f.Add(s[0], s[1], false, false)
		f.Add(s[0], s[1], true, true)
	}
	f.Fuzz(func(t *testing.T, pattern, message string, ignoreCase, fixed bool) {
		p, err := grep.Compile([]string{pattern}, grep.Flags{IgnoreCase: ignoreCase, Fixed: fixed})
		if err != nil {
			return
		}
		e, ok := event(message)
		if !ok {
			return
		}
		var text string
		if err := json.Unmarshal(e.Message, &text); err != nil {
			t.Fatal(err)
		}
		if fixed {
			pattern = regexp.QuoteMeta(pattern)
		}
		flags := "(?m)"
		if ignoreCase {
			flags = "(?mi)"
		}
		want := regexp.MustCompile(flags + "(?:" + pattern + ")").MatchString(text)
		if got, _ := p.Selects(&e, nil); got != want {
			t.Errorf("%q in %s: %v, want %v", pattern, message, got, want)
		}
	})
}

func TestSelects(t *testing.T) {
	for _, c := range []struct {
		patterns []string
		flags    grep.Flags
		message  string
		want     bool
	}{
		{[]string{"timeout"}, grep.Flags{}, "i/o timeout", true},
		{[]string{"timeout"}, grep.Flags{}, "Timeout", false},
		{[]string{"timeout"}, grep.Flags{IgnoreCase: true}, "TimeOut", true},
		{[]string{"timeout"}, grep.Flags{Invert: true}, "i/o timeout", false},
		{[]string{"a.c"}, grep.Flags{Fixed: true}, "abc", false},
		{[]string{"a.c"}, grep.Flags{Fixed: true}, "a.c", true},
		{[]string{"refused", "timeout"}, grep.Flags{}, "connection refused", true},
		{[]string{"time"}, grep.Flags{Word: true}, "timeout", false},
		{[]string{"time"}, grep.Flags{Word: true}, "timeout time", true},
		{[]string{"-v"}, grep.Flags{Word: true}, "use -v here", true},
		{[]string{"寿司"}, grep.Flags{Word: true}, "寿司が", false},
		{[]string{"^b$"}, grep.Flags{}, "a\nb\nc", true},
		{[]string{"a.b"}, grep.Flags{}, "a\nb", false},
		{[]string{`"status":500`}, grep.Flags{}, `{"status":500}`, true},
		{[]string{""}, grep.Flags{}, "", true},
	} {
		quoted, err := json.Marshal(c.message)
		if err != nil {
			t.Fatal(err)
		}
		e, ok := event(string(quoted))
		if !ok {
			t.Fatal(c.message)
		}
		p, err := grep.Compile(c.patterns, c.flags)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := p.Selects(&e, nil); got != c.want {
			t.Errorf("%q with %+v in %q: %v, want %v", c.patterns, c.flags, c.message, got, c.want)
		}
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		flags         grep.Flags
		want          string
	}{
		{"a+", "aa b a", grep.Flags{}, "aa|a"},
		{"x*", "axxb", grep.Flags{}, "xx"},
		{"foo", "foo foo,foo foot", grep.Flags{Word: true}, "foo|foo|foo"},
		{"a", "b", grep.Flags{Invert: true}, ""},
	} {
		p, err := grep.Compile([]string{c.pattern}, c.flags)
		if err != nil {
			t.Fatal(err)
		}
		var parts []string
		for _, m := range p.Matches([]byte(c.text)) {
			parts = append(parts, c.text[m[0]:m[1]])
		}
		if got := strings.Join(parts, "|"); got != c.want {
			t.Errorf("%q in %q: %s, want %s", c.pattern, c.text, got, c.want)
		}
	}
}

// What is wrong with a pattern is said of the pattern that was given.
func TestPatternsThatCannotBeUsed(t *testing.T) {
	for _, p := range []string{"a)(b", "[", "a{2000}", "\xff", `\1`} {
		_, err := grep.Compile([]string{"fine", p}, grep.Flags{})
		if err == nil || !strings.HasPrefix(err.Error(), "the pattern ") {
			t.Errorf("%q: %v", p, err)
		}
	}
}
