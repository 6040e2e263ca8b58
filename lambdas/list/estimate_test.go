package list

import (
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

// TestEstimateKnowsWhatAnObjectCosts: many small ones take longer than their
// events, and no concurrency makes Step Functions start more than it does.
func TestEstimateKnowsWhatAnObjectCosts(t *testing.T) {
	for concurrency, seconds := range map[int][2]int64{2: {1300, 1800}, 1000: {800, 900}} {
		e, err := newSample().estimate(t.Context(), &sampler{plan: run.Plan{Objects: 100_000, MaxConcurrency: concurrency}}, 0)
		if err != nil || e.Seconds < seconds[0] || e.Seconds > seconds[1] {
			t.Errorf("%d at once: %+v, %v, want %v seconds", concurrency, e, err, seconds)
		}
	}
}
