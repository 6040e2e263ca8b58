package deployed

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// states answers as Step Functions does: nothing that runs on a computer knows
// map runs. Each operation gives its answers in order, the last one on and on.
type states map[string][]any

func (s states) serve(t *testing.T) *[]string {
	t.Helper()
	h := s.handler(t)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	signedIn(t, server.URL)
	return &h.asked
}

// signedIn has AWS at url.
func signedIn(t *testing.T, url string) {
	t.Helper()
	t.Setenv("AWS_ENDPOINT_URL", url)
	t.Setenv("AWS_REGION", "ap-northeast-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
}

func (s states) handler(t *testing.T) *stateServer { return &stateServer{t: t, answers: s} }

// stateServer keeps what it was asked for.
type stateServer struct {
	t       *testing.T
	answers states
	asked   []string
}

func (s *stateServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		s.t.Error(err)
	}
	input, _ := body["input"].(string)
	s.asked = append(s.asked, strings.TrimSpace(operation+" "+input))
	answers := s.answers[operation]
	if len(answers) == 0 {
		s.t.Errorf("nothing answers %s", operation)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if len(answers) > 1 {
		s.answers[operation] = answers[1:]
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if err := json.NewEncoder(w).Encode(answers[0]); err != nil {
		s.t.Error(err)
	}
}

type object = map[string]any

const machine = "arn:aws:states:ap-northeast-1:123456789012:stateMachine:rehydrate"

func machines() []any {
	return []any{object{"stateMachines": []any{
		object{"name": "rehydrate-live", "stateMachineArn": machine + "-live"},
		object{"name": "rehydrate", "stateMachineArn": machine},
	}}}
}

func TestFollow(t *testing.T) {
	for _, c := range []struct {
		name     string
		ending   object
		complete bool
		want     []string
		fault    string
	}{
		{
			"complete",
			object{"status": "SUCCEEDED", "output": `{"run":"monday","complete":true,"verdict":"Complete: all is indexed.","objects":3,"decoded":9,"created":7,"alreadyThere":2,"report":"r","page":"s3://runs/runs/monday/report.html"}`},
			true,
			[]string{"Complete: all is indexed.", "3 objects, 9 events: 7 created, 2 already there", "report: s3://runs/runs/monday/report.html"},
			"",
		},
		{
			"files",
			object{"status": "SUCCEEDED", "output": `{"run":"monday","complete":true,"verdict":"Complete: all is written.","objects":3,"decoded":9,"written":2,"filtered":7,"page":"p","files":{"folder":"s3://runs/runs/monday/events/","files":1,"bytes":99,"preview":["2018-12-10T03:57:44.183Z i/o timeout"]}}`},
			true,
			[]string{"3 objects, 9 events: 2 written, 0 out of range, 7 filtered", "2018-12-10T03:57:44.183Z i/o timeout\n", "1 files, 99 bytes: aws s3 cp --recursive s3://runs/runs/monday/events/ events/"},
			"",
		},
		{
			"incomplete",
			object{"status": "FAILED", "error": "Incomplete", "cause": `{"run":"monday","verdict":"Incomplete: one object is damaged.","findings":["a/b is damaged"],"page":"p"}`},
			false,
			[]string{"Incomplete: one object is damaged.", "- a/b is damaged"},
			"",
		},
		{
			"plan",
			object{"status": "SUCCEEDED", "output": `{"run":"monday","plan":true,"objects":3,"expected":{"documents":9},"manifest":{"bucket":"runs"},"cluster":{"prepared":{"product":"opensearch","version":"2.19.1","room":{"shards":12,"maxShards":1000,"newIndices":3,"newShards":6}}}}`},
			true,
			[]string{"planned: 3 objects", "about 9 documents", "opensearch 2.19.1", "3 new indices would make 6 shards", "s3://runs/runs/monday/inventory.json"},
			"",
		},
		{
			"plan without room",
			object{"status": "SUCCEEDED", "output": `{"run":"monday","plan":true,"objects":3,"cluster":{"Error":"UnusableCluster","Cause":"{\"errorMessage\":\"no room for 30 shards\"}"}}`},
			true,
			[]string{"As the cluster is, this could not be indexed: no room for 30 shards"},
			"",
		},
		{"refused", object{"status": "FAILED", "error": "InvalidRequest", "cause": "from: missing"}, false, nil, "FAILED: InvalidRequest: from: missing"},
		{"stopped", object{"status": "ABORTED"}, false, nil, "ABORTED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			running := object{"status": "RUNNING"}
			states{
				"ListStateMachines":   machines(),
				"DescribeExecution":   {running, running, c.ending},
				"GetExecutionHistory": {object{"events": []any{object{"id": 2, "type": "TaskStateEntered", "stateEnteredEventDetails": object{"name": "List objects", "input": `{"from":"2018-12-10"}`}}}}},
				"ListMapRuns":         {object{"mapRuns": []any{}}, object{"mapRuns": []any{object{"mapRunArn": "arn:map"}}}},
				"DescribeMapRun":      {object{"status": "RUNNING", "itemCounts": object{"total": 8, "succeeded": 1, "failed": 1, "running": 2}}},
			}.serve(t)
			stack, err := Open(t.Context(), "rehydrate")
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			f := follower{
				client: stack.client, execution: stack.Execution("monday"), out: &out, now: time.Now,
				vitals: func(context.Context, time.Time) []string { return []string{"9 events", "the cluster is well"} },
			}
			complete, err := f.follow(t.Context())
			if complete != c.complete || (err == nil) != (c.fault == "") || (err != nil && !strings.Contains(err.Error(), c.fault)) {
				t.Errorf("ended with %v, %v; want %v, %q", complete, err, c.complete, c.fault)
			}
			for _, want := range append(c.want, "run arn:aws:states:ap-northeast-1:123456789012:execution:rehydrate:monday", "listing objects", "2 of 8 objects (25%), 2 running, 1 failed; 9 events; the cluster is well\n") {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is not in:\n%s", want, out.String())
				}
			}
		})
	}
}

// TestFollowTellsOfARestore: it takes hours in which no map has begun.
func TestFollowTellsOfARestore(t *testing.T) {
	entered := func(name, next string) object {
		return object{"events": []any{
			object{"id": 9, "type": "LambdaFunctionScheduled"},
			object{"id": 8, "type": "WaitStateEntered", "timestamp": 1544414264, "stateEnteredEventDetails": object{
				"name":  name,
				"input": `{"restore":{"tier":"Bulk","objects":9,"ready":4,"waiting":5,"next":"` + next + `","seconds":3600}}`,
			}},
		}}
	}
	running := object{"status": "RUNNING"}
	states{
		"ListStateMachines":   machines(),
		"DescribeExecution":   {running, running, object{"status": "SUCCEEDED", "output": `{"complete":true,"verdict":"Complete."}`}},
		"ListMapRuns":         {object{"mapRuns": []any{}}},
		"GetExecutionHistory": {entered("Restore objects", "ask"), entered("Wait for restore", "wait")},
	}.serve(t)
	stack, err := Open(t.Context(), "rehydrate")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	f := follower{client: stack.client, execution: stack.Execution("monday"), out: &out, now: time.Now}
	if _, err := f.follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	const far = "restoring at the tier Bulk: 4 of 9 archived objects are ready, 5 are being restored"
	for _, want := range []string{far + "\n", far + "; the next look is at 2018-12-10T04:57:44Z\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in:\n%s", want, out.String())
		}
	}
}

func TestStart(t *testing.T) {
	asked := states{
		"ListStateMachines": machines(),
		"StartExecution":    {object{"executionArn": "arn:x"}},
		"DescribeExecution": {object{"status": "SUCCEEDED", "output": `{"complete":true,"verdict":"Complete."}`}},
	}.serve(t)
	stack, err := Open(t.Context(), "rehydrate")
	if err != nil {
		t.Fatal(err)
	}
	execution, err := stack.Start(t.Context(), "", json.RawMessage(`{"from":"2018-12-10","to":"2018-12-12"}`))
	if err != nil || execution != "arn:x" {
		t.Fatal(execution, err)
	}
	if complete, err := stack.Follow(t.Context(), execution, io.Discard); !complete || err != nil {
		t.Errorf("complete %v, %v", complete, err)
	}
	if got := (*asked)[1]; got != `StartExecution {"from":"2018-12-10","to":"2018-12-12"}` {
		t.Errorf("asked %q", got)
	}
}

func TestNoSuchStack(t *testing.T) {
	states{"ListStateMachines": {object{"stateMachines": []any{}}}}.serve(t)
	if _, err := Open(t.Context(), "rehydrate"); err == nil || !strings.Contains(err.Error(), "there is no state machine rehydrate") {
		t.Errorf("without a stack: %v", err)
	}
}

func TestProgressLine(t *testing.T) {
	started := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	got := progressLine(&sfn.DescribeMapRunOutput{
		StartDate: aws.Time(started), MaxConcurrency: 12, ItemCounts: &types.MapRunItemCounts{Total: 400, Succeeded: 100, Running: 10},
	}, started.Add(time.Minute))
	if want := "100 of 400 objects (25%), 10 running of 12 at once, about 3m0s left"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
