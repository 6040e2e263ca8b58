package asl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// lifecycle is the machine that AWS was recorded with, but for its items, which
// are in a file here, its first wait, which each item told, and its tolerance,
// which was a count.
const lifecycle = `{"StartAt": "LifeMap", "States": {
	"LifeMap": {"Type": "Map", "Label": "LifeMap",
		"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSONL"}, "Parameters": {"Bucket": "b", "Key.$": "$.items"}},
		"MaxConcurrencyPath": "$.concurrency", "ToleratedFailurePercentagePath": "$.tolerance",
		"ItemSelector": {"index.$": "$$.Map.Item.Index", "value.$": "$$.Map.Item.Value", "source.$": "$$.Map.Item.Source", "parentId.$": "$$.Execution.Id"},
		"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "WaitBeforeDecision", "States": {
			"WaitBeforeDecision": {"Type": "Wait", "Seconds": 5, "Next": "Decide"},
			"Decide": {"Type": "Choice", "Choices": [{"Variable": "$.value.fail", "BooleanEquals": true, "Next": "FailItem"}], "Default": "ReturnContext"},
			"FailItem": {"Type": "Fail", "Error": "OwnedItemFailure", "Cause": "intentional bounded native observation"},
			"ReturnContext": {"Type": "Pass", "Parameters": {"item.$": "$", "childContext.$": "$$"}, "End": true}}},
		"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix.$": "$.prefix"}},
		"ResultPath": "$.map", "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.map", "Next": "After"}],
		"Next": "After"},
	"After": {"Type": "Wait", "Seconds": 10, "Next": "End"}, "End": {"Type": "Pass", "OutputPath": "$.map", "End": true}}}`

// resultFiles are the files under results/ by their last name.
func (w *aws) resultFiles() map[string]string {
	files := map[string]string{}
	for key, text := range w.objects {
		if strings.HasPrefix(key, "b/results/") {
			files[key[strings.LastIndex(key, "/")+1:]] = text
		}
	}
	return files
}

// alike makes what differs between two runs the same: names, times, sizes, the
// machine, and where items come from.
func alike(text string) string {
	for _, r := range [][2]string{
		{`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, "UUID"},
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`, "TIME"},
		{`sd-sfn-map-35d090a7dd(-lifecycle)?`, "machine"},
		{`execution:machine:(\w+-[0-9a-f]{8}|run)`, "execution:machine:RUN"},
		{`\\"source\\":\\"[^"]*\\"`, "SOURCE"},
		{`"DestinationBucket":"\w+"`, "BUCKET"},
		{`results/\w+/`, "results/RUN/"},
		{`"Size":\d+`, "SIZE"},
	} {
		text = regexp.MustCompile(r[0]).ReplaceAllString(text, r[1])
	}
	return text
}

// canonical sorts the members of the JSON inside a record's Input, which AWS
// gives in the order of the template.
func canonical(t *testing.T, text string) string {
	t.Helper()
	var records []map[string]any
	if err := json.Unmarshal([]byte(text), &records); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	for _, r := range records {
		v, err := decode([]byte(r["Input"].(string)))
		if err != nil {
			t.Fatal(err)
		}
		input := string(encode(v))
		from, _ := json.Marshal(r["Input"])
		to, _ := json.Marshal(input)
		text = strings.Replace(text, string(from), string(to), 1)
	}
	return text
}

func TestResultsAreThoseOfAWS(t *testing.T) {
	for _, c := range []struct {
		name, folder, items, input, output string
		files                              []string
	}{
		{
			"one failure tolerated", "testdata/",
			`{"n":0,"wait":4,"fail":true}` + "\n" + `{"n":1,"wait":4,"fail":false}` + "\n" + `{"n":2,"wait":4,"fail":false}` + "\n\n" + `{"n":3,"wait":4,"fail":false}`,
			`{"items": "items", "prefix": "results/tolerance", "concurrency": 2, "tolerance": 25}`,
			`{"MapRunArn":"arn:aws:states:us-west-2:000000000000:mapRun:machine/LifeMap:UUID","ResultWriterDetails":{"Bucket":"b","Key":"results/RUN/UUID/manifest.json"}}`,
			[]string{"FAILED_0.json", "manifest.json"},
		},
		{
			"one failure too many", "testdata/exceeded/",
			`{"n":1,"wait":0,"fail":false}` + "\n" + `{"n":0,"wait":25,"fail":true}` + "\n" + `{"n":2,"wait":0,"fail":false}` + "\n" + `{"n":3,"wait":0,"fail":false}` + "\n",
			`{"items": "items", "prefix": "results/cancel", "concurrency": 1, "tolerance": 0}`,
			`{"Cause":"The specified tolerated failure threshold was exceeded","Error":"States.ExceedToleratedFailureThreshold"}`,
			[]string{"PENDING_0.json", "manifest.json"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &aws{objects: map[string]string{"b/items": c.items}}
				out, err := w.run(t.Context(), t, lifecycle, c.input)
				if err != nil || alike(out) != c.output {
					t.Errorf("output %s, %v\nwant %s", alike(out), err, c.output)
				}
				files := w.resultFiles()
				for _, name := range c.files {
					want, err := os.ReadFile(c.folder + name)
					if err != nil {
						t.Fatal(err)
					}
					got := files[name]
					if name != "manifest.json" {
						got, want = canonical(t, got), []byte(canonical(t, string(want)))
					}
					if got, want := alike(got), alike(string(want)); got != want {
						t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
					}
				}
				want, err := os.ReadFile("testdata/SUCCEEDED_0.json")
				if err != nil {
					t.Fatal(err)
				}
				if got, want := firstMembers(t, []byte(files["SUCCEEDED_0.json"])), firstMembers(t, want); got != want {
					t.Errorf("a record of SUCCEEDED_0.json has members\n%s\nwant\n%s", got, want)
				}
			})
		})
	}
}

// firstMembers are the names of the first record's members, in order.
func firstMembers(t *testing.T, text []byte) string {
	t.Helper()
	n, err := parseNode(text)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range n.value.([]node)[0].value.(members) {
		names = append(names, m.name)
	}
	return strings.Join(names, " ")
}

func TestContextOfAChildIsThatOfAWS(t *testing.T) {
	w := &aws{objects: map[string]string{"b/items": `{"n":1,"wait":0,"fail":false}`}}
	if _, err := w.run(t.Context(), t, regexp.MustCompile(`"Seconds": \d+`).ReplaceAllString(lifecycle, `"Seconds": 0`),
		`{"items": "items", "prefix": "results/x", "concurrency": 1, "tolerance": 0}`); err != nil {
		t.Fatal(err)
	}
	// As recorded, but for the order of members and the item's source.
	const want = `{"childContext":{"Execution":{"Id":"arn:aws:states:us-west-2:000000000000:execution:machine/LifeMap:UUID",` +
		`"Input":INPUT,"Name":"UUID","RedriveCount":0,"RoleArn":"arn:aws:iam::000000000000:role/machine","StartTime":"TIME"},` +
		`"State":{"EnteredTime":"TIME","Name":"ReturnContext"},` +
		`"StateMachine":{"Id":"arn:aws:states:us-west-2:000000000000:stateMachine:machine/LifeMap","Name":"machine"}},"item":INPUT}`
	const input = `{"index":0,"parentId":"arn:aws:states:us-west-2:000000000000:execution:machine:RUN","source":"S3://b/items","value":{"fail":false,"n":1,"wait":0}}`
	if got := alike(string(w.children[0].Output)); got != strings.ReplaceAll(want, "INPUT", input) {
		t.Errorf("output %s", got)
	}
	if w.children[0].Events != 8 {
		t.Errorf("its history has %d events, that of AWS had 8", w.children[0].Events)
	}
}

func TestResultsOfAFailedMapComeLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &aws{objects: map[string]string{"b/items": `{"n":0,"wait":5,"fail":true}`}}
		start := time.Now()
		if _, err := w.run(t.Context(), t, lifecycle, `{"items": "items", "prefix": "results/x", "concurrency": 1, "tolerance": 0}`); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 15*time.Second {
			t.Errorf("the run took %s: the Catch waited for the results", took)
		}
		for key, at := range w.putAt {
			if late := at.Sub(start.Add(5 * time.Second)); late <= 0 || late > time.Second {
				t.Errorf("%s was written %s after the failure", key, late)
			}
		}
		if len(w.putAt) != 2 {
			t.Errorf("written were %v", w.putAt)
		}
	})
}

// echo is a map whose children invoke a function.
const echo = `{"StartAt": "A", "States": {"A": {"Type": "Map", "Label": "L",
	"MaxConcurrencyPath": "$.concurrency", "ToleratedFailurePercentagePath": "$.tolerance",
	"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSONL"}, "Parameters": {"Bucket": "b", "Key": "items"}},
	"ItemSelector": {"n.$": "$$.Map.Item.Value"},
	"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "C", "States": {
		"C": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload": {"n.$": "$.n"}}, "OutputPath": "$.Payload", "End": true}}},
	"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "results"}},
	"End": true}}}`

// number of an item that echo hands to its function.
func numberOf(t *testing.T, payload string) int {
	t.Helper()
	var item struct{ N int }
	if err := json.Unmarshal([]byte(payload), &item); err != nil {
		t.Error(err)
	}
	return item.N
}

func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, i)
	}
	return b.String()
}

func TestTolerance(t *testing.T) {
	for _, c := range []struct {
		percent       float64
		items, failed int
		fails         bool
	}{
		{0, 10, 0, false},
		{0, 10, 1, true},
		{10, 10, 1, false},
		{10, 10, 2, true},
		{10.5, 19, 2, true},
		{100, 3, 3, false},
		{0, 0, 0, false},
	} {
		t.Run(fmt.Sprintf("%v%%, %d of %d", c.percent, c.failed, c.items), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &aws{objects: map[string]string{"b/items": numbers(c.items)}}
				w.invoke = func(_ context.Context, _, payload string) (string, error) {
					if numberOf(t, payload) < c.failed {
						return "", &TaskError{"Denied", payload}
					}
					return payload, nil
				}
				_, err := w.run(t.Context(), t, echo, fmt.Sprintf(`{"concurrency": 3, "tolerance": %v}`, c.percent))
				if fails := err != nil; fails != c.fails {
					t.Errorf("ended with %v", err)
				}
				if c.fails && ended(t, err).Name != "States.ExceedToleratedFailureThreshold" {
					t.Errorf("ended with %v", err)
				}
			})
		})
	}
}

func TestEveryItemEndsInOneResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 200
		w := &aws{objects: map[string]string{"b/items": numbers(n)}}
		w.invoke = func(ctx context.Context, _, payload string) (string, error) {
			switch item := numberOf(t, payload); {
			case item == 20:
				time.Sleep(time.Second)
				return "", &TaskError{"Denied", "no"}
			case item > 20: // under way when the map fails
				<-ctx.Done()
				return "", ctx.Err()
			}
			return payload, nil
		}
		m := load(t, echo)
		m.graph.states["A"].work.(*distributedMap).fileBytes = 4096
		_, err := w.execute(t.Context(), m, `{"concurrency": 15, "tolerance": 0}`)
		if ended(t, err).Name != "States.ExceedToleratedFailureThreshold" {
			t.Fatal(err)
		}
		if w.most != 15 {
			t.Errorf("%d children at once, want 15", w.most)
		}
		var manifest struct{ ResultFiles map[Status][]manifestFile }
		if err := json.Unmarshal([]byte(w.resultFiles()["manifest.json"]), &manifest); err != nil {
			t.Fatal(err)
		}
		items, statuses := map[string]int{}, map[Status]int{}
		for _, files := range manifest.ResultFiles {
			for _, f := range files {
				text := w.objects["b/"+f.Key]
				var records []record
				if err := json.Unmarshal([]byte(text), &records); err != nil || int64(len(text)) != f.Size {
					t.Fatalf("%s has %d bytes, the manifest says %d (%v)", f.Key, len(text), f.Size, err)
				}
				for _, r := range records {
					items[r.Input]++
					statuses[r.Status]++
				}
			}
		}
		if len(items) != n || statuses[Failed] != 1 || statuses[Aborted] != 14 || statuses[Pending] != n-statuses[Succeeded]-15 {
			t.Errorf("%d items, %v", len(items), statuses)
		}
		if len(manifest.ResultFiles[Pending]) < 2 {
			t.Errorf("files are %v: they do not go on past their size", manifest.ResultFiles)
		}
		for _, c := range w.children {
			if c.Status == Aborted && (c.Error != "" || c.Cause != "") {
				t.Errorf("a stopped child has the error %q", c.Error)
			}
		}
	})
}

func TestStoppedMapLeavesItsResults(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	w := &aws{objects: map[string]string{"b/items": numbers(50)}}
	w.invoke = func(ctx context.Context, _, payload string) (string, error) {
		if numberOf(t, payload) == 7 {
			stop()
			<-ctx.Done()
			return "", ctx.Err()
		}
		return payload, nil
	}
	_, err := w.run(ctx, t, echo, `{"concurrency": 1, "tolerance": 0}`)
	if ended(t, err) != (ExecutionError{Status: Aborted}) {
		t.Errorf("ended with %v", err)
	}
	files := w.resultFiles()
	for name, n := range map[string]int{"SUCCEEDED_0.json": 7, "FAILED_0.json": 1, "PENDING_0.json": 42} {
		if got := strings.Count(files[name], `"Input":`); got != n {
			t.Errorf("%s has %d records, want %d", name, got, n)
		}
	}
}

func TestMapThatCannotBegin(t *testing.T) {
	const input = `{"concurrency": 1, "tolerance": 0}`
	for _, c := range []struct{ name, items, input, want, cause string }{
		{"no file", "", input, "States.ItemReaderFailed", "s3://b/items is not there"},
		{"no JSON", "1\n{\n", input, "States.ItemReaderFailed", "item 1 is no JSON: {"},
		{"no setting", "1", `{"tolerance": 0}`, "States.Runtime", "$.concurrency"},
		{"no number", "1", `{"concurrency": 1, "tolerance": "all"}`, "States.Runtime", "from 0 to 100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &aws{objects: map[string]string{}}
			if c.items != "" {
				w.objects["b/items"] = c.items
			}
			_, err := w.run(t.Context(), t, echo, c.input)
			if e := ended(t, err); e.Name != c.want || !strings.Contains(e.Cause, c.cause) {
				t.Errorf("ended with %v", err)
			}
			if len(w.children) > 0 {
				t.Error("a child was started")
			}
		})
	}
}

// full is a bucket that nothing can be put into.
type full struct{ *aws }

func (full) Put(context.Context, string, string, io.ReadSeeker) error {
	return errors.New("no space left")
}

func TestResultsThatCannotBeWrittenAreToldOf(t *testing.T) {
	for _, c := range []struct{ name, fault, want string }{
		{"of a map that succeeded", "", "States.ResultWriterFailed"},
		{"of a map that failed", "Denied", "States.ExceedToleratedFailureThreshold"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &aws{objects: map[string]string{"b/items": "1"}}
				_, err := load(t, echo).Run(t.Context(), Execution{ARN: testARN, Input: []byte(`{"concurrency": 1, "tolerance": 0}`), StartTime: time.Now()}, Env{
					Invoke: func(_ context.Context, _ string, payload []byte) ([]byte, error) {
						if c.fault != "" {
							return nil, &TaskError{c.fault, ""}
						}
						return payload, nil
					},
					Buckets: full{w},
				})
				if ended(t, err).Name != c.want || !strings.Contains(err.Error(), "no space left") {
					t.Errorf("ended with %v", err)
				}
			})
		})
	}
}

// BenchmarkMap is a map of 1,000 children that do nothing.
func BenchmarkMap(b *testing.B) {
	m := load(b, echo)
	w := &aws{objects: map[string]string{"b/items": numbers(1000)}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Run(b.Context(), Execution{ARN: testARN, Input: []byte(`{"concurrency": 10, "tolerance": 0}`)}, Env{
			Invoke:  func(_ context.Context, _ string, payload []byte) ([]byte, error) { return payload, nil },
			Buckets: w,
		}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestMapRunIsSteered: a run of a map can be made wider and narrower while it goes on,
// without a child that runs being stopped.
func TestMapRunIsSteered(t *testing.T) {
	w := &aws{objects: map[string]string{"b/items": strings.Repeat("{}\n", 12)}}
	var run *MapRun
	release := make(chan struct{})
	w.invoke = func(context.Context, string, string) (string, error) {
		<-release
		return "{}", nil
	}
	m := load(t, `{"StartAt": "M", "States": {"M": {"Type": "Map", "Label": "L",
		"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSONL"}, "Parameters": {"Bucket": "b", "Key": "items"}},
		"MaxConcurrencyPath": "$.c", "ToleratedFailurePercentagePath": "$.t", "ItemSelector": {"v.$": "$$.Map.Item.Value"},
		"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "A", "States": {
			"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload": {}}, "End": true}}},
		"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "results"}}, "End": true}}}`)
	synctest.Test(t, func(t *testing.T) {
		release = make(chan struct{})
		done := make(chan error)
		go func() {
			_, err := m.Run(t.Context(), Execution{ARN: testARN, Input: []byte(`{"c": 2, "t": 0}`), StartTime: time.Now()}, Env{
				Invoke: func(ctx context.Context, f string, p []byte) ([]byte, error) {
					a, err := w.invoke(ctx, f, string(p))
					return []byte(a), err
				},
				Buckets: w, MapRunStarted: func(r *MapRun) { run = r },
			})
			done <- err
		}()
		expect := func(what string, want MapRunState) {
			t.Helper()
			synctest.Wait()
			if got := run.State(); got != want {
				t.Errorf("%s: %+v, want %+v", what, got, want)
			}
		}
		expect("at first", MapRunState{Running, 2, 12, 2, 0, 0})
		run.SetMaxConcurrency(5)
		expect("wider", MapRunState{Running, 5, 12, 5, 0, 0})
		run.SetMaxConcurrency(3)
		expect("narrower", MapRunState{Running, 3, 12, 5, 0, 0})
		release <- struct{}{}
		release <- struct{}{}
		expect("after two", MapRunState{Running, 3, 12, 3, 2, 2})
		release <- struct{}{}
		expect("after one more", MapRunState{Running, 3, 12, 3, 3, 3})
		run.SetMaxConcurrency(0)
		expect("all", MapRunState{Running, MaxChildren, 12, 9, 3, 3})
		close(release)
		if err := <-done; err != nil {
			t.Error(err)
		}
		expect("at the end", MapRunState{Succeeded, MaxChildren, 12, 0, 12, 12})
		if !strings.Contains(run.ARN(), ":mapRun:machine/L:") {
			t.Errorf("its ARN is %s", run.ARN())
		}
	})
}
