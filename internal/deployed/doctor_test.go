package deployed

import (
	"slices"
	"strings"
	"testing"
)

// TestDoctor: each thing that can be wrong with a stack is a line that says what to do,
// and of one that is well every line says so.
func TestDoctor(t *testing.T) {
	const room = `"room":{"shards":12,"maxShards":1000,"advisedShards":50,"heapPercent":40}`
	for _, c := range []struct {
		name   string
		change func(*account)
		well   []string
		wrong  map[string]string // by what it says, what to do
	}{
		{
			name: "well", change: func(*account) {},
			well: []string{
				"the state machine " + machine + " is there", "the functions list, restore, prepare, index, report, steer are ready",
				"list reads logs: 7 objects of yesterday", "logs sends its events to EventBridge",
				"The cluster, opensearch 2.19.1, can be written to", "12 of the 1,000", "no alarm rings",
			},
		},
		{
			name: "no cluster", change: func(a *account) { a.environment = `{"ARCHIVE_BUCKET":"logs"}` },
			well: []string{"the functions list, restore, prepare, index, report are ready", "runs whose destination is files"},
		},
		{
			name: "pending functions", change: func(a *account) { a.state = "Pending" },
			wrong: map[string]string{"rehydrate-list is Pending": "wait a minute"},
		},
		{
			name: "an archive that may not be read", change: func(a *account) { a.listed, a.listFailed = `{"errorMessage":"S3 denies access to s3://logs"}`, true },
			wrong: map[string]string{"list cannot read logs: S3 denies access to s3://logs": "give its role what is missing"},
		},
		{
			name: "an empty archive", change: func(a *account) { a.listed = `{"prefixes":["a/","b/"]}` },
			wrong: map[string]string{"there is nothing of yesterday under a/, b/": "archivePrefix"},
		},
		{
			name: "no events", change: func(a *account) { a.notifications = "" },
			wrong: map[string]string{"logs does not send its events": "rehydrate events --bucket logs --apply"},
		},
		{
			name: "a cluster out of reach", change: func(a *account) {
				a.prepared, a.failed = `{"errorMessage":"the cluster does not answer; look at its security group"}`, true
			},
			wrong: map[string]string{"prepare and the cluster: the cluster does not answer; look at its security group": "correct what it says"},
		},
		{
			name: "a warning", change: func(a *account) {
				a.prepared = `{"product":"opensearch","version":"2.19.1","warnings":["too many shards"],` + room + `}`
			},
			wrong: map[string]string{"too many shards": "in spite of it"},
		},
		{
			name: "an alarm", change: func(a *account) { a.alarm = "rehydrate-Throttled" },
			wrong: map[string]string{"alarms ring: rehydrate-Throttled": "each says what to do"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &account{
				states:      states{"ListStateMachines": machines(), "DescribeStateMachine": {object{"name": "rehydrate-live"}}},
				environment: `{"ARCHIVE_BUCKET":"logs","SEARCH_URL":"https://search.example","REHYDRATE_VERSION":"v1"}`,
				listed:      `{"objects":7,"bytes":99}`, state: "Active", notifications: "<EventBridgeConfiguration/>",
				prepared: `{"product":"opensearch","version":"2.19.1","warnings":[],` + room + `}`,
			}
			c.change(a)
			a.serve(t)
			stack, err := Open(t.Context(), "rehydrate")
			if err != nil {
				t.Fatal(err)
			}
			var all []Check
			stack.Doctor(t.Context(), "v1", func(c Check) { all = append(all, c) })
			for _, want := range c.well {
				if !slices.ContainsFunc(all, func(c Check) bool { return c.OK && strings.Contains(c.Text, want) }) {
					t.Errorf("nothing says that %s: %+v", want, all)
				}
			}
			for _, check := range all {
				if check.OK {
					continue
				}
				expected := false
				for says, remedy := range c.wrong {
					expected = expected || strings.Contains(check.Text, says) && strings.Contains(check.Remedy, remedy)
				}
				if !expected {
					t.Errorf("it says %q, and to %q; want %v", check.Text, check.Remedy, c.wrong)
				}
			}
			if wrong := slices.ContainsFunc(all, func(c Check) bool { return !c.OK }); wrong != (len(c.wrong) > 0) {
				t.Errorf("%+v, want what says %v", all, c.wrong)
			}
		})
	}
}
