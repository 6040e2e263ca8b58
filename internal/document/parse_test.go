package document

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func quote(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(b.Bytes())
}

func TestParsedMessages(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	for _, c := range []struct{ name, message, want string }{
		{"object", `{"level":"info","n":[1,-2.5e+3,true,null]}`, `{"level":"info","n":[1,-2.5e+3,true,null]}`},
		{"pretty-printed", "\n{\n  \"a\" : {\t\"b\" : [ ] } , \"c\":\r\n \"x y\"\n}\n", `{"a":{"b":[]},"c":"x y"}`},
		{"escapes stay", `{"a":"\u00e9\n\"\\"}`, `{"a":"\u00e9\n\"\\"}`},
		{"same name in another object", `{"a":{"a":1},"b":{"a":2}}`, `{"a":{"a":1},"b":{"a":2}}`},
		{"blank names", `{"":1," ":{"":2}}`, `{"":1," ":{"":2}}`},
		{"dots", `{"a.b":1,"a":{"b":2}}`, `{"a.b":1,"a":{"b":2}}`},
		{"as deep as may be", deep(20), deep(20)},
		{"long value", `{"a":"` + strings.Repeat("x", 31_000) + `"}`, `{"a":"` + strings.Repeat("x", 31_000) + `"}`},

		{"plain text", "GET / 200", ""},
		{"empty", "", ""},
		{"empty object", "{ }", ""},
		{"array", `[{"a":1}]`, ""},
		{"scalar", `"a"`, ""},
		{"broken", `{"a":1`, ""},
		{"two objects", `{"a":1}{"b":2}`, ""},
		{"text after it", `{"a":1} done`, ""},
		{"trailing comma", `{"a":1,}`, ""},
		{"leading zero", `{"a":01}`, ""},
		{"not a number", `{"a":NaN}`, ""},
		{"control character", "{\"a\":\"\x01\"}", ""},
		{"bad escape", `{"a":"\x"}`, ""},
		{"same name twice", `{"a":1,"a":2}`, ""},
		{"same name twice, escaped", `{"a":1,"\u0061":2}`, ""},
		{"same name twice, inside", `{"x":[{"b":1,"a":1,"b":2}]}`, ""},
		{"NUL in a name", `{"a\u0000":1}`, ""},
		{"too deep", deep(21), ""},
		{"arrays too deep", `{"a":` + strings.Repeat("[", 21) + strings.Repeat("]", 21) + `}`, ""},
		{"value beyond a term", `{"a":"` + strings.Repeat("x", 32_766) + `"}`, ""},
		{"name beyond a term", `{"` + strings.Repeat("x", 32_766) + `":1}`, ""},
		{"number beyond Jackson", `{"a":` + strings.Repeat("1", 1001) + `}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p parser
			want := "before"
			if c.want != "" {
				want += `,"parsed":` + c.want
			}
			if got := string(p.append([]byte("before"), quote(t, c.message))); got != want {
				t.Errorf("adds %.200s\nwant %.200s", got, want)
			}
		})
	}
}

func TestLoneSurrogateIsNotParsed(t *testing.T) {
	var p parser
	if got := p.append(nil, []byte(`"{\"a\":\"\ud800\"}"`)); len(got) != 0 {
		t.Errorf("adds %s", got)
	}
}

// What is added is the message's own value, and only if the standard library
// takes it too.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":[{"b":"\u0041\ud83d\ude00"}]}`, "{\n\"a\" : 0.5e-3 }", `{"a":1,"a":2}`, `{"":1}`, `[1]`, `{"a":tru}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ToValidUTF8(text, "") != text {
			t.Skip()
		}
		var p parser
		got := p.append(nil, quote(t, text))
		var want any
		err := json.Unmarshal([]byte(text), &want)
		if len(got) == 0 {
			return
		}
		if err != nil {
			t.Fatalf("%q is added as %q, but is no JSON: %v", text, got, err)
		}
		if bytes.ContainsAny(got, "\n\r") {
			t.Fatalf("%q is added with a line break: %q", text, got)
		}
		var read struct{ Parsed any }
		if err := json.Unmarshal(append(append([]byte("{"), got[1:]...), '}'), &read); err != nil {
			t.Fatalf("%q is added as %q: %v", text, got, err)
		}
		if !reflect.DeepEqual(read.Parsed, want) {
			t.Fatalf("%q is added as %q, another value", text, got)
		}
	})
}
