package report

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
)

// A run's indices get their replicas before its report is made; what stands
// against that is told, and is no reason to end without a report.
func TestReplicas(t *testing.T) {
	away := &run.Fault{Name: run.Unavailable, Reason: "the cluster is away", Remedy: "wait"}
	denied := &run.Fault{Name: run.Denied, Reason: "we may not", Remedy: "grant it"}
	for _, c := range []struct {
		what         string
		loadReplicas int
		destination  run.Destination
		fault        error
		attempt      int

		asked  bool
		failed bool
		finds  string
	}{
		{what: "given", asked: true},
		{what: "the setting is off", loadReplicas: -1},
		{what: "into files", destination: run.ToFiles},
		{what: "the cluster is away", fault: away, asked: true, failed: true},
		{what: "the cluster stays away", fault: away, attempt: report.LastAttempt, asked: true, finds: "the cluster is away"},
		{what: "denied", fault: denied, asked: true, finds: "we may not"},
		{what: "no fault of the cluster's", fault: errors.New("no secret"), asked: true, finds: "no secret"},
	} {
		t.Run(c.what, func(t *testing.T) {
			runs := runBucket(t, nothing)
			ended(t, runs)
			var plan run.Plan
			b, err := runs.Get(t.Context(), run.PlanKey("r1"))
			if err != nil || json.Unmarshal(b, &plan) != nil {
				t.Fatal(err)
			}
			plan.Destination = c.destination
			if b, err = json.Marshal(plan); err == nil {
				err = runs.Put(t.Context(), run.PlanKey("r1"), b, "application/json")
			}
			if err != nil {
				t.Fatal(err)
			}
			asked := false
			h := handler{
				settings: run.Settings{IndexPrefix: "ecs-task", Zone: time.UTC, RunBucket: "runs", LoadReplicas: c.loadReplicas},
				runs:     runs, metrics: io.Discard, now: func() time.Time { return started },
				connect: func(context.Context) (report.Counter, error) { return nil, errors.New("none") },
				endLoading: func(_ context.Context, plan run.Plan) error {
					asked = plan.Run == "r1"
					return c.fault
				},
			}
			s, err := h.Report(t.Context(), run.ReportRequest{Run: "r1", Attempt: c.attempt})
			if asked != c.asked || (err != nil) != c.failed || c.failed && !errors.Is(err, c.fault) {
				t.Errorf("asked %t, %v", asked, err)
			}
			found := strings.Join(s.Findings, "\n")
			if told := strings.Contains(found, "replicas"); told != (c.finds != "") || !strings.Contains(found, c.finds) {
				t.Errorf("findings %q, want one that says %q", found, c.finds)
			}
		})
	}
}
