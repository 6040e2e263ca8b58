package store

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*60*60)
	for text, want := range map[string][2]string{
		"2018-12-10T12:57:44.183+09:00":    {"2018-12-10T03:57:44.183Z", "2018-12-10T03:57:44.183Z"},
		"2018-12-10T12:57:44.1839+09:00":   {"2018-12-10T03:57:44.183Z", "2018-12-10T03:57:44.183Z"},
		"2018-12-10T12:57:44Z":             {"2018-12-10T12:57:44.000Z", "2018-12-10T12:57:44.999Z"},
		"2018-12-10T12:57:44,5Z":           {"2018-12-10T12:57:44.500Z", "2018-12-10T12:57:44.500Z"},
		"2018-12-10T12:57+0900":            {"2018-12-10T03:57:00.000Z", "2018-12-10T03:57:59.999Z"},
		"2018-12-10T12+09":                 {"2018-12-10T03:00:00.000Z", "2018-12-10T03:59:59.999Z"},
		"2018-12-10":                       {"2018-12-09T15:00:00.000Z", "2018-12-10T14:59:59.999Z"},
		"2018-12":                          {"2018-11-30T15:00:00.000Z", "2018-12-31T14:59:59.999Z"},
		"2018":                             {"2017-12-31T15:00:00.000Z", "2018-12-31T14:59:59.999Z"},
		"1544414264183":                    {"2018-12-10T03:57:44.183Z", "2018-12-10T03:57:44.183Z"},
		"-1":                               {"1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"},
		"yesterday":                        {},
		"2018-13-01":                       {},
		"2018-12-10 12:57:44":              {},
		"2018-12-10T12:57:44+25:00":        {},
		"18-12-10":                         {},
		"":                                 {},
		"2018-12-10T12:57:44.183+09:00 ":   {},
		"now":                              {},
		"2018-12-10||+1d":                  {},
		"1.5e3":                            {},
		"9999999999999999999999":           {},
		"2018-12-10T12:57:44.183456789123": {"2018-12-10T03:57:44.183Z", "2018-12-10T03:57:44.183Z"},
	} {
		first, last, err := parseDate(text, tokyo)
		if (err != nil) != (want[0] == "") {
			t.Errorf("%q: error %v", text, err)
			continue
		}
		if err != nil {
			continue
		}
		if got := [2]string{formatDate(first, time.UTC), formatDate(last, time.UTC)}; got != want {
			t.Errorf("%q is from %s to %s, want %s", text, got[0], got[1], want)
		}
	}
}

func TestPatterns(t *testing.T) {
	for _, tt := range []struct {
		a, b    string
		matches bool // b as a name
		overlap bool
	}{
		{"ecs-task-*", "ecs-task-2018-12-10", true, true},
		{"ecs-task-*", "ecs-task", false, false},
		{"*", "", true, true},
		{"a*c", "abc", true, true},
		{"a*c", "abd", false, false},
		{"a-*", "*-b", false, true},
		{"a*", "b*", false, false},
		{"a*z", "ab*", false, true},
		{"p-20*-*-*", "p-19*-*-*", false, false},
	} {
		if got := matchPattern(tt.a, tt.b); got != tt.matches {
			t.Errorf("%s matches %s: %v", tt.a, tt.b, got)
		}
		if got := overlap(tt.a, tt.b); got != tt.overlap || overlap(tt.b, tt.a) != got {
			t.Errorf("%s and %s overlap: %v", tt.a, tt.b, got)
		}
	}
}

func TestRegexps(t *testing.T) {
	for _, tt := range []struct {
		expression, value string
		want              bool
	}{
		{"abc", "abcd", false},
		{"a.c", "a\nc", true},
		{"a^b$", "a^b$", true},
		{"[^a]+", "bbb", true},
		{"[&#]", "#", true},
		{`\&\d+`, "&12", true},
		{`a\.b`, "axb", false},
		{"(a|b)?c", "c", true},
		{"語{2}", "語語", true},
	} {
		re, err := lucene(tt.expression, false)
		if err != nil || re.MatchString(tt.value) != tt.want {
			t.Errorf("%s on %q: %v, want %v", tt.expression, tt.value, err, tt.want)
		}
	}
	for _, expression := range []string{"a@", "a~b", "<1-9>", `"a"`, "a+?", "(?i)a", "a{2}?", "["} {
		if _, err := lucene(expression, false); err == nil {
			t.Errorf("%s is taken, but means something else to Lucene", expression)
		}
	}
	if re, err := wildcard(`a\*b*語?`, false); err != nil || !re.MatchString("a*bxx語語") || re.MatchString("axb語語") {
		t.Errorf("wildcard: %v", err)
	}
}

// The members found in a document are those that a JSON decoder finds.
func FuzzMembers(f *testing.F) {
	for _, s := range []string{
		`{}`, `[]`, `{"a":1}`, ` { "a" : [ 1 , {"b":"}"} ] , "c\"":null , "d":"\\" } `, `{"a":{"a":{}},"a.b":-1.5e3,"x":true}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if !validJSON(b) {
			return
		}
		b = bytes.TrimSpace(b)
		var want map[string]json.RawMessage
		isObject := json.Unmarshal(b, &want) == nil && want != nil
		got := map[string]json.RawMessage{}
		err := eachMember(b, func(name string, value []byte) error {
			got[name] = value
			return eachElement(value, func([]byte) error { return nil })
		})
		if (err == nil) != isObject {
			t.Fatalf("%s: %v", b, err)
		}
		if isObject && !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: got %s, want %s", b, got, want)
		}
	})
}
