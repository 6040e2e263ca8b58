package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

// A cause may be any text; the name and the reason are found in those forms that
// occur.
func TestWhyAChildFailed(t *testing.T) {
	object := `{"key":"a","size":1,"etag":"e"}`
	explain := func(name, cause string) string {
		b, err := json.Marshal(map[string]any{"object": json.RawMessage(object), "error": name, "cause": cause, "outcome": run.Outcome{Calls: 2}})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, c := range []struct {
		name          string
		record        record
		error, reason string
		calls         int // -1 where no outcome is known
	}{
		{"explained", record{Status: "FAILED", Error: "Throttled", Cause: explain("Throttled", `{"errorMessage":"slow down; wait","errorType":"Throttled"}`)}, "Throttled", "slow down; wait", 2},
		{"with a trace", record{Status: "FAILED", Error: "Denied", Cause: explain("Denied", `{"errorMessage":"no","errorType":"Denied","stackTrace":[{"path":"x"}]}`)}, "Denied", "no", 2},
		{"text inside", record{Status: "FAILED", Error: "Sandbox.Timedout", Cause: explain("Sandbox.Timedout", "RequestId: 1 Error: Task timed out after 900.00 seconds")}, "Sandbox.Timedout", "RequestId: 1 Error: Task timed out after 900.00 seconds", 2},
		{"lambda's own", record{Status: "FAILED", Error: "Runtime.ExitError", Cause: `{"errorMessage":"exit status 2","errorType":"Runtime.ExitError"}`}, "Runtime.ExitError", "exit status 2", -1},
		{"plain text", record{Status: "FAILED", Error: "UnknownEnd", Cause: "not of the same version"}, "UnknownEnd", "not of the same version", -1},
		{"cut JSON", record{Status: "FAILED", Error: "X", Cause: `{"object":{"key":"a"`}, "X", `{"object":{"key":"a"`, -1},
		{"JSON of another kind", record{Status: "FAILED", Error: "X", Cause: `[1,2]`}, "X", `[1,2]`, -1},
		{"number as cause", record{Status: "FAILED", Error: "X", Cause: `{"cause":7}`}, "X", `{"cause":7}`, -1},
		{"nothing", record{Status: "FAILED"}, "unnamed", "no cause was given", -1},
		{"stopped", record{Status: "ABORTED"}, "Aborted", "its child was stopped", -1},
		{"out of time", record{Status: "TIMED_OUT", Error: "States.Timeout"}, "States.Timeout", "its child ran out of time", -1},
		{"long", record{Status: "FAILED", Error: "X", Cause: strings.Repeat("é", 20_000)}, "X", strings.Repeat("é", 300) + "…", -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.record.Input = `{"run":"r","object":` + object + `}`
			res, ok := c.record.result()
			if !ok || res.object.Key != "a" || res.class != run.NotIndexed {
				t.Fatalf("object %q of class %s", res.object.Key, res.class)
			}
			if res.error != c.error || res.reason != c.reason {
				t.Errorf("%s: %q, want %s: %q", res.error, res.reason, c.error, c.reason)
			}
			calls := -1
			if res.outcome != nil {
				calls = res.outcome.Calls
			}
			if calls != c.calls {
				t.Errorf("%d calls, want %d", calls, c.calls)
			}
		})
	}
}

func TestObjectIsFoundInTheCause(t *testing.T) {
	res, ok := record{Status: "FAILED", Input: "", Cause: `{"object":{"key":"a"},"error":"X","cause":"y"}`}.result()
	if !ok || res.object.Key != "a" || res.error != "X" || res.reason != "y" {
		t.Errorf("result %+v", res)
	}
}

func TestASuccessThatIsNone(t *testing.T) {
	for output, want := range map[string]string{
		``:                    "is no outcome",
		`"more"`:              "is no outcome",
		`{}`:                  `the end "", which is none`,
		`{"end":"more"}`:      `the end "more", which is none`,
		`{"end":"destroyed"}`: `the end "destroyed", which is none`,
	} {
		res, _ := record{Status: "SUCCEEDED", Input: `{"object":{"key":"a"}}`, Output: output}.result()
		if res.class != run.NoResult || !strings.Contains(res.reason, want) {
			t.Errorf("output %s: %s, %q", output, res.class, res.reason)
		}
	}
}

// Records as AWS wrote them in September 2026 (radkawar/stackd,
// testdata/aws/stepfunctions/distributed_map.json, Apache-2.0), one that failed
// and one that was never started.
func TestRecordedForms(t *testing.T) {
	const recorded = `[{"Cause":"intentional bounded native observation","Error":"OwnedItemFailure","ExecutionArn":"arn:aws:states:us-west-2:000000000000:execution:sd-sfn-map-35d090a7dd-lifecycle/LifeMap:5f894d35-ab00-3636-bd58-8677462d9514","Input":"{\"index\":0,\"source\":\"STATE_DATA\",\"value\":{\"n\":0,\"wait\":25,\"fail\":true}}","InputDetails":{"Included":true},"Name":"5f894d35-ab00-3636-bd58-8677462d9514","OutputDetails":{"Included":true},"RedriveCount":0,"RedriveStatus":"REDRIVABLE_BY_MAP_RUN","StartDate":"2026-09-23T22:58:19.314Z","StateMachineArn":"arn:aws:states:us-west-2:000000000000:stateMachine:sd-sfn-map-35d090a7dd-lifecycle/LifeMap","Status":"FAILED","StopDate":"2026-09-23T22:58:44.406Z"},{"Input":"{\"index\":2,\"source\":\"STATE_DATA\",\"value\":{\"n\":2,\"wait\":0,\"fail\":false}}","InputDetails":{"Included":true},"Status":"PENDING"}]`
	var results []result
	records := recordReader{body: strings.NewReader(recorded)}
	err := records.each(func(r record) error {
		res, named := r.result()
		if named {
			t.Errorf("%s names the object %q, but none stands there", r.Status, res.object.Key)
		}
		results = append(results, res)
		return nil
	})
	if err != nil || len(results) != 2 {
		t.Fatalf("%d results, error %v", len(results), err)
	}
	failed, pending := results[0], results[1]
	if failed.class != run.NotIndexed || failed.error != "OwnedItemFailure" || failed.reason != "intentional bounded native observation" ||
		!strings.HasSuffix(failed.execution, ":5f894d35-ab00-3636-bd58-8677462d9514") {
		t.Errorf("failed: %+v", failed)
	}
	if pending.class != run.NeverStarted || pending.execution != "" {
		t.Errorf("pending: %+v", pending)
	}
}
