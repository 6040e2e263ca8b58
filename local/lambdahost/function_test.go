//go:build unix

package lambdahost_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/local/lambdahost"
)

// bootstrap is the path of testdata/bootstrap, built once.
var bootstrap string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "lambdahost")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	bootstrap = filepath.Join(dir, "bootstrap")
	build := exec.Command("go", "build", "-o", bootstrap, "./testdata/bootstrap")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build testdata/bootstrap:", err)
		return 1
	}
	return m.Run()
}

// output is what testdata/bootstrap answers.
type output struct {
	Text      string
	PID       int
	RequestID string
	ARN       string
	Left      time.Duration
	Dir       string
	Zone      string
	Env       map[string]string
}

// safeBuffer bears concurrent writes.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// function starts a function; the changes are made to a Config that works.
func function(t *testing.T, changes ...func(*lambdahost.Config)) (*lambdahost.Function, *safeBuffer) {
	t.Helper()
	log := &safeBuffer{}
	c := lambdahost.Config{
		Name: "index", Binary: bootstrap, Region: "ap-northeast-1",
		Timeout: time.Minute, Memory: 512, Concurrency: 4, Log: log,
	}
	for _, change := range changes {
		change(&c)
	}
	f, err := lambdahost.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f, log
}

func invoke(t *testing.T, f *lambdahost.Function, do, text string) (output, error) {
	t.Helper()
	payload, err := json.Marshal(map[string]string{"do": do, "text": text})
	if err != nil {
		t.Fatal(err)
	}
	var out output
	answer, err := f.Invoke(t.Context(), payload)
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		t.Fatalf("answer %s: %v", answer, err)
	}
	return out, nil
}

func TestAnswer(t *testing.T) {
	f, log := function(t)
	got, err := invoke(t, f, "answer", "語")
	if err != nil {
		t.Fatal(err)
	}
	if got.Text != "語" {
		t.Errorf("text %q, want the input's", got.Text)
	}
	if len(got.RequestID) != 36 {
		t.Errorf("request id %q, want a UUID", got.RequestID)
	}
	if want := "arn:aws:lambda:ap-northeast-1:000000000000:function:index"; got.ARN != want || f.ARN() != want {
		t.Errorf("ARN %q and %q, want %q", got.ARN, f.ARN(), want)
	}
	if got.Left <= 0 || got.Left > time.Minute {
		t.Errorf("%v left until the deadline, want a little less than the timeout", got.Left)
	}
	f.Close()
	if want := "[index] answering 語\n"; log.String() != want {
		t.Errorf("log %q, want %q", log, want)
	}
}

func TestEnvironmentIsAWSs(t *testing.T) {
	t.Setenv("FROM_THE_HOST", "leaks")
	f, _ := function(t, func(c *lambdahost.Config) {
		c.Credentials = lambdahost.Credentials{AccessKeyID: "AK", SecretAccessKey: "SK", SessionToken: "ST"}
		c.Env = map[string]string{"SEARCH_URL": "http://x", "TZ": "Asia/Tokyo"}
	})
	got, err := invoke(t, f, "answer", "")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(bootstrap)
	want := map[string]string{
		"AWS_LAMBDA_FUNCTION_NAME":        "index",
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/index",
		"AWS_REGION":                      "ap-northeast-1",
		"AWS_DEFAULT_REGION":              "ap-northeast-1",
		"AWS_ACCESS_KEY_ID":               "AK",
		"AWS_SECRET_ACCESS_KEY":           "SK",
		"AWS_SESSION_TOKEN":               "ST",
		"LAMBDA_TASK_ROOT":                dir,
		"_HANDLER":                        "bootstrap",
		"SEARCH_URL":                      "http://x",
		"TZ":                              "Asia/Tokyo",
	}
	for name, value := range want {
		if got.Env[name] != value {
			t.Errorf("%s is %q, want %q", name, got.Env[name], value)
		}
	}
	for _, name := range []string{"AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_LOG_STREAM_NAME", "_X_AMZN_TRACE_ID"} {
		if got.Env[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}
	for _, name := range []string{"FROM_THE_HOST", "HOME", "GOMEMLIMIT"} {
		if value, ok := got.Env[name]; ok {
			t.Errorf("%s is %q; AWS sets no such variable", name, value)
		}
	}
	if got.Dir != dir {
		t.Errorf("working directory %s, want the task root %s", got.Dir, dir)
	}
}

func TestFailuresHaveAWSsNames(t *testing.T) {
	tests := []struct {
		do       string
		wantType string
		// wantMessage is the errorMessage, ID standing for the request id.
		wantMessage string
		// wantSame says that the process lives on.
		wantSame bool
	}{
		{"fault", "Throttled", "the cluster is busy", true},
		{"wrapped fault", "Throttled", "the cluster is busy", true},
		{"joined fault", "Throttled", "the cluster is busy", true},
		{"error", "Unexpected", "odd", true},
		{"panic", "string", "out of my mind", false},
		{"exit", "Runtime.ExitError", "RequestId: ID Error: Runtime exited with error: exit status 3", false},
		{"clean exit", "Runtime.ExitError", "RequestId: ID Error: Runtime exited without providing a reason", false},
		{"kill", "Runtime.ExitError", "RequestId: ID Error: Runtime exited with error: signal: killed", false},
		{"large", "Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed payload size (6291556 bytes).", false},
	}
	for _, tt := range tests {
		t.Run(tt.do, func(t *testing.T) {
			t.Parallel()
			f, _ := function(t)
			before, err := invoke(t, f, "answer", "before")
			if err != nil {
				t.Fatal(err)
			}
			_, err = invoke(t, f, tt.do, "")
			gotType, message := invokeError(t, err)
			if gotType != tt.wantType || withoutID(message) != tt.wantMessage {
				t.Errorf("got %s, %q; want %s, %q", gotType, message, tt.wantType, tt.wantMessage)
			}
			after, err := invoke(t, f, "answer", "after")
			if err != nil {
				t.Fatalf("the next invocation failed: %v", err)
			}
			if same := before.PID == after.PID; same != tt.wantSame {
				t.Errorf("the same process afterwards: %v, want %v", same, tt.wantSame)
			}
		})
	}
}

// invokeError returns the error's type, and the message in its cause, which
// must name the same type.
func invokeError(t *testing.T, err error) (errorType, message string) {
	t.Helper()
	var e *lambdahost.InvokeError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *InvokeError", err)
	}
	var c struct{ ErrorType, ErrorMessage string }
	if err := json.Unmarshal([]byte(e.Cause), &c); err != nil {
		t.Fatalf("the cause is no JSON: %s", e.Cause)
	}
	if c.ErrorType != e.Type {
		t.Errorf("the cause says %q, the type is %q", c.ErrorType, e.Type)
	}
	return e.Type, c.ErrorMessage
}

// withoutID puts ID for the request id of AWS's own messages.
func withoutID(message string) string {
	const before = "RequestId: "
	if !strings.HasPrefix(message, before) || len(message) < len(before)+36 {
		return message
	}
	return before + "ID" + message[len(before)+36:]
}

func TestAnErrorIsLoggedOnce(t *testing.T) {
	f, log := function(t)
	if _, err := invoke(t, f, "joined fault", ""); err == nil {
		t.Fatal("no error")
	}
	if _, err := invoke(t, f, "panic", ""); err == nil {
		t.Fatal("no error")
	}
	f.Close()
	for _, text := range []string{"the cluster is busy", "out of my mind"} {
		if n := strings.Count(log.String(), text); n != 1 {
			t.Errorf("%q is in the log %d times, want once:\n%s", text, n, log)
		}
	}
	for line := range strings.Lines(log.String()) {
		if !json.Valid([]byte(strings.TrimPrefix(line, "[index] "))) {
			t.Errorf("no JSON in %q", line)
		}
	}
}

func TestPastItsDeadlineItIsKilledAndReplaced(t *testing.T) {
	f, log := function(t, func(c *lambdahost.Config) { c.Timeout = 1500 * time.Millisecond; c.Concurrency = 1 })
	before, err := invoke(t, f, "answer", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = invoke(t, f, "hang", "")
	errorType, message := invokeError(t, err)
	if errorType != "Sandbox.Timedout" || withoutID(message) != "RequestId: ID Error: Task timed out after 1.50 seconds" {
		t.Errorf("got %s, %q", errorType, message)
	}
	if isRunning(before.PID) {
		t.Error("the process that hangs still runs")
	}
	if !strings.Contains(log.String(), "[index] hanging\n") {
		t.Errorf("what it printed before is lost: %q", log)
	}
	after, err := invoke(t, f, "answer", "")
	if err != nil {
		t.Fatal(err)
	}
	if after.PID == before.PID {
		t.Error("the environment was not replaced")
	}
}

func TestInitFailures(t *testing.T) {
	tests := []struct {
		init        string
		wantType    string
		wantMessage string
	}{
		{"exit", "Runtime.ExitError", "RequestId: ID Error: Runtime exited with error: exit status 7"},
		{"report", "Settings", "none"},
	}
	for _, tt := range tests {
		t.Run(tt.init, func(t *testing.T) {
			f, _ := function(t, func(c *lambdahost.Config) { c.Env = map[string]string{"INIT": tt.init} })
			// Each invocation tries again with a process of its own.
			for range 2 {
				_, err := invoke(t, f, "answer", "")
				errorType, message := invokeError(t, err)
				if errorType != tt.wantType || withoutID(message) != tt.wantMessage {
					t.Errorf("got %s, %q; want %s, %q", errorType, message, tt.wantType, tt.wantMessage)
				}
			}
		})
	}
}

func TestOnlyTheCurrentInvocationIsAnswered(t *testing.T) {
	f, log := function(t, func(c *lambdahost.Config) { c.Env = map[string]string{"INIT": "careless"} })
	answer, err := f.Invoke(t.Context(), []byte(`{}`))
	if err != nil || string(answer) != `"right"` {
		t.Errorf("got %s, %v", answer, err)
	}
	f.Close()
	if log.String() != "" {
		t.Errorf("the runtime found: %s", log)
	}
}

func TestNotABinary(t *testing.T) {
	text := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(text, []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, _ := function(t, func(c *lambdahost.Config) { c.Binary = text })
	_, err := invoke(t, f, "answer", "")
	if errorType, _ := invokeError(t, err); errorType != "Runtime.InvalidEntrypoint" {
		t.Errorf("got %s, want Runtime.InvalidEntrypoint", errorType)
	}
}

func TestRequestTooLarge(t *testing.T) {
	f, _ := function(t)
	_, err := f.Invoke(t.Context(), make([]byte, 6<<20+1))
	var e *lambdahost.InvokeError
	if !errors.As(err, &e) || e.Type != "Lambda.RequestTooLargeException" {
		t.Errorf("got %v, want Lambda.RequestTooLargeException", err)
	}
}

func TestEnvironmentsAreReused(t *testing.T) {
	f, _ := function(t)
	ids := map[string]bool{}
	var pids []int
	for range 20 {
		got, err := invoke(t, f, "answer", "")
		if err != nil {
			t.Fatal(err)
		}
		ids[got.RequestID] = true
		pids = append(pids, got.PID)
	}
	if slices.Sort(pids); len(slices.Compact(pids)) != 1 {
		t.Errorf("invocations one after another ran in processes %v, want one", slices.Compact(pids))
	}
	if len(ids) != 20 {
		t.Errorf("%d request ids for 20 invocations", len(ids))
	}
}

func TestConcurrency(t *testing.T) {
	const limit = 3
	f, _ := function(t, func(c *lambdahost.Config) { c.Concurrency = limit })
	dir := t.TempDir()
	results := make(chan output, limit+1)
	var calls sync.WaitGroup
	meet := func(name string) string {
		pipe := meetingPlace(t, filepath.Join(dir, name))
		calls.Go(func() {
			payload, _ := json.Marshal(map[string]string{"do": "meet", "meet": pipe})
			answer, err := f.Invoke(t.Context(), payload)
			if err != nil {
				t.Errorf("invoke: %v", err)
			}
			var out output
			if err := json.Unmarshal(answer, &out); err == nil {
				results <- out
			}
		})
		return pipe
	}
	// As many as may run are seen at work at the same time.
	var pipes []string
	for i := range limit {
		pipes = append(pipes, meet(fmt.Sprint(i)))
	}
	for _, p := range pipes {
		if _, err := os.ReadFile(p); err != nil {
			t.Fatal(err)
		}
	}
	// One more waits for an environment instead of starting a process.
	late := meet("late")
	for _, p := range pipes {
		if err := os.WriteFile(p+".go", nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.ReadFile(late); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(late+".go", nil, 0); err != nil {
		t.Fatal(err)
	}
	calls.Wait()
	close(results)
	pids := map[int]int{}
	for r := range results {
		pids[r.PID]++
	}
	if len(pids) != limit {
		t.Errorf("%d invocations ran in %d processes, want %d", limit+1, len(pids), limit)
	}
}

// meetingPlace makes the two pipes of an input's "meet".
func meetingPlace(t *testing.T, pipe string) string {
	t.Helper()
	for _, p := range []string{pipe, pipe + ".go"} {
		if err := syscall.Mkfifo(p, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return pipe
}

func TestCancelKillsAndCloseEndsAll(t *testing.T) {
	f, _ := function(t)
	first, err := invoke(t, f, "answer", "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	pipe := meetingPlace(t, filepath.Join(t.TempDir(), "p"))
	ended := make(chan error, 1)
	go func() {
		payload, _ := json.Marshal(map[string]string{"do": "meet", "meet": pipe})
		_, err := f.Invoke(ctx, payload)
		ended <- err
	}()
	if _, err := os.ReadFile(pipe); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	if isRunning(first.PID) {
		t.Error("the process of the cancelled invocation still runs")
	}

	second, err := invoke(t, f, "answer", "")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if isRunning(second.PID) {
		t.Error("a process runs on after Close")
	}
	if _, err := invoke(t, f, "answer", ""); err == nil {
		t.Error("a closed function answered")
	}
}

func isRunning(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestConfigIsCheckedAsAWhole(t *testing.T) {
	_, err := lambdahost.New(lambdahost.Config{Binary: filepath.Join(t.TempDir(), "nothing")})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"Name", "Timeout", "Memory", "Concurrency", "nothing"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not tell about %s", err, want)
		}
	}
}

func BenchmarkInvoke(b *testing.B) {
	f, err := lambdahost.New(lambdahost.Config{
		Name: "index", Binary: bootstrap, Timeout: time.Minute, Memory: 128, Concurrency: 1,
	})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for b.Loop() {
		if _, err := f.Invoke(b.Context(), []byte(`{"do":"answer"}`)); err != nil {
			b.Fatal(err)
		}
	}
}
