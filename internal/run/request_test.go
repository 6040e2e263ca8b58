package run

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

func tokyo(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// started is when the executions of these tests start: a Wednesday noon.
func execution(t *testing.T) Execution {
	t.Helper()
	return Execution{
		ID:        "arn:aws:states:ap-northeast-1:123456789012:execution:rehydrate:r1",
		Name:      "r1",
		StartTime: time.Date(2018, 12, 12, 12, 0, 0, 0, tokyo(t)),
	}
}

func TestRequestRange(t *testing.T) {
	for _, c := range []struct{ name, input, from, to, note string }{
		{
			"days, to included", `{"from":"2018-12-10","to":"2018-12-11"}`,
			"2018-12-10T00:00:00+09:00", "2018-12-12T00:00:00+09:00", "",
		},
		{
			"one day", `{"from":"2018-12-10","to":"2018-12-10"}`,
			"2018-12-10T00:00:00+09:00", "2018-12-11T00:00:00+09:00", "",
		},
		{
			"instants, to excluded, told in the stack's zone", `{"from":"2018-12-10T00:00:00Z","to":"2018-12-10T01:30:00.5Z"}`,
			"2018-12-10T09:00:00+09:00", "2018-12-10T10:30:00.5+09:00", "",
		},
		{
			"a day and an instant", `{"from":"2018-12-10","to":"2018-12-10T12:00:00+09:00"}`,
			"2018-12-10T00:00:00+09:00", "2018-12-10T12:00:00+09:00", "",
		},
		{
			"past the start is cut", `{"from":"2018-12-12","to":"2018-12-20"}`,
			"2018-12-12T00:00:00+09:00", "2018-12-12T12:00:00+09:00", "was cut at the start of the run",
		},
		{
			"yesterday", `{"lastDays":1}`,
			"2018-12-11T00:00:00+09:00", "2018-12-12T00:00:00+09:00", "",
		},
		{
			"the last two days", `{"lastDays":2}`,
			"2018-12-10T00:00:00+09:00", "2018-12-12T00:00:00+09:00", "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := ParseRequest([]byte(c.input))
			if err != nil {
				t.Fatal(err)
			}
			p, err := r.Resolve(execution(t), tokyo(t))
			if err != nil {
				t.Fatal(err)
			}
			if got := p.From.Format(time.RFC3339Nano); got != c.from {
				t.Errorf("from %s, want %s", got, c.from)
			}
			if got := p.To.Format(time.RFC3339Nano); got != c.to {
				t.Errorf("to %s, want %s", got, c.to)
			}
			if notes := strings.Join(p.Notes, "\n"); !strings.Contains(notes, c.note) || (c.note == "") != (notes == "") {
				t.Errorf("notes %q, want one that says %q", notes, c.note)
			}
		})
	}
}

func TestRequestDayOfClockChange(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Request{From: "2018-10-28", To: "2018-10-28"}.Resolve(execution(t), berlin)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.To.Sub(p.From); got != 25*time.Hour {
		t.Errorf("the day the clock goes back has %s, want 25h", got)
	}
}

func TestRequestDefaults(t *testing.T) {
	p, err := Request{From: "2018-12-10", To: "2018-12-10"}.Resolve(execution(t), tokyo(t))
	if err != nil {
		t.Fatal(err)
	}
	if p.MaxConcurrency != 10 || p.ToleratedFailurePercentage != 10 ||
		p.MarginBefore != Duration(3*time.Hour) || p.MarginAfter != Duration(3*time.Hour) || p.PlanOnly || p.Destination != ToIndex {
		t.Errorf("defaults are %+v", p)
	}
}

func TestRequestConcurrency(t *testing.T) {
	for input, want := range map[string][2]int{
		`7`: {7, 0}, `"7"`: {7, 0}, `"auto"`: {AutoStart, AutoLimit}, `"auto:16"`: {AutoStart, 16}, `"auto:1"`: {1, 1},
	} {
		r, err := ParseRequest([]byte(`{"lastDays":1,"maxConcurrency":` + input + `}`))
		if err != nil {
			t.Fatal(err)
		}
		p, err := r.Resolve(execution(t), tokyo(t))
		if err != nil || p.MaxConcurrency != want[0] || p.MostConcurrency != want[1] {
			t.Errorf("%s: %d up to %d, %v; want %v", input, p.MaxConcurrency, p.MostConcurrency, err, want)
		}
		if b, err := json.Marshal(r.MaxConcurrency); err != nil || string(b) != strings.ReplaceAll(input, `"7"`, "7") {
			t.Errorf("%s is written as %s, %v", input, b, err)
		}
	}
}

func TestRequestRefused(t *testing.T) {
	for _, c := range []struct{ name, input, want string }{
		{"unknown member", `{"form":"2018-12-10"}`, `"form" is not a member of the request; its members are from, to,`},
		{"not an object", `[]`, "the input is a JSON array; give an object"},
		{"not JSON", `{from: 1}`, "the input is no JSON object"},
		{"empty", ``, "the input is no JSON object"},
		{"two objects", `{"lastDays":1}{}`, "goes on after its JSON object"},
		{"no range", `{}`, "from: missing"},
		{"no end", `{"from":"2018-12-10"}`, "to: missing"},
		{"no beginning", `{"to":"2018-12-10"}`, "from: missing"},
		{"wrong type", `{"from":20181210,"to":"2018-12-10"}`, "from: a JSON number is not allowed here; give a string: a day"},
		{"no such day", `{"from":"2018-02-30","to":"2018-12-10"}`, `from: "2018-02-30" is neither a day nor an instant`},
		{"instant without zone", `{"from":"2018-12-10T00:00:00","to":"2018-12-10"}`, "from: "},
		{"backwards", `{"from":"2018-12-11","to":"2018-12-10"}`, "from: 2018-12-11 is not before to (2018-12-10)"},
		{"future", `{"from":"2019-01-01","to":"2019-01-02"}`, "from: 2019-01-01 lies in the future"},
		{"two ranges", `{"from":"2018-12-10","to":"2018-12-10","lastDays":1}`, "lastDays: not allowed beside from and to"},
		{"no days", `{"lastDays":0}`, "lastDays: 0 is out of bounds"},
		{"half a day", `{"lastDays":0.5}`, "lastDays: a JSON number 0.5 is not allowed here; give a whole number"},
		{"margin", `{"lastDays":1,"marginBefore":"3 hours"}`, `marginBefore: "3 hours" is no duration; give a string: a duration such as "3h"`},
		{"negative margin", `{"lastDays":1,"marginAfter":"-1h"}`, "marginAfter: -1h is out of bounds"},
		{"concurrency", `{"lastDays":1,"maxConcurrency":0}`, "maxConcurrency: 0 is out of bounds; give a whole number from 1 to 10000"},
		{"concurrency of no number", `{"lastDays":1,"maxConcurrency":"many"}`, `maxConcurrency: "many" is none; give a whole number from 1 to 10000, "auto", or "auto:N"`},
		{"concurrency of half a number", `{"lastDays":1,"maxConcurrency":1.5}`, `maxConcurrency: 1.5 is none; give a whole number`},
		{"bound of no number", `{"lastDays":1,"maxConcurrency":"auto:x"}`, `maxConcurrency: "auto:x" is none`},
		{"bound without a colon", `{"lastDays":1,"maxConcurrency":"auto5"}`, `maxConcurrency: "auto5" is none`},
		{"bound out of bounds", `{"lastDays":1,"maxConcurrency":"auto:20000"}`, `maxConcurrency: auto:20000 is out of bounds`},
		{"auto without a cluster", `{"lastDays":1,"maxConcurrency":"auto","destination":"files"}`, `maxConcurrency: "auto" goes by how the cluster is doing`},
		{"tolerance", `{"lastDays":1,"toleratedFailurePercentage":101}`, "toleratedFailurePercentage: 101 is out of bounds"},
		{"filter of the wrong type", `{"lastDays":1,"include":{"message":"x"}}`, "include.message: a JSON string is not allowed here"},
		{"broken expression", `{"lastDays":1,"include":{"message":["("]}}`, `include.message: "(" cannot be used`},
		{"broken glob", `{"lastDays":1,"exclude":{"logGroup":["["]}}`, `exclude.logGroup: "[" cannot be used`},
		{"unknown filter", `{"lastDays":1,"exclude":{"group":["x"]}}`, `"group" is not a member`},
		{"unknown tier", `{"lastDays":1,"restore":"bulk"}`, `restore: "bulk" is none; give "Bulk", "Standard" or "Expedited"`},
		{"tier of the wrong type", `{"lastDays":1,"restore":true}`, `restore: a JSON bool is not allowed here; give "Bulk"`},
		{"days of no restore", `{"lastDays":1,"restoreDays":7}`, "restoreDays: not allowed without restore"},
		{"no days of a restore", `{"lastDays":1,"restore":"Bulk","restoreDays":0}`, "restoreDays: 0 is out of bounds; give a whole number from 1 to 365"},
		{"retry of no name", `{"retry":"../x"}`, `retry: "../x" is no name of a run`},
		{"unknown destination", `{"lastDays":1,"destination":"disk"}`, `destination: "disk" is none; give "index" or "files"`},
		{"destination of the wrong type", `{"lastDays":1,"destination":1}`, `destination: a JSON number is not allowed here; give "index" or "files"`},
		{"retry with a destination", `{"retry":"r0","destination":"files"}`, "destination: not allowed beside retry"},
		{"retry with a range", `{"retry":"r0","from":"2018-12-10"}`, "from: not allowed beside retry"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := ParseRequest([]byte(c.input))
			if err == nil {
				_, err = r.Resolve(execution(t), tokyo(t))
			}
			var f *Fault
			if !errors.As(err, &f) || f.Name != InvalidRequest {
				t.Fatalf("error %v, want a Fault named %s", err, InvalidRequest)
			}
			if !strings.Contains(f.Error(), c.want) {
				t.Errorf("%q\ndoes not say\n%q", f.Error(), c.want)
			}
		})
	}
}

func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"7bfe19bf-6bb7-4dd5-8c96-0b2bd5f05c4c": true, "r_1.2": true,
		"": false, "..": false, "a/b": false, "a b": false, strings.Repeat("a", 81): false,
	} {
		if ValidName(name) != want {
			t.Errorf("ValidName(%q) = %v", name, !want)
		}
	}
}

func TestRequestRestore(t *testing.T) {
	for input, want := range map[string]Restore{
		`{"lastDays":1}`:                                        {Next: RestoreDone},
		`{"lastDays":1,"restore":"Bulk"}`:                       {Tier: Bulk, Days: 7, Next: RestoreDone},
		`{"retry":"r0","restore":"Expedited","restoreDays":30}`: {Tier: Expedited, Days: 30, Next: RestoreDone},
	} {
		r, err := ParseRequest([]byte(input))
		if err != nil {
			t.Fatal(err)
		}
		if p, err := r.Resolve(execution(t), tokyo(t)); err != nil || p.Restore != want {
			t.Errorf("%s: %+v, %v; want %+v", input, p.Restore, err, want)
		}
	}
}

// TestRestoreTimes: the tiers become faster, and only the deep archive lacks one.
func TestRestoreTimes(t *testing.T) {
	for _, class := range []string{Glacier, DeepArchive, IntelligentTiering} {
		before := 1000 * time.Hour
		for _, tier := range Tiers() {
			least, most, ok := RestoreTime(tier, class)
			if ok == (class == DeepArchive && tier == Expedited) || ok && (least > most || most >= before || least < time.Minute) {
				t.Errorf("%s from %s takes %s to %s, %v", tier, class, least, most, ok)
			}
			before = most
		}
	}
}
