package statemachine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/lambdas/start"
)

// states are the definition's, and those of the map's children.
func states(t *testing.T) (parent, child map[string]map[string]any) {
	t.Helper()
	type graph struct{ States map[string]map[string]any }
	var whole graph
	if err := json.Unmarshal([]byte(Definition()), &whole); err != nil {
		t.Fatal(err)
	}
	processor, _ := json.Marshal(whole.States["Index objects"]["ItemProcessor"])
	var inner graph
	if err := json.Unmarshal(processor, &inner); err != nil {
		t.Fatal(err)
	}
	return whole.States, inner.States
}

// members are the JSON members of a type, and whether each is always there.
func members(of reflect.Type) map[string]reflect.StructField {
	m := map[string]reflect.StructField{}
	for f := range of.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			maps.Copy(m, members(f.Type))
			continue
		}
		if name == "" {
			name = f.Name
		}
		m[name] = f
	}
	return m
}

func optional(f reflect.StructField) bool { return strings.Contains(f.Tag.Get("json"), ",omit") }

// checkPayload compares a payload template with the type that receives it: each
// member of the one has to be in the other.
func checkPayload(t *testing.T, where string, template map[string]any, of reflect.Type) {
	t.Helper()
	given := map[string]any{}
	for name, v := range template {
		given[strings.TrimSuffix(name, ".$")] = v
	}
	known := members(of)
	for name, f := range known {
		if _, ok := given[name]; !ok && !optional(f) {
			t.Errorf("%s: %s.%s is never given", where, of, name)
		}
	}
	for name, v := range given {
		f, ok := known[name]
		inner, nested := v.(map[string]any)
		switch {
		case !ok:
			t.Errorf("%s: %s has no member %s", where, of, name)
		case nested && evaluated(inner):
			checkPayload(t, where+"."+name, inner, f.Type)
		case nested:
			b, _ := json.Marshal(inner)
			d := json.NewDecoder(bytes.NewReader(b))
			d.DisallowUnknownFields()
			if err := d.Decode(reflect.New(f.Type).Interface()); err != nil {
				t.Errorf("%s.%s: %v", where, name, err)
			}
		}
	}
}

func evaluated(template map[string]any) bool {
	for name := range template {
		if strings.HasSuffix(name, ".$") {
			return true
		}
	}
	return false
}

func TestPayloadsAreWhatTheFunctionsTake(t *testing.T) {
	parent, child := states(t)
	payload := func(state map[string]any) map[string]any {
		return state["Parameters"].(map[string]any)["Payload"].(map[string]any)
	}
	checkPayload(t, "List objects", payload(parent["List objects"]), reflect.TypeFor[run.ListRequest]())
	checkPayload(t, "Restore objects", payload(parent["Restore objects"]), reflect.TypeFor[run.RestoreRequest]())
	checkPayload(t, "Prepare index", payload(parent["Prepare index"]), reflect.TypeFor[run.PrepareRequest]())
	checkPayload(t, "Look at cluster", payload(parent["Look at cluster"]), reflect.TypeFor[run.PrepareRequest]())
	checkPayload(t, "Report", payload(parent["Report"]), reflect.TypeFor[run.ReportRequest]())
	checkPayload(t, "Index object", payload(child["Index object"]), reflect.TypeFor[run.IndexRequest]())
	checkPayload(t, "Index objects", parent["Index objects"]["ItemSelector"].(map[string]any), reflect.TypeFor[run.Work]())
	checkPayload(t, "Too many calls", child["Too many calls"]["Result"].(map[string]any), reflect.TypeFor[run.Caught]())
}

// paths are all paths of a state into its own data, but for what it takes from a
// function's answer and for the states inside.
func paths(state map[string]any) []string {
	var l []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, inner := range v {
				if name != "ItemProcessor" && name != "ResultPath" && inner != "$.Payload" {
					walk(inner)
				}
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		case string:
			if strings.HasPrefix(v, "$.") {
				l = append(l, v)
			}
		}
	}
	walk(state)
	return l
}

// TestEveryPathIsThere: a path that leads to nothing ends an execution, and no
// Catch sees it. So each member on it has to be in the type that the state's
// data has then, and has to be written even when it is empty.
func TestEveryPathIsThere(t *testing.T) {
	type planned struct {
		run.Plan
		// Map is put there by each of the states before Report.
		Map any `json:"map"`
	}
	type caught struct {
		run.Work
		// Error is what Catch and Too many calls put there.
		Error struct {
			// Both are always given: a timeout has an empty Cause.
			Error string
			Cause string
		} `json:"error"`
	}
	type explained struct {
		Error string `json:"error"`
	}
	parent, child := states(t)
	checked := 0
	check := func(name string, state map[string]any, of reflect.Type, guarded ...string) {
		for _, p := range paths(state) {
			checked++
			at := of
			for step := range strings.SplitSeq(strings.TrimPrefix(p, "$."), ".") {
				f, ok := members(at)[step]
				if !ok {
					t.Errorf("%s: %s leads to nothing: %s has no %s", name, p, at, step)
					break
				}
				if optional(f) && !slices.Contains(guarded, p) {
					t.Errorf("%s: %s may lead to nothing: %s is left out when it is empty", name, p, step)
				}
				at = f.Type
			}
		}
	}
	for name, state := range parent {
		switch name {
		case "Complete?", "Complete", "Incomplete":
			check(name, state, reflect.TypeFor[run.Summary]())
		default:
			check(name, state, reflect.TypeFor[planned]())
		}
	}
	for name, state := range child {
		switch name {
		case "How did it end?":
			// Its first rule asks whether they are there.
			first, _ := json.Marshal(state["Choices"].([]any)[0])
			for _, p := range []string{"$.outcome.end", "$.outcome.calls"} {
				if !strings.Contains(string(first), fmt.Sprintf(`{"IsPresent":true,"Variable":%q}`, p)) {
					t.Errorf("%s does not ask first whether %s is there", name, p)
				}
			}
			check(name, state, reflect.TypeFor[run.Work](), "$.outcome.end")
		case "Not indexed":
			check(name, state, reflect.TypeFor[explained]())
		default:
			check(name, state, reflect.TypeFor[caught]())
		}
	}
	if checked < 30 {
		t.Errorf("only %d paths were found", checked)
	}
}

// TestEveryEndIsKnown: each End of run is told apart by the Choice, and no other.
func TestEveryEndIsKnown(t *testing.T) {
	_, child := states(t)
	rules, _ := json.Marshal(child["How did it end?"])
	for _, end := range []run.End{run.Indexed, run.More, run.Damaged, run.Archived, run.Gone, run.Changed, run.Capped} {
		if !strings.Contains(string(rules), fmt.Sprintf(`"StringEquals":%q`, end)) {
			t.Errorf("end %q is not known to the state machine", end)
		}
	}
	if n := strings.Count(string(rules), "StringEquals"); n != 8 { // more stands twice
		t.Errorf("%d ends are compared with", n)
	}
}

// TestEveryRestoreStepIsKnown: what has no rule of its own is done.
func TestEveryRestoreStepIsKnown(t *testing.T) {
	parent, _ := states(t)
	for step, next := range map[run.RestoreStep]string{run.RestoreAsk: "Restore objects", run.RestoreWait: "Wait for restore", run.RestoreDone: ""} {
		led := ""
		for _, c := range parent["Anything to restore?"]["Choices"].([]any) {
			if rule := c.(map[string]any); rule["Variable"] == "$.restore.next" && rule["StringEquals"] == string(step) {
				led = rule["Next"].(string)
			}
		}
		if led != next {
			t.Errorf("step %s leads to %q, want %q", step, led, next)
		}
	}
}

// retriers are the Retry of each Task by its state's name.
func retriers(t *testing.T) map[string][]map[string]any {
	t.Helper()
	parent, child := states(t)
	all := map[string][]map[string]any{}
	for _, states := range []map[string]map[string]any{parent, child} {
		for name, state := range states {
			if state["Type"] != "Task" {
				continue
			}
			for _, r := range state["Retry"].([]any) {
				all[name] = append(all[name], r.(map[string]any))
			}
		}
	}
	return all
}

func TestRetriesAreOfErrorsThatPass(t *testing.T) {
	transient := []string{run.Throttled, run.Unavailable, start.Unexpected}
	ofAWS := []string{
		"Lambda.TooManyRequestsException", "Lambda.ResourceNotReadyException", "Lambda.ResourceConflictException",
		"Lambda.ENINotReadyException", "Lambda.EC2ThrottledException", "Lambda.EC2UnexpectedException",
		"Lambda.SubnetIPAddressLimitReachedException", "Lambda.ENILimitReachedException",
		"Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.ClientExecutionTimeoutException",
		"Sandbox.Timedout", "Runtime.ExitError", "Lambda.Unknown", "States.Timeout",
	}
	all := retriers(t)
	if len(all) != 6 {
		t.Errorf("%d tasks, want 6", len(all))
	}
	for name, retry := range all {
		want := slices.Concat(transient, ofAWS)
		if name == "Report" {
			want = append(want, run.NotYet)
		}
		var got []string
		for _, r := range retry {
			for _, e := range r["ErrorEquals"].([]any) {
				got = append(got, e.(string))
			}
			if r["Comment"] == nil || r["MaxDelaySeconds"] == nil {
				t.Errorf("%s retries %v without a reason or a limit", name, r["ErrorEquals"])
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s retries %q\nwant %q", name, got, want)
		}
	}
}

// TestAFunctionMayWakeUp: one in a VPC that was idle for weeks is Pending for a
// minute or two, in which each invoke fails. Half of the waits is what jitter
// leaves of them on average; less than a third, hardly ever.
func TestAFunctionMayWakeUp(t *testing.T) {
	for name, retry := range retriers(t) {
		for _, r := range retry {
			if !slices.Contains(r["ErrorEquals"].([]any), any("Lambda.ResourceConflictException")) {
				continue
			}
			wait, sum := r["IntervalSeconds"].(float64), 0.0
			for range int(r["MaxAttempts"].(float64)) {
				sum += min(wait, r["MaxDelaySeconds"].(float64))
				wait *= r["BackoffRate"].(float64)
			}
			if least := sum / 3; least < 150 {
				t.Errorf("%s may give up after %.0f s", name, least)
			}
		}
	}
}

// TestReportIsAskedOftenEnough: Report answers NotYet until it was tried so
// often; then it reports what is missing.
func TestReportIsAskedOftenEnough(t *testing.T) {
	for _, r := range retriers(t)["Report"] {
		if r["ErrorEquals"].([]any)[0] == run.NotYet && r["MaxAttempts"].(float64) < report.LastAttempt {
			t.Errorf("it is retried %v times, its last attempt is %d", r["MaxAttempts"], report.LastAttempt)
		}
	}
}

// TestNothingWaitsForever: the machine and each Task have their TimeoutSeconds,
// each Task's a little above what a Lambda may take.
func TestNothingWaitsForever(t *testing.T) {
	var whole struct{ TimeoutSeconds int }
	if err := json.Unmarshal([]byte(Definition()), &whole); err != nil || whole.TimeoutSeconds == 0 {
		t.Errorf("the machine has no TimeoutSeconds, %v", err)
	}
	parent, child := states(t)
	for _, states := range []map[string]map[string]any{parent, child} {
		for name, state := range states {
			const lambda = 15 * 60
			if limit, _ := state["TimeoutSeconds"].(float64); state["Type"] == "Task" && (limit <= lambda || limit > lambda+120) {
				t.Errorf("%s has TimeoutSeconds %v", name, limit)
			}
			if len(name) > 80 { // the most that Step Functions allows
				t.Errorf("the name %q is too long", name)
			}
		}
	}
	if got := parent["Index objects"]["Label"]; got != Label {
		t.Errorf("the map's label is %v, and not %s", got, Label)
	}
}
