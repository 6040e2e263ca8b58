package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/cluster/enginetest"
	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
)

// kept are the documents of daily indices, and those of a view by the daily names that
// they would have.
func (w scenario) kept(t *testing.T, view string) (daily, lent []string) {
	t.Helper()
	for _, d := range w.embedded(t) {
		if name, ok := strings.CutPrefix(d.Index, "ecs-task-"+view+"-"); ok {
			lent = append(lent, "ecs-task-"+name+"/"+d.ID)
		} else {
			daily = append(daily, d.Index+"/"+d.ID)
		}
	}
	slices.Sort(daily)
	slices.Sort(lent)
	return daily, lent
}

// What a view is lent is what the daily indices hold, each for itself; it can be
// listed, extended and dropped, and expires alone.
func TestViewsOnThisComputer(t *testing.T) {
	w := newScenario(t, small())
	ctx := t.Context()
	if status, _, stderr := w.run(ctx, "daily", threeDays()...); status == exitUnusable {
		t.Fatal(stderr)
	}
	if status, _, stderr := w.run(ctx, "lent", append(threeDays(), "--view", "incident", "--expires", "7d", "--dashboards-url", "https://kibana.example")...); status == exitUnusable {
		t.Fatal(stderr)
	}
	daily, lent := w.kept(t, "incident")
	if len(lent) == 0 || !slices.Equal(daily, lent) {
		t.Errorf("%d documents are in the view, %d in the daily indices", len(lent), len(daily))
	}
	r := w.report(t, "lent")
	if r.Events.Created != int64(len(lent)) || !strings.Contains(r.DiscoverURL(), "ecs-task-incident") {
		t.Errorf("%d created, to be looked at under %q", r.Events.Created, r.DiscoverURL())
	}
	for _, d := range r.Days {
		if d.Answer != report.AsExpected || !strings.HasPrefix(d.Index, "ecs-task-incident-") {
			t.Errorf("of %s the cluster's answer is %s", d.Index, d.Answer)
		}
	}
	// A retry goes into the view, too.
	if status, _, stderr := rehydrate(ctx, "run", "--archive", w.archive, "--out", w.out, "--retry", "lent", "--name", "again"); status == exitUnusable {
		t.Fatal(stderr)
	}
	if r := w.report(t, "again"); r.Plan.View != "incident" {
		t.Errorf("the retry fills %q", r.Plan.View)
	}

	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"views"}, exitComplete, "ecs-task-incident-*"},
		{[]string{"expire", "--dry-run"}, exitComplete, "No view has expired."},
		{[]string{"expire"}, exitComplete, "No view has expired."},
		{[]string{"extend", "incident", "--expires", "1d"}, exitUnusable, "stays until"},
		{[]string{"extend", "incident"}, exitUnusable, "--expires is missing"},
		{[]string{"extend", "unknown", "--expires", "8d"}, exitUnusable, "no view unknown"},
		{[]string{"extend", "incident", "--expires", "none"}, exitComplete, "never"},
		{[]string{"drop", "incident"}, exitComplete, "ecs-task-incident-2018-12-10: deleted"},
		{[]string{"views"}, exitComplete, "There are no views."},
		{[]string{"drop", "incident"}, exitUnusable, "no view incident"},
		{[]string{"views", "--stack", "x", "--search", "http://127.0.0.1:1"}, exitUnusable, "leave out either"},
	} {
		status, stdout, stderr := rehydrate(ctx, append(c.args, "--out", w.out)...)
		if status != c.status || !strings.Contains(stdout+stderr, c.says) {
			t.Errorf("%s: %d %s%s, want %d with %q", c.args, status, stdout, stderr, c.status, c.says)
		}
	}
	if still, gone := w.kept(t, "incident"); !slices.Equal(still, daily) || len(gone) > 0 {
		t.Errorf("%d documents are left in the daily indices of %d, and %d in the view", len(still), len(daily), len(gone))
	}
}

// A run over its budget by its estimate is refused in a sentence; one that turns out to
// be over its maxEvents ends Incomplete, with exactly so many.
func TestRunUpToItsCap(t *testing.T) { upToItsCap(t, newScenario(t, small())) }

// upToItsCap runs over the scenario with caps, where more says.
func upToItsCap(t *testing.T, w scenario, more ...string) {
	t.Helper()
	ctx := t.Context()
	if status, _, stderr := w.run(ctx, "over", slices.Concat(threeDays(), []string{"--max-events", "10"}, more)...); status != exitUnusable || !strings.Contains(stderr, "more than maxEvents, 10") {
		t.Errorf("%d %s", status, stderr)
	}
	capped := false
	for _, d := range []string{"2018-12-10", "2018-12-11", "2018-12-12"} {
		if status, stdout, stderr := w.run(ctx, "plan-"+d, append([]string{"--from", d, "--to", d, "--max-events", "10", "--plan"}, more...)...); status != exitComplete || !strings.Contains(stdout, "would be refused") {
			t.Errorf("a plan: %d %s%s", status, stdout, stderr)
		}
		b, err := os.ReadFile(filepath.Join(w.out, run.InventoryKey("plan-"+d)))
		var inventory run.Inventory
		if err != nil || json.Unmarshal(b, &inventory) != nil {
			t.Fatal(err)
		}
		most := inventory.Estimate.Wanted
		if most >= int64(len(w.truth.Expect(day(t, d), day(t, d).AddDate(0, 0, 1)))) {
			continue // the estimate is above the truth
		}
		capped = true
		status, stdout, stderr := w.run(ctx, "capped-"+d, append([]string{"--from", d, "--to", d, "--max-events", fmt.Sprint(most)}, more...)...)
		r := w.report(t, "capped-"+d)
		if status != exitIncomplete || r.Events.Wanted() != most || r.Objects.Classes[run.Capped] == 0 || !strings.Contains(r.Verdict, "cut short by maxEvents") {
			t.Errorf("%d events of %d, %d objects capped: %d %s%s", r.Events.Wanted(), most, r.Objects.Classes[run.Capped], status, stdout, stderr)
		}
		// A retry indexes the rest.
		if status, _, stderr := w.run(ctx, "rest-"+d, append([]string{"--retry", "capped-" + d}, more...)...); status == exitUnusable || w.report(t, "rest-"+d).Objects.Classes[run.Capped] > 0 {
			t.Errorf("the rest: %d %s", status, stderr)
		}
	}
	if !capped {
		t.Error("no estimate of a day is below the truth")
	}
}

func threeDays() []string { return []string{"--from", "2018-12-10", "--to", "2018-12-12"} }

// The same on real engines, where a cluster's own client looks at what is left.
func viewsOn(t *testing.T, e *enginetest.Running) {
	w := newScenario(t, small())
	ctx := context.WithoutCancel(t.Context())
	for _, args := range [][]string{{"daily"}, {"lent", "--view", "incident", "--expires", "7d"}} {
		if status, _, stderr := w.run(ctx, args[0], slices.Concat(args[1:], threeDays(), []string{"--search", e.URL})...); status == exitUnusable {
			t.Fatal(stderr)
		}
	}
	daily, lent := documents(t, e.URL, "ecs-task-20*"), documents(t, e.URL, "ecs-task-incident")
	if len(lent) == 0 || len(lent) != len(daily) {
		t.Errorf("%d documents are in the view, %d in the daily indices", len(lent), len(daily))
	}
	status, stdout, stderr := rehydrate(ctx, "views", "--search", e.URL)
	if status != exitComplete || !strings.Contains(stdout, "incident") || strings.Contains(stdout, "unknown") {
		t.Errorf("%d %s%s", status, stdout, stderr)
	}
	status, stdout, stderr = rehydrate(ctx, "runs", "--out", w.out)
	if lines := strings.Split(stdout, "\n"); status != exitComplete || len(lines) < 3 || !strings.Contains(lines[1], "lent") || !strings.Contains(lines[1], "incident") || !strings.Contains(lines[2], "daily") {
		t.Errorf("%d %s%s", status, stdout, stderr)
	}
	if status, stdout, stderr := rehydrate(ctx, "drop", "incident", "--search", e.URL); status != exitComplete || !strings.Contains(stdout, "deleted") {
		t.Errorf("%d %s%s", status, stdout, stderr)
	}
	res, err := http.Get(e.URL + "/ecs-task-incident")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if left := documents(t, e.URL, "ecs-task-*"); res.StatusCode != http.StatusNotFound || len(left) != len(daily) {
		t.Errorf("%d documents are left, the alias answers %d", len(left), res.StatusCode)
	}
	upToItsCap(t, w, "--search", e.URL, "--index-prefix", "capped")
	t.Run("restored", func(t *testing.T) {
		(&rig{engine: e.URL}).ask(t, http.MethodDelete, "/ecs-task-2018-12-10,ecs-task-2018-12-11,ecs-task-2018-12-12", "")
		restores(t, e.URL)
	})
}
