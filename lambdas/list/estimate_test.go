package list

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
)

// TestEstimateKnowsWhatAnObjectCosts: many small ones take longer than their
// events, and no concurrency makes Step Functions start more than it does in the
// region.
func TestEstimateKnowsWhatAnObjectCosts(t *testing.T) {
	for _, c := range []struct {
		region      string
		concurrency int
		least, most int64
		paced       bool
	}{
		{"ap-northeast-1", 2, 1300, 1800, false},
		{"ap-northeast-1", 1000, 800, 900, true},
		{"us-east-1", 1000, 260, 300, true},
	} {
		s := &sampler{plan: run.Plan{Objects: 100_000, MaxConcurrency: c.concurrency}}
		s.settings.Search.Region = c.region
		e, _, err := newSample().estimate(t.Context(), s, nil)
		if err != nil || e.Seconds < c.least || e.Seconds > c.most || e.Paced != c.paced {
			t.Errorf("%+v: %+v, %v", c, e, err)
		}
	}
}

// TestRunGoesOnWithoutAnEstimate: what is only for people stops nothing.
func TestRunGoesOnWithoutAnEstimate(t *testing.T) {
	f := newFixture(t)
	f.put(t, "2018-12-10T01:00:00Z", "x")
	f.open = func(context.Context, run.Object) (*archive.Body, error) { return nil, errors.New("not today") }
	if _, err := f.list(t, "r1", oneDay); err != nil {
		t.Error(err)
	}
	var v run.Inventory
	if f.read(t, run.InventoryKey("r1"), &v); v.Estimate != nil || v.Objects != 1 {
		t.Errorf("%+v", v)
	}
	if _, err := f.list(t, "r2", strings.Replace(oneDay, "{", `{"plan":true,`, 1)); err == nil || !strings.Contains(err.Error(), "not today") {
		t.Errorf("a plan without an estimate: %v", err)
	}
}

// TestAdviceOnSmallObjects: an archive of an object a minute is told of longer
// buffers, one whose objects could not be fewer is not.
func TestAdviceOnSmallObjects(t *testing.T) {
	day := make([]run.Amount, 24)
	for _, c := range []struct {
		objects, bytes int64
		want           string
	}{
		{1440, 1440 * 200e3, "the mean object has 200 KB"},
		{96, 96 * 200e3, ""},    // every 900 seconds already
		{1440, 1440 * 20e6, ""}, // large already
		{1440, 1440 * 12e6, ""}, // nearly so
		{50_000, 50_000 * 1e6, "about 2980 instead of 50000"},
	} {
		v := run.Inventory{Objects: c.objects, Bytes: c.bytes, Hours: day, Estimate: &run.Estimate{Cost: run.Cost{StepFunctions: 5}}}
		got := strings.Join(advise(v), "")
		if !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%d objects of %d bytes: %q, want %q", c.objects, c.bytes/c.objects, got, c.want)
		}
	}
}
