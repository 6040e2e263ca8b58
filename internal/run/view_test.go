package run

import (
	"strings"
	"testing"
	"time"
)

func TestRequestOnLoan(t *testing.T) {
	for _, c := range []struct{ name, input, expires string }{
		{"no expiry said", `"view":"incident"`, ""},
		{"days", `"view":"incident","expires":"7d"`, "2018-12-19T12:00:00+09:00"},
		{"a day, at its beginning", `"view":"incident-a_2","expires":"2018-12-24"`, "2018-12-24T00:00:00+09:00"},
		{"an instant, told in the stack's zone", `"view":"incident","expires":"2018-12-24T00:00:00Z"`, "2018-12-24T09:00:00+09:00"},
		{"none", `"view":"incident","expires":"none"`, "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := ParseRequest([]byte(`{"from":"2018-12-10","to":"2018-12-10",` + c.input + `}`))
			if err != nil {
				t.Fatal(err)
			}
			p, err := r.Resolve(execution(t), tokyo(t))
			if err != nil {
				t.Fatal(err)
			}
			if p.View == "" || p.Expires != Expiry(c.expires) {
				t.Errorf("view %q expires %q, want %q", p.View, p.Expires, c.expires)
			}
		})
	}
}

func TestRequestOnLoanRefused(t *testing.T) {
	for input, says := range map[string]string{
		`"expires":"7d"`:         "goes with view",
		`"view":"Incident"`:      "view: \"Incident\" is no name",
		`"view":"2018"`:          "is no name",
		`"view":"incident-2018"`: "behind each hyphen",
		`"view":"a-"`:            "is no name",
		`"view":"a*"`:            "is no name",
		`"view":"` + strings.Repeat("a", 61) + `"`: "at most 60",
		`"view":"a","destination":"files"`:         "leave out either view or destination",
		`"view":"a","expires":"yesterday"`:         "expires: \"yesterday\" is none",
		`"view":"a","expires":"0d"`:                "expires: 0d is out of bounds",
		`"view":"a","expires":"2018-12-12"`:        "not in the future",
		`"view":"a","expires":7`:                   "expires: a JSON number",
		`"maxEvents":-1`:                           "maxEvents: out of bounds",
		`"maxBytes":1.5`:                           "maxBytes",
		`"maxCost":-1`:                             "maxCost: out of bounds",
		`"maxDuration":"soon"`:                     "maxDuration: \"soon\" is no duration",
	} {
		r, err := ParseRequest([]byte(`{"from":"2018-12-10","to":"2018-12-10",` + input + `}`))
		if err == nil {
			_, err = r.Resolve(execution(t), tokyo(t))
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want something with %q", input, err, says)
		}
	}
	for _, input := range []string{`{"retry":"r0","view":"a"}`, `{"retry":"r0","view":"a","expires":"7d"}`} {
		r, err := ParseRequest([]byte(input))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Resolve(execution(t), tokyo(t)); err == nil || !strings.Contains(err.Error(), "beside retry") {
			t.Errorf("%s: %v", input, err)
		}
	}
}

// The indices of one view are neither the daily ones nor those of another.
func TestViewsAreApart(t *testing.T) {
	s := Settings{IndexPrefix: "ecs-task"}
	if got := s.In("incident").IndexPrefix; got != "ecs-task-incident" {
		t.Errorf("prefix %q", got)
	}
	if got := s.In("").IndexPrefix; got != "ecs-task" {
		t.Errorf("without a view: prefix %q", got)
	}
}

func TestExpiryLater(t *testing.T) {
	const early, late = Expiry("2018-12-24T00:00:00+09:00"), Expiry("2018-12-23T20:00:00Z")
	for _, c := range []struct{ a, b, want Expiry }{
		{"", "", ""},
		{early, "", early},
		{early, late, late},
		{early, Never, Never},
		{Never, "", Never},
	} {
		if got := c.a.Later(c.b); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.a, c.b, got, c.want)
		}
		if got := c.b.Later(c.a); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.b, c.a, got, c.want)
		}
	}
}

func TestBudget(t *testing.T) {
	stack, err := Limits{MaxBytes: 1000, MaxEvents: 100, MaxCost: "1.5", MaxDuration: "2h"}.Budget()
	if err != nil {
		t.Fatal(err)
	}
	within := Estimate{Sampled: 3, Wanted: 100, WantedBytes: 1000, Cost: Cost{Dollars: 1.5}, Seconds: 7200}
	for _, c := range []struct {
		name, input string
		change      func(*Estimate)
		says        string
	}{
		{"within", ``, func(*Estimate) {}, ""},
		{"events", ``, func(e *Estimate) { e.Wanted++ }, "101 events, more than maxEvents, 100"},
		{"bytes", ``, func(e *Estimate) { e.WantedBytes++ }, "1001 bytes of messages, more than maxBytes, 1000"},
		{"cost", ``, func(e *Estimate) { e.Dollars = 1.75 }, "$1.75, more than maxCost, $1.50"},
		{"duration", ``, func(e *Estimate) { e.Seconds = 7201 }, "2h0m1s, more than maxDuration, 2h0m0s"},
		{"the request's own goes first", `"maxEvents":101`, func(e *Estimate) { e.Wanted = 101 }, ""},
		{"and bounds, too", `"maxEvents":50`, func(*Estimate) {}, "more than maxEvents, 50"},
		{"0 lifts a bound", `"maxEvents":0,"maxBytes":0,"maxCost":0,"maxDuration":"0s"`, func(e *Estimate) { e.Wanted, e.WantedBytes, e.Dollars, e.Seconds = 1e9, 1e9, 1e9, 1e9 }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := ParseRequest([]byte(`{` + c.input + `}`))
			if err != nil {
				t.Fatal(err)
			}
			var p Plan
			if err := r.Within(&p, stack); err != nil {
				t.Fatal(err)
			}
			e := within
			c.change(&e)
			got := p.Over(e)
			if (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
				t.Errorf("says %q, want %q", got, c.says)
			}
		})
	}
	if stack.MaxDuration != Duration(2*time.Hour) {
		t.Errorf("the stack's duration is %s", stack.MaxDuration)
	}
}
