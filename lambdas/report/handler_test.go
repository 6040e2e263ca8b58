package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/bucket"
)

// runBucket is an empty run bucket on a real S3 server, behind whatever stands
// between.
func runBucket(t *testing.T, between func(http.Handler) http.Handler) *archive.Bucket {
	t.Helper()
	buckets, err := bucket.New(map[string]bucket.Folder{"runs": {Dir: t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(between(buckets))
	t.Cleanup(server.Close)
	client, err := archive.NewClient(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return archive.NewBucket(client, "runs")
}

func nothing(h http.Handler) http.Handler { return h }

var started = time.Date(2018, 12, 20, 0, 0, 0, 0, time.UTC)

// ended puts the files of the run r1, which has indexed its one object.
func ended(t *testing.T, runs *archive.Bucket) {
	t.Helper()
	plan, err := run.Request{From: "2018-12-10", To: "2018-12-10"}.Resolve(
		run.Execution{ID: "arn:r1", Name: "r1", StartTime: started}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	plan.Objects, plan.Bytes = 1, 1
	put := func(key, body string) {
		if err := runs.Put(t.Context(), key, []byte(body), "application/json"); err != nil {
			t.Fatal(err)
		}
	}
	body, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	put(run.PlanKey("r1"), string(body))
	put(run.ManifestKey("r1"), `{"key":"a","size":1,"etag":"e"}`)
	results := run.ResultsPrefix("r1") + "/map/"
	put(results+"manifest.json", `{"DestinationBucket":"runs","MapRunArn":"arn","ResultFiles":{"FAILED":[],"PENDING":[],"SUCCEEDED":[{"Key":"`+results+`SUCCEEDED_0.json","Size":1}]}}`)
	put(results+"SUCCEEDED_0.json", `[{"ExecutionArn":"arn:c","Name":"c","Status":"SUCCEEDED",`+
		`"Input":"{\"object\":{\"key\":\"a\",\"size\":1,\"etag\":\"e\"}}",`+
		`"Output":"{\"end\":\"indexed\",\"calls\":1,\"decoded\":1,\"created\":1,\"hours\":{\"2018-12-10T03\":1},`+
		`\"indices\":{\"ecs-task-2018-12-10\":{\"documents\":1,\"created\":1}}}"}]`)
}

// A run ends with its report even when the cluster cannot be asked: its counts
// are then unknown, and the report says why.
func TestReportWithoutCluster(t *testing.T) {
	runs := runBucket(t, nothing)
	ended(t, runs)
	var metrics bytes.Buffer
	h := handler{
		settings: run.Settings{IndexPrefix: "ecs-task", Zone: time.UTC, RunBucket: "runs", LoadReplicas: -1},
		runs:     runs, metrics: &metrics, now: func() time.Time { return started },
		connect: func(context.Context) (report.Counter, error) { return nil, errors.New("the secret cannot be read") },
	}
	s, err := h.Report(t.Context(), run.ReportRequest{Run: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Created != 1 || s.Objects != 1 || !strings.Contains(strings.Join(s.Findings, "\n"), "the secret cannot be read") {
		t.Errorf("summary %+v", s)
	}
	for _, key := range []string{run.ReportKey("r1"), run.PageKey("r1")} {
		if _, err := runs.Get(t.Context(), key); err != nil {
			t.Error(err)
		}
	}
	if !strings.Contains(metrics.String(), `"Created":1`) {
		t.Errorf("metrics %s", metrics.String())
	}
}

// A run that nobody planned is no run.
func TestReportOfNoRun(t *testing.T) {
	h := handler{
		settings: run.Settings{Zone: time.UTC, LoadReplicas: -1}, runs: runBucket(t, nothing), metrics: &bytes.Buffer{}, now: time.Now,
		connect: func(context.Context) (report.Counter, error) { return nil, errors.New("none") },
	}
	_, err := h.Report(t.Context(), run.ReportRequest{Run: "never"})
	var f *run.Fault
	if !errors.As(err, &f) || f.Name != run.InvalidRequest {
		t.Errorf("error %v, want a fault named %s", err, run.InvalidRequest)
	}
}

// refuser answers one call with a status, and lets the others pass.
type refuser struct {
	http.Handler
	nth, status int
	calls       int
	refused     string
}

func (r *refuser) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.calls++
	if r.calls-1 != r.nth {
		r.Handler.ServeHTTP(w, req)
		return
	}
	r.refused = req.Method + " " + req.URL.String()
	w.WriteHeader(r.status)
}

// One call of S3 that is refused, whichever it is, costs no report.
func TestARefusedCallCostsNoReport(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusConflict, http.StatusPreconditionFailed} {
		for n := 0; ; n++ {
			between := &refuser{nth: -1, status: status}
			runs := runBucket(t, func(h http.Handler) http.Handler { between.Handler = h; return between })
			ended(t, runs)
			between.nth = between.calls + n
			h := handler{
				settings: run.Settings{IndexPrefix: "ecs-task", Zone: time.UTC, RunBucket: "runs", LoadReplicas: -1},
				runs:     persistent{runs, func(context.Context, time.Duration) error { return nil }},
				metrics:  io.Discard, now: func() time.Time { return started },
				connect: func(context.Context) (report.Counter, error) { return nil, errors.New("none") },
			}
			s, err := h.Report(t.Context(), run.ReportRequest{Run: "r1"})
			if between.refused == "" {
				if n < 10 {
					t.Fatalf("only %d calls were made", n)
				}
				break
			}
			if err != nil || s.Created != 1 || !s.Complete {
				t.Errorf("%d to %s: %+v, %v", status, between.refused, s, err)
			}
			if _, err := runs.Get(t.Context(), run.ReportKey("r1")); err != nil {
				t.Errorf("%d to %s: %v", status, between.refused, err)
			}
		}
	}
}
