package statemachine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/asl"
)

// stage stands for AWS around the state machine: functions that follow a script,
// and a bucket in memory.
type stage struct {
	mu      sync.Mutex
	files   map[string]string
	entered []string
	ended   []asl.Child
	// plan is what List answers; what index answers for an object; what reports
	// are given.
	plan    run.Plan
	restore func(run.Plan) run.Restore
	index   func(run.IndexRequest) (run.Work, error)
	fail    map[string]error // of the function named, always
	summary run.Summary
	reports []run.ReportRequest
	attempt int // from which Report answers, NotYet before
}

func (s *stage) Open(_ context.Context, bucket, key string) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, ok := s.files[bucket+"/"+key]
	if !ok {
		return nil, errors.New("not there")
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

func (s *stage) Put(_ context.Context, bucket, key string, body io.ReadSeeker) error {
	text, err := io.ReadAll(body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[bucket+"/"+key] = string(text)
	return err
}

func (s *stage) StateEntered(state string, _ []byte)                { s.entered = append(s.entered, state) }
func (s *stage) StateRetried(string, *asl.TaskError, time.Duration) {}
func (s *stage) ChildEnded(c asl.Child) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = append(s.ended, c)
}

// strictly decodes a payload that has to have no unknown member.
func strictly[T any](payload []byte) (T, error) {
	var v T
	d := json.NewDecoder(strings.NewReader(string(payload)))
	d.DisallowUnknownFields()
	err := d.Decode(&v)
	return v, err
}

func (s *stage) invoke(_ context.Context, arn string, payload []byte) ([]byte, error) {
	name := arn[strings.LastIndex(arn, ":")+1:]
	if err := s.fail[name]; err != nil {
		return nil, err
	}
	var answer any
	var err error
	switch name {
	case ListFunction:
		answer, err = s.list(payload)
	case RestoreFunction:
		var req run.RestoreRequest
		if req, err = strictly[run.RestoreRequest](payload); err == nil {
			req.Plan.Restore = s.restore(req.Plan)
			answer = req.Plan
		}
	case PrepareFunction:
		_, err = strictly[run.PrepareRequest](payload)
		answer = run.Prepared{}
	case IndexFunction:
		var req run.IndexRequest
		if req, err = strictly[run.IndexRequest](payload); err == nil {
			answer, err = s.index(req)
		}
	case ReportFunction:
		answer, err = s.report(payload)
	default:
		err = fmt.Errorf("there is no function %s", arn)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer)
}

func (s *stage) list(payload []byte) (any, error) {
	req, err := strictly[run.ListRequest](payload)
	if err != nil {
		return nil, err
	}
	var input struct{ From, To string }
	if err := json.Unmarshal(req.Request, &input); err != nil || input.From != "2018-12-10" {
		return nil, fmt.Errorf("the request is %s", req.Request)
	}
	p := s.plan
	p.Run, p.Execution, p.Started = req.Execution.Name, req.Execution.ID, req.Execution.StartTime
	p.Manifest = run.Location{Bucket: "runs", Key: run.ManifestKey(p.Run)}
	p.Results = run.Location{Bucket: "runs", Key: run.ResultsPrefix(p.Run)}
	var manifest strings.Builder
	for i := range p.Objects {
		line, _ := json.Marshal(object(i))
		fmt.Fprintf(&manifest, "%s\n", line)
	}
	s.files["runs/"+p.Manifest.Key] = manifest.String()
	return p, nil
}

func (s *stage) report(payload []byte) (any, error) {
	var req run.ReportRequest // its map has other members too
	if err := json.Unmarshal(payload, &req); err != nil {
		return nil, err
	}
	s.reports = append(s.reports, req)
	if req.Attempt < s.attempt {
		return nil, fault(run.NotYet, "no manifest yet")
	}
	return s.summary, nil
}

func object(i int64) run.Object {
	return run.Object{Key: fmt.Sprintf("logs/%d", i), Size: 100, ETag: `"e"`}
}

// fault is an error as a Lambda of ours hands it on.
func fault(name, message string) error {
	cause, _ := json.Marshal(map[string]string{"errorMessage": message, "errorType": name})
	return &asl.TaskError{Name: name, Cause: string(cause)}
}

func newStage(objects int64) *stage {
	return &stage{
		files: map[string]string{}, fail: map[string]error{},
		plan: run.Plan{Objects: objects, MaxConcurrency: 3, ToleratedFailurePercentage: 10, Prefixes: []string{}, Notes: []string{}},
		index: func(r run.IndexRequest) (run.Work, error) {
			r.Work.Outcome.End = run.Indexed
			r.Work.Outcome.Calls++
			return r.Work, nil
		},
		summary: run.Summary{Complete: true},
	}
}

// run executes the definition. In a bubble of synctest no time is lost.
func (s *stage) run(t *testing.T) (string, error) {
	t.Helper()
	filled, err := Fill(Definition(), functions())
	if err != nil {
		t.Fatal(err)
	}
	return s.execute(t, filled, `{"from": "2018-12-10", "to": "2018-12-12"}`)
}

func (s *stage) execute(t *testing.T, definition, input string) (string, error) {
	t.Helper()
	m, err := asl.Load([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.Run(t.Context(), asl.Execution{
		ARN: "arn:aws:states:eu-central-1:123456789012:execution:rehydrate:r1", Input: []byte(input), StartTime: time.Now(),
	}, asl.Env{Invoke: s.invoke, Buckets: s, Observer: s})
	return string(out), err
}

func (s *stage) path() string { return strings.Join(s.entered, " → ") }

func TestPathsThroughTheMachine(t *testing.T) {
	const (
		listed = "List objects → Anything to index? → Anything to restore? → "
		whole  = listed + "Prepare index → Index objects → Report → Complete? → "
	)
	for _, c := range []struct {
		name  string
		set   func(*stage)
		path  string
		error string // and its name; empty where the run succeeds
	}{
		{"complete", func(*stage) {}, whole + "Complete", ""},
		{
			"into files", func(s *stage) {
				s.plan.Destination = run.ToFiles
				s.fail[PrepareFunction] = fault(run.UnusableCluster, "there is none")
				index := s.index
				s.index = func(r run.IndexRequest) (run.Work, error) {
					if r.Work.Destination != run.ToFiles {
						return run.Work{}, fault(run.Denied, "the child was not told")
					}
					return index(r)
				}
			},
			listed + "Index objects → Report → Complete? → Complete", "",
		},
		{
			"restored", func(s *stage) {
				s.plan.Restore = run.Restore{Tier: run.Standard, Next: run.RestoreAsk}
				steps := []run.Restore{{Next: run.RestoreAsk}, {Next: run.RestoreWait, Seconds: 3 * 3600}, {Next: run.RestoreWait, Seconds: 60}, {Next: run.RestoreDone}}
				s.restore = func(p run.Plan) run.Restore {
					if waited := time.Since(p.Started); len(steps) == 1 && waited != 3*time.Hour+time.Minute {
						t.Errorf("waited %s", waited)
					}
					now := steps[0]
					steps = steps[1:]
					return now
				}
			}, listed + "Restore objects → Anything to restore? → Restore objects → Anything to restore? → " +
				strings.Repeat("Wait for restore → Restore objects → Anything to restore? → ", 2) +
				"Prepare index → Index objects → Report → Complete? → Complete", "",
		},
		{
			"not allowed to restore", func(s *stage) {
				s.plan.Restore = run.Restore{Tier: run.Standard, Next: run.RestoreAsk}
				s.fail[RestoreFunction] = fault(run.Denied, "s3:RestoreObject")
			}, listed + "Restore objects", run.Denied,
		},
		{"incomplete", func(s *stage) { s.summary.Complete = false }, whole + "Incomplete", "Incomplete"},
		{"plan only", func(s *stage) { s.plan.PlanOnly = true }, "List objects → Anything to index? → Look at cluster → Planned", ""},
		{
			"plan for a cluster without room", func(s *stage) { s.plan.PlanOnly = true; s.fail[PrepareFunction] = fault(run.UnusableCluster, "full") },
			"List objects → Anything to index? → Look at cluster → Planned", "",
		},
		{"plan of files", func(s *stage) { s.plan.PlanOnly = true; s.plan.Destination = run.ToFiles }, "List objects → Anything to index? → Planned", ""},
		{"plan of nothing", func(s *stage) { s.plan.PlanOnly = true; s.plan.Objects = 0 }, "List objects → Anything to index? → Planned", ""},
		{
			"nothing found", func(s *stage) { s.plan.Objects = 0; s.summary.Complete = false },
			"List objects → Anything to index? → Nothing found → Report → Complete? → Incomplete", "Incomplete",
		},
		{"request refused", func(s *stage) { s.fail[ListFunction] = fault(run.InvalidRequest, "from: missing") }, "List objects", run.InvalidRequest},
		{
			"cluster refused", func(s *stage) { s.fail[PrepareFunction] = fault(run.UnusableCluster, "read only") },
			listed + "Prepare index", run.UnusableCluster,
		},
		{"every child fails", func(s *stage) { s.fail[IndexFunction] = fault(run.Denied, "no"); s.summary.Complete = false }, whole + "Incomplete", "Incomplete"},
		{"results come late", func(s *stage) { s.attempt = 8 }, whole + "Complete", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(7)
				c.set(s)
				_, err := s.run(t)
				if s.path() != c.path {
					t.Errorf("went %s\nwant %s", s.path(), c.path)
				}
				var ended *asl.ExecutionError
				if errors.As(err, &ended); c.error == "" && err != nil || c.error != "" && (ended == nil || ended.Name != c.error) {
					t.Errorf("ended with %v, want %q", err, c.error)
				}
			})
		})
	}
}

// TestAPlanTellsOfTheCluster: what it said, or what is wrong with it.
func TestAPlanTellsOfTheCluster(t *testing.T) {
	for want, err := range map[string]error{
		`"cluster":{"prepared":{"`: nil,
		`"cluster":{"Cause":"`:     fault(run.UnusableCluster, "it is full"),
	} {
		s := newStage(1)
		s.plan.PlanOnly, s.fail[PrepareFunction] = true, err
		out, failed := s.run(t)
		if failed != nil || !strings.Contains(out, want) || !strings.Contains(out, `"objects":1`) {
			t.Errorf("the plan is %s, %v; want %s in it", out, failed, want)
		}
	}
}

func TestIncompleteHasTheSummaryAsItsCause(t *testing.T) {
	s := newStage(1)
	s.summary = run.Summary{Run: "r1", Verdict: "Something is missing.", Report: "s3://runs/runs/r1/report.json"}
	_, err := s.run(t)
	var ended *asl.ExecutionError
	if !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if got, err := strictly[run.Summary]([]byte(ended.Cause)); err != nil || got.Verdict != s.summary.Verdict || got.Report != s.summary.Report {
		t.Errorf("the cause is %s, %v", ended.Cause, err)
	}
}

func TestReportHearsHowTheMapEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(5)
		s.fail[IndexFunction] = fault(run.Denied, "no")
		if _, err := s.run(t); err != nil {
			t.Fatal(err)
		}
		if got := s.reports[0].Map.Error; got != "States.ExceedToleratedFailureThreshold" {
			t.Errorf("Report was told %q", got)
		}
	})
}

// TestChildren is about how one object can end.
func TestChildren(t *testing.T) {
	for _, c := range []struct {
		name   string
		script []any // per call: an End that is answered, or an error
		status asl.Status
		error  string
		calls  int
	}{
		{"indexed", []any{run.Indexed}, asl.Succeeded, "", 1},
		{"goes on", []any{run.More, run.More, run.Indexed}, asl.Succeeded, "", 3},
		{"damaged", []any{run.More, run.Damaged}, asl.Succeeded, "", 2},
		{"archived", []any{run.Archived}, asl.Succeeded, "", 1},
		{"gone", []any{run.Gone}, asl.Succeeded, "", 1},
		{"changed", []any{run.Changed}, asl.Succeeded, "", 1},
		{"an unknown end", []any{run.End("odd")}, asl.Failed, "UnknownEnd", 1},
		{"no end", []any{run.End("")}, asl.Failed, "UnknownEnd", 1},
		{"denied", []any{run.More, fault(run.Denied, "no")}, asl.Failed, run.Denied, 1},
		{"no progress", []any{fault(run.NoProgress, "stuck")}, asl.Failed, run.NoProgress, 0},
		{"throttled for a while", []any{fault(run.Throttled, "429"), fault(run.Throttled, "429"), run.Indexed}, asl.Succeeded, "", 1},
		{"a crash", []any{fault("Runtime.ExitError", "killed"), run.Indexed}, asl.Succeeded, "", 1},
		{"a panic", []any{fault("runtime.boundsError", "index out of range")}, asl.Failed, "runtime.boundsError", 0},
		{"never an answer", []any{run.More, fault("States.Timeout", ""), fault("States.Timeout", ""), fault("States.Timeout", "")}, asl.Failed, "Timeout", 1},
		{"an error of Step Functions", []any{fault("States.TaskFailed", "odd")}, asl.Failed, "Unexpected", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(1)
				s.plan.ToleratedFailurePercentage = 100
				call, attempts := 0, 0
				s.index = func(r run.IndexRequest) (run.Work, error) {
					if r.Attempt != attempts {
						t.Errorf("attempt %d, want %d", r.Attempt, attempts)
					}
					now := c.script[call]
					call++
					if err, ok := now.(error); ok {
						attempts++
						return run.Work{}, err
					}
					attempts = 0
					r.Work.Outcome.End = now.(run.End)
					r.Work.Outcome.Calls++
					return r.Work, nil
				}
				if _, err := s.run(t); err != nil {
					t.Fatal(err)
				}
				child := s.ended[0]
				if child.Status != c.status || child.Error != c.error {
					t.Fatalf("ended %s with %s: %s", child.Status, child.Error, child.Cause)
				}
				if work, err := strictly[run.Work](child.Input); err != nil || work.Object.Key != "logs/0" || work.Run != "r1" {
					t.Errorf("its input is %s, %v", child.Input, err)
				}
				if c.status == asl.Succeeded {
					o, err := strictly[run.Outcome](child.Output)
					if err != nil || o.End != c.script[len(c.script)-1] || o.Calls != c.calls {
						t.Errorf("its output is %s, %v", child.Output, err)
					}
				} else if c.error != "UnknownEnd" {
					checkCause(t, child.Cause, c.error, c.calls)
				}
			})
		})
	}
}

// checkCause: a failed child tells the object, what came so far, and what to do.
func checkCause(t *testing.T, cause, name string, calls int) {
	t.Helper()
	got, err := strictly[struct {
		Object               run.Object
		Error, Cause, Remedy string
		Outcome              run.Outcome
	}]([]byte(cause))
	if err != nil || got.Object.Key != "logs/0" || got.Error != name || !strings.Contains(got.Cause, "errorMessage") && name != "Timeout" || got.Cause == "" ||
		got.Remedy == "" || got.Outcome.Calls != calls {
		t.Errorf("its cause is %s, %v", cause, err)
	}
}

func TestLiveMachineIndexesOneObject(t *testing.T) {
	live, err := Live()
	if err != nil {
		t.Fatal(err)
	}
	filled, err := Fill(live, map[string]string{IndexFunction: functions()[IndexFunction]})
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(0)
	work, _ := json.Marshal(run.Work{Run: "live", Object: object(0)})
	out, err := s.execute(t, filled, string(work))
	if err != nil || s.path() != "Index object → How did it end? → Indexed" {
		t.Fatalf("went %s, %v", s.path(), err)
	}
	if o, err := strictly[run.Outcome]([]byte(out)); err != nil || o.End != run.Indexed {
		t.Errorf("output %s, %v", out, err)
	}
}
