package jsonscan

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestValue(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, c := range []struct {
		text string
		kind byte
		end  int
		p    Problem
	}{
		{`"a\n" `, '"', 5, ""},
		{`-0 `, Integer, 2, ""},
		{`-12,`, Integer, 3, ""},
		{`1.5e-3]`, '1', 6, ""},
		{`12`, 0, 2, Short},
		{`null `, 'n', 4, ""},
		{`nul`, 0, 3, Short},
		{`nil`, 0, 1, BadLiteral},
		{`{"a":[1,{"b":[]},"]"],"c":{}}x`, '{', 29, ""},
		{`[ ]`, '[', 3, ""},
		{`{"a" 1}`, 0, 5, BadColon},
		{`{"a":1 "b"}`, 0, 7, BadObject},
		{`{"a":1,}`, 0, 7, BadMember},
		{`{1}`, 0, 1, BadMember},
		{`[1 2]`, 0, 3, BadArray},
		{`[1,]`, 0, 3, BadValue},
		{`[01]`, 0, 2, BadArray},
		{`[-]`, 0, 2, BadNumber},
		{`["\x"]`, 0, 3, BadEscape},
		{`["\u12g4"]`, 0, 6, BadEscape},
		{"[\"a\tb\"]", 0, 3, BadControl},
		{`{"a":`, 0, 5, Short},
		{`"日`[:2], 0, 2, Short},
		{``, 0, 0, Short},
		{deep(MaxDepth), '[', 2 * MaxDepth, ""},
		{deep(MaxDepth + 1), 0, MaxDepth, BadDepth},
	} {
		var nest Nest
		v, end, p := nest.Value([]byte(c.text), 0, 0)
		if end != c.end || p != c.p || p == "" && v.Kind != c.kind {
			t.Errorf("%.40q is scanned to %d as %q (%q), want %d, %q (%q)", c.text, end, v.Kind, p, c.end, c.kind, c.p)
		}
	}
}

func TestWhatAStringHolds(t *testing.T) {
	for text, want := range map[string]Traits{
		`"plain ascii of more than eight bytes"`: 0,
		`"日本"`:                                   0,
		`"a\u0062"`:                              Escaped | Coded,
		`"a\/b"`:                                 Escaped | Coded,
		`"{\"a\":\"b\\u0062\",\n}\\"`:            Escaped,
		"\"caf\xe9\"":                            Invalid,
		"\"\\n\xc0\xaf\"":                        Escaped | Invalid,
	} {
		if v, _, p := Scalar([]byte(text), 0); v.Traits != want || p != "" {
			t.Errorf("%s has traits %b (%q), want %b", text, v.Traits, p, want)
		}
	}
}

func TestAScanAllocatesNothing(t *testing.T) {
	text := []byte(`{"a":[1,2.5,{"b":"c\n"}],"d":true}`)
	var nest Nest
	if n := testing.AllocsPerRun(100, func() { nest.Value(text, 0, 0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A value ends, and is wrong, where encoding/json says so.
func FuzzValue(f *testing.F) {
	for _, s := range []string{
		`{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","timestamp":1544414264183,"message":"{\"level\":\"info\"}"}]}`,
		`[1,-2.5e+3,true,null,"日本\ud800\u0000",{}]`, `{"a":1`, `{"a":1,}`, `[01]`, `tru`, `nil`, `1`, `-`, `1.`, `"\q"`, "\"\x01\"", "\"\xff\"", `{"a" 1}`, `[1 2]`, " 1 ", "",
		strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var nest Nest
		_, end, problem := nest.Value(text, Space(text, 0), 0)
		if problem == BadDepth {
			t.Skip("encoding/json tells another place")
		}
		d := json.NewDecoder(bytes.NewReader(append(text[:len(text):len(text)], ' ')))
		var raw json.RawMessage
		err := d.Decode(&raw)
		var syntax *json.SyntaxError
		switch {
		case err == nil && int(d.InputOffset()) == len(text) && (raw[0] == '-' || '0' <= raw[0] && raw[0] <= '9'):
			if problem != Short {
				t.Errorf("%q: a number that may go on is %q", text, problem)
			}
		case err == nil:
			if problem != "" || end != int(d.InputOffset()) {
				t.Errorf("%q ends at %d (%q), want %d", text, end, problem, d.InputOffset())
			}
		case errors.As(err, &syntax) && int(syntax.Offset)-1 < len(text):
			if problem == "" || problem == Short || end != int(syntax.Offset)-1 {
				t.Errorf("%q is wrong at %d (%q), want %d: %v", text, end, problem, syntax.Offset-1, err)
			}
		default: // at the space that stands for more text, or behind it
			if problem != Short || end != len(text) {
				t.Errorf("%q is short at %d (%q): %v", text, end, problem, err)
			}
		}
	})
}
