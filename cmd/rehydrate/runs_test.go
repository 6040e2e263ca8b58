package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/bucket"
	"github.com/rehydrate/rehydrate/local/sample"
)

// remembered is a scenario with two runs, the first of which is incomplete.
func remembered(t *testing.T) scenario {
	t.Helper()
	o := sample.Default()
	o.Days, o.Objects, o.Events = 1, 48, 300
	w := newScenario(t, o)
	if status, stdout, stderr := w.run(t.Context(), "monday", "--from", "2018-12-10", "--to", "2018-12-10"); status != exitIncomplete {
		t.Fatalf("status %d\n%s%s", status, stdout, stderr)
	}
	if status, stdout, stderr := w.run(t.Context(), "tuesday", "--from", "2018-11-10", "--to", "2018-11-12"); status == exitUnusable {
		t.Fatalf("status %d\n%s%s", status, stdout, stderr)
	}
	return w
}

func TestRunsAreListedNewestFirst(t *testing.T) {
	w := remembered(t)
	status, stdout, stderr := rehydrate(t.Context(), "runs", "--out", w.out)
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if status != exitComplete || len(lines) != 3 || strings.Contains(lines[0], "VIEW") || strings.Contains(lines[0], "COST") {
		t.Fatalf("status %d\n%s%s", status, stdout, stderr)
	}
	for i, says := range [][]string{
		{"STARTED", "RUN", "RANGE", "VERDICT", "OBJECTS", "EVENTS", "ARRIVED", "TOOK"},
		{"tuesday", "2018-11-10 to 2018-11-12", "nothing found", "s"},
		{"monday", "2018-12-10", "incomplete"},
	} {
		for _, s := range says {
			if !strings.Contains(lines[i], s) {
				t.Errorf("line %q does not say %q", lines[i], s)
			}
		}
	}
	_, stdout, _ = rehydrate(t.Context(), "runs", "--out", w.out, "--limit", "1", "--json")
	var p run.Past
	if err := json.Unmarshal([]byte(stdout), &p); err != nil || p.Run != "tuesday" || strings.Count(stdout, "\n") != 1 {
		t.Errorf("%s, %v", stdout, err)
	}
}

// TestHistoryOutlivesTheFiles: the report as long as there is one, then what the
// history keeps of it.
func TestHistoryOutlivesTheFiles(t *testing.T) {
	w := remembered(t)
	verdict := w.report(t, "monday").Verdict
	status, stdout, _ := rehydrate(t.Context(), "report", "monday", "--out", w.out)
	if status != exitIncomplete || !strings.Contains(stdout, verdict) || !strings.Contains(stdout, filepath.Join(w.out, "runs", "monday", "report.html")) {
		t.Errorf("status %d\n%s", status, stdout)
	}
	if _, stdout, _ = rehydrate(t.Context(), "report", "--out", w.out); !strings.Contains(stdout, "Nothing found") {
		t.Errorf("the newest is not shown:\n%s", stdout)
	}
	if err := os.RemoveAll(filepath.Join(w.out, "runs")); err != nil {
		t.Fatal(err)
	}
	status, stdout, _ = rehydrate(t.Context(), "report", "monday", "--out", w.out)
	if status != exitIncomplete || !strings.Contains(stdout, verdict) || !strings.Contains(stdout, "the run's report is gone") || !strings.Contains(stdout, " created, ") {
		t.Errorf("status %d\n%s", status, stdout)
	}
	if _, stdout, _ = rehydrate(t.Context(), "runs", "--out", w.out); !strings.Contains(stdout, "monday") {
		t.Errorf("it is not listed any more:\n%s", stdout)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"report", "never", "--out", w.out}, "there is no report of a run never"},
		{[]string{"report", "../x", "--out", w.out}, "is no name of a run"},
		{[]string{"report", "--out", t.TempDir()}, "no run has ended yet"},
		{[]string{"runs", "--out", filepath.Join(w.out, "nowhere")}, "there is no folder"},
		{[]string{"report", "monday", "--open", "--out", w.out}, "there is no page of a run monday"},
	} {
		if status, stdout, stderr := rehydrate(t.Context(), c.args...); status != exitUnusable || !strings.Contains(stderr, c.says) {
			t.Errorf("%q: status %d\n%s%s", c.args, status, stdout, stderr)
		}
	}
}

// TestReportOpensItsPage with what the system opens pages with.
func TestReportOpensItsPage(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("another system opens pages with something else")
	}
	w := remembered(t)
	bin, opened := t.TempDir(), filepath.Join(t.TempDir(), "opened")
	if err := os.WriteFile(filepath.Join(bin, "xdg-open"), []byte("#!/bin/sh\nprintf %s \"$1\" > "+opened+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	status, stdout, stderr := rehydrate(t.Context(), "report", "monday", "--open", "--out", w.out)
	page := filepath.Join(w.out, "runs", "monday", "report.html")
	if b, err := os.ReadFile(opened); status != exitComplete || string(b) != page || !strings.Contains(stdout, page) {
		t.Errorf("opened %q, %v; status %d\n%s%s", b, err, status, stdout, stderr)
	}
}

// TestRunsOfAStack are those in its run bucket, which its Lambdas know.
func TestRunsOfAStack(t *testing.T) {
	w := remembered(t)
	buckets, err := bucket.New(map[string]bucket.Folder{"my-runs": {Dir: w.out, ReadOnly: true}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); {
		case operation == "ListStateMachines":
			_, _ = w.Write([]byte(`{"stateMachines":[{"name":"logs","stateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:logs"}]}`))
		case strings.HasSuffix(r.URL.Path, "/functions/logs-index/configuration"):
			_, _ = w.Write([]byte(`{"Environment":{"Variables":{"RUN_BUCKET":"my-runs"}}}`))
		default:
			buckets.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
	status, stdout, stderr := rehydrate(t.Context(), "runs", "--stack", "logs")
	scanner := bufio.NewScanner(strings.NewReader(stdout))
	var names []string
	for scanner.Scan() {
		if fields := strings.Fields(scanner.Text()); len(fields) > 2 {
			names = append(names, fields[2])
		}
	}
	if status != exitComplete || strings.Join(names, " ") != "RANGE tuesday monday" {
		t.Errorf("status %d, %q\n%s%s", status, names, stdout, stderr)
	}
	status, stdout, stderr = rehydrate(t.Context(), "report", "--stack", "logs", "monday")
	if status != exitIncomplete || !strings.Contains(stdout, w.report(t, "monday").Verdict) || !strings.Contains(stdout, "s3://runs/runs/monday/report.json") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
}

// TestRunsTellViewAndCost where any run has one.
func TestRunsTellViewAndCost(t *testing.T) {
	dollars := 1.234
	begun := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	var out strings.Builder
	err := printRuns(&out, []run.Past{
		{Run: "b", Started: begun, Ended: begun.Add(90 * time.Minute), View: "incident", Dollars: &dollars, Kind: report.KindMargin, Objects: 3, Counts: run.Counts{Decoded: 9, Created: 4, AlreadyThere: 5}},
		{Run: "a", Started: begun, Ended: begun.Add(1234 * time.Millisecond), Destination: run.ToFiles, Kind: report.KindComplete, Counts: run.Counts{Decoded: 7, Written: 7}},
	})
	const want = "STARTED           RUN  RANGE  VIEW      VERDICT                     OBJECTS  EVENTS  ARRIVED  TOOK     COST\n" +
		"2026-11-26 09:00  b           incident  complete within the margin  3        9       9        1h30m0s  $1.23\n" +
		"2026-11-26 09:00  a                     complete                    0        7       7        1.2s     \n"
	if err != nil || out.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, out.String(), want)
	}
}
