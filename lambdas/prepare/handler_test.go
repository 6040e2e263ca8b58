package prepare

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/bucket"
)

// What is found is kept whole for the report; what passes between states stays
// below its 256 KiB however many days a range has.
func TestPrepare(t *testing.T) {
	buckets, err := bucket.New(map[string]bucket.Folder{"runs": {Dir: t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(buckets)
	defer server.Close()
	client, err := archive.NewClient(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	runs := archive.NewBucket(client, "runs")
	from := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	plan, err := json.Marshal(run.Plan{Run: "r1", From: from})
	if err != nil {
		t.Fatal(err)
	}
	if err := runs.Put(t.Context(), run.PlanKey("r1"), plan, "application/json"); err != nil {
		t.Fatal(err)
	}
	const days = 9000
	h := handler{runs: runs, prepare: func(_ context.Context, p run.Plan) (run.Prepared, error) {
		prepared := run.Prepared{Product: "opensearch", Version: "2.19.1"}
		for i := range days {
			prepared.Indices = append(prepared.Indices, run.IndexCount{Index: fmt.Sprintf("ecs-task-%s", p.From.AddDate(0, 0, i).Format(time.DateOnly))})
		}
		return prepared, nil
	}}
	answer, err := h.Prepare(t.Context(), run.PrepareRequest{Run: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := json.Marshal(answer); err != nil || len(b) > 256<<10 || answer.Version != "2.19.1" {
		t.Errorf("the answer has %d bytes (%v): %.100s", len(b), err, b)
	}
	var kept run.Prepared
	b, err := runs.Get(t.Context(), run.PreparedKey("r1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &kept); err != nil || len(kept.Indices) != days {
		t.Errorf("%d indices are kept (%v), want %d", len(kept.Indices), err, days)
	}
	if _, err := h.Prepare(t.Context(), run.PrepareRequest{Run: "never"}); !errors.Is(err, archive.ErrNotFound) {
		t.Errorf("a run without a plan: %v", err)
	}
}

// Without a run the cluster is looked at as for today, and nothing is kept.
func TestLook(t *testing.T) {
	zone := time.FixedZone("JST", 9*60*60)
	h := handler{zone: zone, now: func() time.Time { return time.Date(2018, 12, 10, 23, 0, 0, 0, time.UTC) }, prepare: func(_ context.Context, p run.Plan) (run.Prepared, error) {
		if !p.PlanOnly || p.From.Format(time.RFC3339) != "2018-12-11T00:00:00+09:00" || p.To.Sub(p.From) != 24*time.Hour {
			t.Errorf("it looks as for %+v", p)
		}
		return run.Prepared{Product: "opensearch"}, nil
	}}
	if got, err := h.Prepare(t.Context(), run.PrepareRequest{}); err != nil || got.Product != "opensearch" {
		t.Errorf("%+v, %v", got, err)
	}
}
