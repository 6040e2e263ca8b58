package asl

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
)

const testARN = "arn:aws:states:us-west-2:000000000000:execution:machine:run"

// aws is what a test's machine acts upon.
type aws struct {
	mu      sync.Mutex
	objects map[string]string
	// putAt tells when an object was written.
	putAt    map[string]time.Time
	invoke   func(ctx context.Context, function, payload string) (string, error)
	entered  []string
	retried  []string // state, error and wait
	children []Child
	running  int
	most     int // calls at once
}

func (w *aws) Open(_ context.Context, bucket, key string) (io.ReadCloser, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text, ok := w.objects[bucket+"/"+key]
	if !ok {
		return nil, fmt.Errorf("s3://%s/%s is not there", bucket, key)
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

func (w *aws) Put(_ context.Context, bucket, key string, body io.ReadSeeker) error {
	text, err := io.ReadAll(body)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.putAt == nil {
		w.putAt = map[string]time.Time{}
	}
	w.objects[bucket+"/"+key] = string(text)
	w.putAt[key] = time.Now()
	return err
}

func (w *aws) StateEntered(state string, _ []byte) { w.entered = append(w.entered, state) }
func (w *aws) StateRetried(state string, err *TaskError, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.retried = append(w.retried, fmt.Sprintf("%s %s %s", state, err.Name, wait))
}

func (w *aws) ChildEnded(c Child) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.children = append(w.children, c)
}

// count adds one call to those that go on, or takes one away.
func (w *aws) count(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running += n
	w.most = max(w.most, w.running)
}

// run executes a definition in w. Times pass at once where the test is in a
// bubble of synctest.
func (w *aws) run(ctx context.Context, t *testing.T, definition, input string) (string, error) {
	t.Helper()
	return w.execute(ctx, load(t, definition), input)
}

func load(t testing.TB, definition string) *Machine {
	t.Helper()
	m, err := Load([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (w *aws) execute(ctx context.Context, m *Machine, input string) (string, error) {
	out, err := m.Run(ctx, Execution{ARN: testARN, Input: []byte(input), StartTime: time.Now()}, Env{
		Invoke: func(ctx context.Context, function string, payload []byte) ([]byte, error) {
			w.count(1)
			defer w.count(-1)
			answer, err := w.invoke(ctx, function, string(payload))
			return []byte(answer), err
		},
		Buckets: w, Observer: w,
	})
	return string(out), err
}

// states is a definition of these states, the first of which is A.
func states(more string) string { return `{"StartAt": "A", "States": {` + more + `}}` }

// ended is the ExecutionError in err.
func ended(t *testing.T, err error) ExecutionError {
	t.Helper()
	var e *ExecutionError
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want an ExecutionError", err)
	}
	return *e
}

func TestDataFlow(t *testing.T) {
	for _, c := range []struct{ name, states, input, want string }{
		{"pass", `"A": {"Type": "Pass", "End": true}`, `{"n": 10.50, "big": 12345678901234567890}`, `{"big":12345678901234567890,"n":10.50}`},
		{"result", `"A": {"Type": "Pass", "Result": {"a": [1]}, "ResultPath": "$.x.y", "End": true}`, `{"n": 1}`, `{"n":1,"x":{"y":{"a":[1]}}}`},
		{"result discarded", `"A": {"Type": "Pass", "Result": 1, "ResultPath": null, "End": true}`, `{"n": 1}`, `{"n":1}`},
		{"output path", `"A": {"Type": "Pass", "Result": {"b": "<&>"}, "ResultPath": "$.r", "OutputPath": "$.r.b", "End": true}`, `{"a": 1}`, `"<&>"`},
		{
			"parameters", `"A": {"Type": "Pass", "Parameters": {"fixed": {"k": 1.0, "l": {"m": null}}, "in": {"side.$": "$.a.b"}, "all.$": "$"}, "End": true}`,
			`{"a": {"b": true}}`, `{"all":{"a":{"b":true}},"fixed":{"k":1.0,"l":{"m":null}},"in":{"side":true}}`,
		},
		{
			"JSON to string", `"A": {"Type": "Pass", "Parameters": {"s.$": "States.JsonToString($.o)"}, "End": true}`,
			`{"o": {"b": "<\"", "a": 1.0}}`, `{"s":"{\"a\":1.0,\"b\":\"<\\\"\"}"}`,
		},
		{"succeed", `"A": {"Type": "Succeed", "OutputPath": "$.a"}`, `{"a": 1}`, `1`},
		{
			"context", `"A": {"Type": "Pass", "Parameters": {"i.$": "$$.Execution.Id", "n.$": "$$.Execution.Name", "m.$": "$$.StateMachine.Name", "s.$": "$$.State.Name", "in.$": "$$.Execution.Input.x"}, "End": true}`,
			`{"x": 1}`, `{"i":"` + testARN + `","in":1,"m":"machine","n":"run","s":"A"}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := (&aws{}).run(t.Context(), t, states(c.states), c.input)
			if err != nil || got != c.want {
				t.Errorf("output %s, %v\nwant   %s", got, err, c.want)
			}
		})
	}
}

func TestChoice(t *testing.T) {
	const input = `{"s": "b", "n": 10, "f": 10.0, "t": true, "z": null, "o": {"s": "b"}}`
	for rule, want := range map[string]bool{
		`"Variable": "$.s", "StringEquals": "b"`:                                                           true,
		`"Variable": "$.s", "StringEquals": "c"`:                                                           false,
		`"Variable": "$.n", "StringEquals": "10"`:                                                          false,
		`"Variable": "$.o", "StringEquals": "b"`:                                                           false,
		`"Variable": "$.s", "StringMatches": "b"`:                                                          true,
		`"Variable": "$.s", "StringMatches": "*"`:                                                          true,
		`"Variable": "$.s", "StringMatches": "b*"`:                                                         true,
		`"Variable": "$.s", "StringMatches": "*b"`:                                                         true,
		`"Variable": "$.s", "StringMatches": "b*b"`:                                                        false,
		`"Variable": "$.s", "StringMatches": "a*"`:                                                         false,
		`"Variable": "$.s", "StringMatches": ""`:                                                           false,
		`"Variable": "$.n", "StringMatches": "*"`:                                                          false,
		`"Variable": "$$.Execution.Id", "StringMatches": "arn:*:execution:*n"`:                             true,
		`"Variable": "$$.Execution.Id", "StringMatches": "arn:*:execution:*:"`:                             false,
		`"Variable": "$.n", "NumericEquals": 10`:                                                           true,
		`"Variable": "$.f", "NumericEquals": 10`:                                                           true,
		`"Variable": "$.n", "NumericEquals": 9`:                                                            false,
		`"Variable": "$.s", "NumericEquals": 0`:                                                            false,
		`"Variable": "$.n", "NumericGreaterThanEquals": 9`:                                                 true,
		`"Variable": "$.n", "NumericGreaterThanEquals": 10`:                                                true,
		`"Variable": "$.n", "NumericGreaterThanEquals": 11`:                                                false,
		`"Variable": "$.s", "NumericGreaterThanEquals": 0`:                                                 false,
		`"Variable": "$.t", "BooleanEquals": true`:                                                         true,
		`"Variable": "$.t", "BooleanEquals": false`:                                                        false,
		`"Variable": "$.n", "BooleanEquals": true`:                                                         false,
		`"Variable": "$.q", "IsPresent": false`:                                                            true,
		`"Variable": "$.z", "IsPresent": true`:                                                             true,
		`"Variable": "$.s.q", "IsPresent": true`:                                                           false,
		`"Not": {"Variable": "$.n", "NumericEquals": 10}`:                                                  false,
		`"And": [{"Variable": "$.q", "IsPresent": true}, {"Variable": "$.q", "StringEquals": "not read"}]`: false,
		`"And": [{"Variable": "$.t", "IsPresent": true}, {"Variable": "$.n", "NumericEquals": 10}]`:        true,
		`"Or": [{"Variable": "$.n", "NumericEquals": 1}, {"Variable": "$.n", "NumericEquals": 10}]`:        true,
		`"Or": [{"Variable": "$.n", "NumericEquals": 1}]`:                                                  false,
		`"Variable": "$$.Execution.Name", "StringEquals": "run"`:                                           true,
	} {
		t.Run(rule, func(t *testing.T) {
			got, err := (&aws{}).run(t.Context(), t, states(`
				"A": {"Type": "Choice", "Choices": [{`+rule+`, "Next": "Yes"}], "Default": "No"},
				"Yes": {"Type": "Pass", "Result": true, "End": true}, "No": {"Type": "Pass", "Result": false, "End": true}`), input)
			if err != nil || got != fmt.Sprint(want) {
				t.Errorf("holds: %s, %v", got, err)
			}
		})
	}
}

func TestWhatNoCatchSees(t *testing.T) {
	big := strings.Repeat("x", MaxPayload)
	catch := `"Retry": [{"ErrorEquals": ["States.ALL"]}], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]`
	const task = `"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload": `
	for _, c := range []struct{ name, states, answer, want, cause string }{
		{"a path of the payload", task + `{"p.$": "$.gone"}}, ` + catch + `, "End": true}`, `1`, "States.Runtime", "'$.gone' specified for the field 'p.$'"},
		{"a path of the output", task + `{}}, "OutputPath": "$.gone", ` + catch + `, "End": true}`, `1`, "States.Runtime", "$.gone"},
		{"a result", task + `{}}, ` + catch + `, "End": true}`, `"` + big + `"`, "States.DataLimitExceeded", "'f' returned a result with a size"},
		{"an input", task + `{"p": "` + big + `"}}, ` + catch + `, "End": true}`, `1`, "States.DataLimitExceeded", "'A'"},
		{"a choice", `"A": {"Type": "Choice", "Choices": [{"Variable": "$.gone", "StringEquals": "", "Next": "B"}], "Default": "B"}`, "", "States.Runtime", "'$.gone' specified for the field 'Variable'"},
		{"a cause", `"A": {"Type": "Fail", "Error": "E", "CausePath": "$.gone"}`, "", "States.Runtime", "'CausePath'"},
		{"a long cause", `"A": {"Type": "Fail", "Error": "E", "Cause": "` + big[:MaxCause+1] + `"}`, "", "States.Runtime", "32769 characters"},
		{"a reserved error", `"A": {"Type": "Pass", "Result": "States.Timeout", "Next": "F"}, "F": {"Type": "Fail", "ErrorPath": "$", "Cause": "c"}`, "", "States.Runtime", "names that begin with States. are reserved"},
		{"a cause that is no string", `"A": {"Type": "Fail", "Error": "E", "CausePath": "$"}`, "", "States.Runtime", "has to be a string"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &aws{invoke: func(context.Context, string, string) (string, error) { return c.answer, nil }}
			b := ""
			if strings.Contains(c.states, `"B"`) {
				b = `, "B": {"Type": "Pass", "End": true}`
			}
			_, err := w.run(t.Context(), t, states(c.states+b), `{}`)
			if e := ended(t, err); e.Status != Failed || e.Name != c.want || !strings.Contains(e.Cause, c.cause) {
				t.Errorf("ended with %.300v", err)
			}
		})
	}
}

func TestFail(t *testing.T) {
	_, err := (&aws{}).run(t.Context(), t, states(`"A": {"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.JsonToString($)"}`), `{"e": "Broken"}`)
	if e := ended(t, err); e != (ExecutionError{Failed, "Broken", `{"e":"Broken"}`}) {
		t.Errorf("ended with %v", err)
	}
}

// TestEscapedCause: AWS may count a character outside ASCII as it is escaped.
func TestEscapedCause(t *testing.T) {
	for _, c := range []struct {
		cause string
		fits  bool
	}{
		{strings.Repeat("x", MaxCause), true},
		{strings.Repeat("é", MaxCause/6), true}, // 5,461 × 6 + 2
		{strings.Repeat("é", MaxCause/6) + "xx", true},
		{strings.Repeat("é", MaxCause/6) + "xxx", false},
		{strings.Repeat("🍣", MaxCause/12) + "12345678", true}, // 2,730 × 12 + 8
		{strings.Repeat("🍣", MaxCause/12) + "123456789", false},
	} {
		_, err := (&aws{}).run(t.Context(), t, states(`"A": {"Type": "Fail", "Error": "E", "Cause": "`+c.cause+`"}`), `{}`)
		if fits := ended(t, err).Name == "E"; fits != c.fits {
			t.Errorf("a cause of %d characters and %d bytes fits: %v", len([]rune(c.cause)), len(c.cause), fits)
		}
	}
}

// TestAnswerIsCountedInItsEnvelope: AWS hands on more than what the function
// answered, and counts all of it.
func TestAnswerIsCountedInItsEnvelope(t *testing.T) {
	if !json.Valid([]byte(strings.Replace(envelope, `"Payload":`, `"Payload":1`, 1))) {
		t.Errorf("the envelope is no JSON: %s", envelope)
	}
	for over, fits := range map[int]bool{0: true, 1: false} {
		w := &aws{invoke: func(context.Context, string, string) (string, error) {
			return `"` + strings.Repeat("x", MaxPayload-len(envelope)+over-len(`""`)) + `"`, nil
		}}
		_, err := w.run(t.Context(), t, states(`"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload": {}}, "End": true}`), `{}`)
		if (err == nil) != fits {
			t.Errorf("%d bytes over the limit: %v", over, err)
		}
	}
}

// retrying is a task with the parameter of how often it was tried.
const retrying = `"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 60,
	"Parameters": {"FunctionName": "f", "Payload": {"n.$": "$$.State.RetryCount"}}, "OutputPath": "$.Payload",
	"Retry": [
		{"ErrorEquals": ["Busy", "States.Timeout"], "IntervalSeconds": 10, "BackoffRate": 3, "MaxDelaySeconds": 50, "MaxAttempts": 4},
		{"ErrorEquals": ["Odd"], "MaxAttempts": 1},
		{"ErrorEquals": ["Never"], "MaxAttempts": 0}],
	"Catch": [{"ErrorEquals": ["Odd", "Never", "States.Timeout"], "ResultPath": "$.error", "Next": "B"}, {"ErrorEquals": ["States.TaskFailed"], "Next": "B"}],
	"End": true}, "B": {"Type": "Pass", "End": true}`

func TestRetryAndCatch(t *testing.T) {
	for _, c := range []struct {
		name   string
		errs   []error
		waited []int
		want   string
	}{
		{"none", nil, nil, `{"n":0}`},
		{"until it works", []error{&TaskError{"Busy", ""}, &TaskError{"Odd", ""}, &TaskError{"Busy", ""}}, []int{10, 1, 30}, `{"n":3}`},
		{
			"no more",
			[]error{&TaskError{"Busy", "1"}, &TaskError{"Busy", "2"}, &TaskError{"Busy", "3"}, &TaskError{"Busy", "4"}, &TaskError{"Busy", "5"}},
			[]int{10, 30, 50, 50},
			`{"Cause":"5","Error":"Busy"}`,
		},
		{"never again", []error{&TaskError{"Never", "c"}}, nil, `{"error":{"Cause":"c","Error":"Never"},"x":1}`},
		{"wrapped", []error{fmt.Errorf("invoke: %w", &TaskError{"Never", "c"})}, nil, `{"error":{"Cause":"c","Error":"Never"},"x":1}`},
		{"not named", []error{errors.New("no such binary")}, nil, `{"Cause":"no such binary","Error":"States.TaskFailed"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls []time.Time
				w := &aws{invoke: func(_ context.Context, function, payload string) (string, error) {
					calls = append(calls, time.Now())
					if len(calls) <= len(c.errs) {
						return "", c.errs[len(calls)-1]
					}
					return payload, nil
				}}
				got, err := w.run(t.Context(), t, states(retrying), `{"x": 1}`)
				if err != nil || got != c.want {
					t.Errorf("output %s, %v; want %s", got, err, c.want)
				}
				if len(calls) != len(c.waited)+1 {
					t.Fatalf("%d calls, want %d", len(calls), len(c.waited)+1)
				}
				for i, want := range c.waited {
					if waited := calls[i+1].Sub(calls[i]); int(waited/time.Second) != want || waited%time.Second != 0 {
						t.Errorf("waited %s before retry %d, want %ds", waited, i+1, want)
					}
					var failed *TaskError
					if !errors.As(c.errs[i], &failed) || len(w.retried) <= i || w.retried[i] != fmt.Sprintf("A %s %ds", failed.Name, want) {
						t.Errorf("the retries told are %q", w.retried)
					}
				}
			})
		})
	}
}

func TestTaskTimeoutHasAnEmptyCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &aws{invoke: func(ctx context.Context, _, _ string) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}}
		start := time.Now()
		got, err := w.run(t.Context(), t, states(retrying), `{}`)
		if err != nil || got != `{"error":{"Cause":"","Error":"States.Timeout"}}` {
			t.Errorf("output %s, %v", got, err)
		}
		if took := time.Since(start); took != (5*60+10+30+50+50)*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

func TestResultSelector(t *testing.T) {
	w := &aws{invoke: func(context.Context, string, string) (string, error) { return `{"a": {"b": 1}}`, nil }}
	out, err := w.run(t.Context(), t, states(`"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload": {}},
		"ResultSelector": {"fixed": true, "b.$": "$.Payload.a.b"}, "ResultPath": "$.r", "End": true}`), `{"x": 1}`)
	if want := `{"r":{"b":1,"fixed":true},"x":1}`; err != nil || out != want {
		t.Errorf("output %s, %v; want %s", out, err, want)
	}
}

func TestJitterIsAnyPartOfTheDelay(t *testing.T) {
	r := retrier{interval: 10 * time.Second, rate: 2, most: 30 * time.Second, jitter: true}
	var sum time.Duration
	for range 1000 {
		d := r.delay(5)
		if d < 0 || d > 30*time.Second {
			t.Fatalf("delay %s", d)
		}
		sum += d
	}
	// The mean of 1,000 lies within 13 s and 17 s but for one time in 10^12.
	if mean := sum / 1000; mean < 13*time.Second || mean > 17*time.Second {
		t.Errorf("mean delay %s, want about 15s", mean)
	}
}

func TestMachineRunsOutOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := (&aws{}).run(t.Context(), t, `{"StartAt": "A", "TimeoutSeconds": 3, "States": {"A": {"Type": "Wait", "Seconds": 25, "End": true}}}`, `{}`)
		if e := ended(t, err); e != (ExecutionError{Status: TimedOut}) {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestWaitAsLongAsTheInputSays(t *testing.T) {
	const machine = `{"StartAt": "A", "States": {"A": {"Type": "Wait", "SecondsPath": "$.restore.seconds", "End": true}}}`
	for input, seconds := range map[string]int{
		`{"restore": {"seconds": 10800}}`: 10800, `{"restore": {"seconds": 0}}`: 0,
		`{"restore": {"seconds": 1.5}}`: -1, `{"restore": {"seconds": -1}}`: -1, `{"restore": {"seconds": "1"}}`: -1, `{"restore": {}}`: -1,
	} {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			out, err := (&aws{}).run(t.Context(), t, machine, input)
			switch {
			case seconds < 0 && ended(t, err).Name != "States.Runtime":
				t.Errorf("%s: ended with %v", input, err)
			case seconds >= 0 && (err != nil || out == "" || time.Since(begun) != time.Duration(seconds)*time.Second):
				t.Errorf("%s: waited %s, %s, %v", input, time.Since(begun), out, err)
			}
		})
	}
}

func TestStoppedExecutionRunsNoCatch(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	w := &aws{invoke: func(ctx context.Context, _, _ string) (string, error) {
		stop()
		<-ctx.Done()
		return "", &TaskError{"Never", "c"}
	}}
	_, err := w.run(ctx, t, states(retrying), `{}`)
	if e := ended(t, err); e != (ExecutionError{Status: Aborted}) || len(w.entered) != 1 {
		t.Errorf("ended with %v after %q", err, w.entered)
	}
}

func TestTask(t *testing.T) {
	var got string
	w := &aws{invoke: func(_ context.Context, function, payload string) (string, error) {
		got = function + payload
		return `null`, nil
	}}
	out, err := w.run(t.Context(), t, states(`"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "name", "Payload": {}}, "End": true}`), `{}`)
	if err != nil || got != "name{}" || out != `{"ExecutedVersion":"$LATEST","Payload":null,"StatusCode":200}` {
		t.Errorf("invoked %s, output %s, %v", got, out, err)
	}
}
