package apierror

import (
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	for _, c := range []struct {
		what, body string
		want       Error
	}{
		{"an exception", `{"error":{"root_cause":[],"type":"x_exception","reason":"why"},"status":400}`, Error{"x_exception", "why"}},
		{"its causes", `{"error":{"type":"a","reason":"failed to parse","caused_by":{"type":"b","reason":"bad date","caused_by":{"type":"c","reason":"at [3]"}}}}`, Error{"a", "failed to parse: bad date: at [3]"}},
		{"a cause that says the same", `{"error":{"type":"a","reason":"no room left","caused_by":{"reason":"no room"}}}`, Error{"a", "no room left"}},
		{"a cause alone", `{"error":{"type":"a","reason":null,"caused_by":{"reason":"deeper"}}}`, Error{"a", "deeper"}},
		{"no reason", `{"error":{"type":"master_not_discovered_exception","reason":null},"status":503}`, Error{"master_not_discovered_exception", ""}},
		{"a string", `{"error":"alias [x] missing","status":404}`, Error{"", "alias [x] missing"}},
		{"Amazon", `{"Message":"User: anonymous is not authorized"}`, Error{"", "User: anonymous is not authorized"}},
		{"Amazon's other gateway", `{"message":"Too Many Requests"}`, Error{"", "Too Many Requests"}},
		{"escapes", `{"error":{"type":"a","reason":"\u003cb\u003e \ud800"}}`, Error{"a", "<b> \uFFFD"}},
		{"a member of another type", `{"message":5,"error":"text"}`, Error{"", "text"}},
		{"a page", "<html>\n  <body>Bad\tGateway</body>\n</html>", Error{"", "<html> <body>Bad Gateway</body> </html>"}},
		{"a long text", strings.Repeat("x", 1000), Error{"", strings.Repeat("x", 200)}},
		{"other JSON", `{"hello":1}`, Error{"", `{"hello":1}`}},
		{"a cut error", `{"error":{"type":"a","rea`, Error{"", `{"error":{"type":"a","rea`}},
		{"not UTF-8", "\xff!", Error{"", "\uFFFD!"}},
		{"nothing", "", Error{}},
	} {
		if got := Read([]byte(c.body)); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.what, got, c.want)
		}
	}
}

func TestParseOfNoError(t *testing.T) {
	for _, value := range []string{"", "null", "[1]", "7", "{}", `{"type":`} {
		if got := Parse([]byte(value)); got != (Error{}) {
			t.Errorf("%q is read as %+v", value, got)
		}
	}
}
