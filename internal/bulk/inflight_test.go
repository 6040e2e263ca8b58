package bulk

import (
	"context"
	"testing"
)

func TestInFlightHalvesOnPushbackAndGrowsAgain(t *testing.T) {
	f := newInFlight(4)
	for _, step := range []struct {
		pushedBack bool
		want       int
	}{
		{false, 4}, // never beyond what it was made with
		{true, 2},
		{true, 1},
		{true, 1}, // never below one
		{false, 2},
		{false, 2},
		{false, 3},
		{false, 3},
		{false, 3},
		{false, 4},
	} {
		if err := f.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.leave(step.pushedBack)
		if f.size != step.want {
			t.Fatalf("size %d, want %d after %+v", f.size, step.want, step)
		}
		if len(f.slots) != step.want {
			t.Fatalf("%d requests may start, want %d", len(f.slots), step.want)
		}
	}
}

func TestInFlightWithholdsWhatIsUnderWay(t *testing.T) {
	f := newInFlight(2)
	for range 2 {
		if err := f.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	f.leave(true) // one of two pushed back: the other one is all that may be
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.enter(ctx); err == nil {
		t.Fatal("a second request entered where one may be under way")
	}
	f.leave(false)
	if err := f.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
}
