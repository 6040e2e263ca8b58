package deployed

import (
	"strings"
	"testing"
)

func TestTune(t *testing.T) {
	going := object{"status": "RUNNING", "maxConcurrency": 10, "itemCounts": object{"total": 8, "running": 7}}
	there := object{"mapRuns": []any{object{"mapRunArn": "arn:map"}}}
	for _, c := range []struct {
		name                    string
		execution, runs, mapRun object
		want                    string
		fault                   string
	}{
		{"wider", object{"status": "RUNNING", "input": `{"lastDays":1}`}, there, going, "20 objects at once, before 10\n", ""},
		{"steered", object{"status": "RUNNING", "input": `{"lastDays":1,"maxConcurrency":"auto"}`}, there, going, "maxConcurrency is auto", ""},
		{"ended", object{"status": "SUCCEEDED"}, there, going, "", "has ended (SUCCEEDED)"},
		{"not begun", object{"status": "RUNNING"}, object{"mapRuns": []any{}}, going, "", "has not begun to index"},
		{"reporting", object{"status": "RUNNING"}, there, object{"status": "SUCCEEDED"}, "", "makes its report"},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := states{
				"ListStateMachines": machines(), "DescribeExecution": {c.execution}, "ListMapRuns": {c.runs},
				"DescribeMapRun": {c.mapRun}, "UpdateMapRun": {object{}},
			}.serve(t)
			stack, err := Open(t.Context(), "rehydrate")
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			err = stack.Tune(t.Context(), stack.Execution("monday"), 20, &out)
			if (err == nil) != (c.fault == "") || err != nil && !strings.Contains(err.Error(), c.fault) {
				t.Errorf("error %v, want %q", err, c.fault)
			}
			if !strings.Contains(out.String(), c.want) {
				t.Errorf("it says %q, want %q", &out, c.want)
			}
			if updated := strings.Contains(strings.Join(*asked, " "), "UpdateMapRun"); updated != (c.fault == "") {
				t.Errorf("asked %q", *asked)
			}
		})
	}
}
