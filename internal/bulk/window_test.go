package bulk

import (
	"context"
	"testing"
)

func TestWindowHalvesOnPushbackAndGrowsAgain(t *testing.T) {
	w := NewWindow(4)
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
		if err := w.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.leave(step.pushedBack)
		if w.Size() != step.want {
			t.Fatalf("size %d, want %d after %+v", w.Size(), step.want, step)
		}
		if len(w.slots) != step.want {
			t.Fatalf("%d requests may start, want %d", len(w.slots), step.want)
		}
	}
}

func TestWindowWithholdsWhatIsUnderWay(t *testing.T) {
	w := NewWindow(2)
	for range 2 {
		if err := w.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.leave(true) // one of two pushed back: the other one fills the window
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.enter(ctx); err == nil {
		t.Fatal("a second request entered a window of one")
	}
	w.leave(false)
	if err := w.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
}
