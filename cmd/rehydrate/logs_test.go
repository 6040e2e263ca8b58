package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/local/sample"
)

// What a query finds is printed: as many as there are, in the order of time, as
// text, as JSON, as a number and over time.
func TestLogs(t *testing.T) {
	w := newScenario(t, small())
	if status, _, stderr := rehydrate(t.Context(), "logs", "--out", w.out); status != exitUnusable || !strings.Contains(stderr, "there is no store") {
		t.Errorf("without a store: exit status %d, %s", status, stderr)
	}
	w.run(t.Context(), "first", "--from", "2018-12-10", "--to", "2018-12-12")
	var want []sample.Event
	for _, e := range w.truth.Expect(day(t, "2018-12-11"), day(t, "2018-12-12")) {
		if strings.Contains(e.Message, "timeout") {
			want = append(want, e)
		}
	}
	slices.SortFunc(want, func(a, b sample.Event) int { return a.Time.Compare(b.Time) })
	logs := func(args ...string) (int, string) {
		t.Helper()
		status, stdout, stderr := rehydrate(t.Context(), append([]string{"logs", "--out", w.out, "--from", "2018-12-11", "--to", "2018-12-11"}, args...)...)
		if stderr != "" {
			t.Errorf("%q: %s", args, stderr)
		}
		return status, stdout
	}

	status, stdout := logs("--json", "timeout")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if status != exitComplete || len(lines) != len(want) {
		t.Fatalf("exit status %d with %d events, want %d", status, len(lines), len(want))
	}
	last := time.Time{}
	for _, line := range lines {
		var got struct {
			ID, Group, Stream, Message string
			Time                       time.Time
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(want, func(e sample.Event) bool { return e.ID == got.ID })
		if i < 0 || want[i].Message != got.Message || want[i].Group != got.Group || want[i].Stream != got.Stream || !want[i].Time.Equal(got.Time) || got.Time.Before(last) {
			t.Fatalf("%s is none of the events, or out of order", line)
		}
		last = got.Time
	}

	_, stdout = logs("--newest", "--limit", "1", "timeout")
	newest := want[len(want)-1]
	if zone := day(t, "2018-12-10").Location(); !strings.HasPrefix(stdout, newest.Time.In(zone).Format("2006-01-02T15:04:05.000Z07:00 ")+newest.Stream+" ") {
		t.Errorf("the newest is %q, want %+v", stdout, newest)
	}
	if _, stdout = logs("--count", "timeout"); stdout != fmt.Sprintln(len(want)) {
		t.Errorf("counted %q, want %d", stdout, len(want))
	}
	_, stdout = logs("--hist", "timeout")
	sum := 0
	for line := range strings.Lines(stdout) {
		var at string
		var n int
		if _, err := fmt.Sscan(line, &at, &n); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		sum += n
	}
	if sum != len(want) || !strings.Contains(stdout, "█") {
		t.Errorf("the histogram counts %d, want %d\n%s", sum, len(want), stdout)
	}
	if _, stdout = logs("-C", "1", "--limit", "3", "--json", "timeout"); strings.Count(stdout, "\n") != 3 {
		t.Errorf("with what surrounds it:\n%s", stdout)
	}
	if _, stdout = logs("timeout | stats count() as n"); stdout != fmt.Sprintf("n=%d\n", len(want)) {
		t.Errorf("a sum is %q, want %d", stdout, len(want))
	}
	if status, stdout = logs("nosuchword"); status != exitIncomplete || stdout != "" {
		t.Errorf("nothing found: exit status %d, %q", status, stdout)
	}
}

func TestLogsRefused(t *testing.T) {
	w := newScenario(t, small())
	w.run(t.Context(), "first", "--from", "2018-12-10", "--to", "2018-12-10")
	for args, want := range map[string]string{
		"--from yesterday": `--from "yesterday" is neither a day`,
		"--color blue":     "none of auto, always, never",
		"--limit -1":       "a whole number from 0",
		"( AND":            "is no LogsQL",
	} {
		command := []string{"logs", "--out", w.out}
		if strings.HasPrefix(args, "--") {
			command = append(command, strings.Fields(args)...)
		} else {
			command = append(command, args)
		}
		status, _, stderr := rehydrate(t.Context(), command...)
		if status != exitUnusable || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit status %d, %q; want %q", args, status, stderr, want)
		}
	}
}
