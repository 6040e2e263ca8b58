package list

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

// twoEvents is an object of two events of the range, one of which holds "error".
const twoEvents = `{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/ecs-task","logStream":"s","subscriptionFilters":[],"logEvents":[` +
	`{"id":"1","timestamp":1544410800000,"message":"an error"},{"id":"2","timestamp":1544410801000,"message":"fine"}]}`

// A run over its budget is refused in one sentence with the estimate, before anything
// is indexed; what passes no filter is none of it.
func TestBudgetIsJudgedByTheEstimate(t *testing.T) {
	for i, c := range []struct {
		input, limits string
		says          string
	}{
		{input: `"maxEvents": 2`},
		{input: `"maxEvents": 1`, says: "about 2 events, more than maxEvents, 1"},
		{input: `"maxEvents": 1, "include": {"message": ["error"]}`},
		{input: `"maxBytes": 5`, says: "bytes of messages, more than maxBytes, 5"},
		{input: `"maxBytes": 1000`},
		{input: `"maxCost": 0.000001`, says: "more than maxCost, $0.00"},
		{input: `"maxDuration": "1ms"`, says: "more than maxDuration, 1ms"},
		{limits: "1", says: "more than maxEvents, 1"},
		{limits: "1", input: `"maxEvents": 0`},
		{limits: "1", input: `"maxEvents": 2`},
	} {
		f := newFixture(t)
		f.put(t, "2018-12-10T03:00:00Z", twoEvents)
		if c.limits != "" {
			f.settings.Limits.MaxEvents = 1
		}
		name := fmt.Sprintf("r%d", i)
		input := `{"from": "2018-12-10", "to": "2018-12-10"`
		if c.input != "" {
			input += ", " + c.input
		}
		plan, err := f.list(t, name, input+"}")
		var fault *run.Fault
		switch {
		case c.says == "" && (err != nil || plan.Objects != 1):
			t.Errorf("%s: %+v, %v", c.input, plan, err)
		case c.says == "":
		case !errors.As(err, &fault) || fault.Name != run.OverBudget || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n"):
			t.Errorf("%s: %v, want %s with %q", c.input, err, run.OverBudget, c.says)
		default:
			if _, err := os.Stat(filepath.Join(f.runsDir, run.PlanKey(name))); !os.IsNotExist(err) {
				t.Errorf("%s: there is a plan (%v)", c.input, err)
			}
		}
		plan, err = f.list(t, name+"-plan", input+`, "plan": true}`)
		if told := len(plan.Notes) == 1 && strings.Contains(plan.Notes[0], "would be refused"); err != nil || told != (c.says != "") {
			t.Errorf("%s: a plan alone tells %q (%v)", c.input, plan.Notes, err)
		}
	}
}

// A retry fills the view of the run that it retries.
func TestRetryKeepsTheView(t *testing.T) {
	f := newFixture(t)
	f.put(t, "2018-12-10T03:00:00Z", twoEvents)
	plan, err := f.list(t, "r1", `{"from": "2018-12-10", "to": "2018-12-10", "view": "incident", "expires": "7d"}`)
	if err != nil || plan.View != "incident" || plan.Expires != "2018-12-27T09:00:00+09:00" {
		t.Fatalf("%+v, %v", plan, err)
	}
	write(t, filepath.Join(f.runsDir, run.ReportKey("r1")), `{}`)
	if plan, err = f.list(t, "r2", `{"retry": "r1"}`); err != nil || plan.View != "incident" || plan.Expires != "" {
		t.Errorf("view %q expires %q, %v", plan.View, plan.Expires, err)
	}
	f.settings.IndexPrefix = strings.Repeat("a", 230)
	if _, err := f.list(t, "r3", `{"from": "2018-12-10", "to": "2018-12-10", "view": "incident-of-a-long-name"}`); err == nil || !strings.Contains(err.Error(), "view: ") {
		t.Errorf("a name that is too long with the prefix: %v", err)
	}
}
