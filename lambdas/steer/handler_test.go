package steer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// rig is a run that goes on for so many looks, and a cluster.
type rig struct {
	handler
	input       string
	looks       int // until the map ends
	begins      int // looks before the map run is there
	concurrency int
	children    int // that do not end, whatever the concurrency
	set         []int
	clock       time.Time
	cluster     busy
	metrics     bytes.Buffer
}

func newRig(input string) *rig {
	r := &rig{input: input, looks: 100, concurrency: run.AutoStart, cluster: busy{threads: 16, queue: 100}, clock: time.Unix(0, 0)}
	r.handler = handler{
		settings: run.Settings{Stack: "s", IndexPrefix: "p"}, machine: r, metrics: &r.metrics,
		pressure: func(context.Context) (*run.Room, error) {
			room := r.cluster.room(r.concurrency)
			return &room, nil
		},
		now: func() time.Time { return r.clock },
		sleep: func(ctx context.Context, d time.Duration) error {
			r.clock = r.clock.Add(d)
			return ctx.Err()
		},
	}
	return r
}

func (r *rig) Execution(context.Context, string) (json.RawMessage, bool, error) {
	return json.RawMessage(r.input), r.looks > 0, nil
}

func (r *rig) MapRun(context.Context, string) (string, error) {
	if r.begins--; r.begins >= 0 {
		return "", nil
	}
	return "map", nil
}

func (r *rig) Describe(context.Context, string) (progress, error) {
	r.looks--
	return progress{Running: r.looks > 0, Concurrency: r.concurrency, Children: max(r.concurrency, r.children)}, nil
}

func (r *rig) SetConcurrency(_ context.Context, _ string, n int) error {
	r.concurrency = n
	r.set = append(r.set, n)
	return nil
}

const automatic = `{"lastDays":1,"maxConcurrency":"auto"}`

func (r *rig) steer(t *testing.T) run.Steered {
	t.Helper()
	told, err := r.Steer(t.Context(), run.SteerRequest{Execution: "arn"})
	if err != nil {
		t.Fatal(err)
	}
	return told
}

// TestSteer: a run is made wider until the cluster has enough to do, and each change
// becomes a metric.
func TestSteer(t *testing.T) {
	r := newRig(automatic)
	r.begins = 5
	told := r.steer(t)
	if !told.Ended || told.Concurrency != 8 || !slices.Equal(r.set, []int{8}) || told.Changes != 1 {
		t.Errorf("%+v, set to %v", told, r.set)
	}
	if lines := strings.Split(strings.TrimSpace(r.metrics.String()), "\n"); len(lines) != 1 || !strings.Contains(lines[0], `"Concurrency":8`) {
		t.Errorf("metrics %q", lines)
	}
}

// TestARestoreIsNotWatchedEachSecond: it takes hours before there is anything to steer.
func TestARestoreIsNotWatchedEachSecond(t *testing.T) {
	took := func(input string) time.Duration {
		r := newRig(input)
		r.begins = 100
		r.steer(t)
		return r.clock.Sub(time.Unix(0, 0))
	}
	usual, restoring := took(automatic), took(`{"lastDays":1,"maxConcurrency":"auto","restore":"Bulk"}`)
	if restoring-usual != 100*(restorePause-pause) {
		t.Errorf("100 looks before the map took %s, %s longer than without a restore", restoring, restoring-usual)
	}
}

func TestNothingToSteer(t *testing.T) {
	for _, input := range []string{`{"lastDays":1}`, `{"lastDays":1,"maxConcurrency":50}`, `{"lastDays":1,"maxConcurrency":"auto","plan":true}`, `{"odd":1}`} {
		r := newRig(input)
		if told := r.steer(t); !told.Ended || r.looks != 100 {
			t.Errorf("%s: %+v, %d looks", input, told, 100-r.looks)
		}
	}
	r := newRig(automatic)
	r.begins, r.looks = 1000, 0 // it ended before its map began
	if told := r.steer(t); !told.Ended {
		t.Errorf("%+v", told)
	}
}

// TestSteerWaitsForChildren: while more run than may, nothing is judged.
func TestSteerWaitsForChildren(t *testing.T) {
	r := newRig(automatic)
	r.children = 50
	if r.steer(t); len(r.set) > 0 {
		t.Errorf("set to %v", r.set)
	}
}

// TestSteerPushesBack: refusals make the run narrower at once.
func TestSteerPushesBack(t *testing.T) {
	r := newRig(automatic)
	r.concurrency, r.cluster.queue, r.looks = 40, 4, 8
	if r.steer(t); len(r.set) == 0 || r.set[0] != 28 || !strings.Contains(r.metrics.String(), `"PushedBack":1`) {
		t.Errorf("set to %v", r.set)
	}
}

// TestSteerOfACluster that cannot be asked: what it never tells is no reason to stay
// slow, what it does not tell now is one to wait.
func TestSteerOfAClusterThatTellsNothing(t *testing.T) {
	r := newRig(automatic)
	r.pressure = func(context.Context) (*run.Room, error) { return nil, nil }
	if r.steer(t); !slices.Equal(r.set, []int{run.DefaultMaxConcurrency}) {
		t.Errorf("set to %v", r.set)
	}
	r = newRig(automatic)
	r.pressure = func(context.Context) (*run.Room, error) { return nil, errors.New("not now") }
	if told := r.steer(t); len(r.set) > 0 || !told.Ended {
		t.Errorf("set to %v, %+v", r.set, told)
	}
}

// TestSteerEndsBeforeItsDeadline, and the next call goes on where it left.
func TestSteerEndsBeforeItsDeadline(t *testing.T) {
	r := newRig(automatic)
	r.looks = 1 << 30
	r.clock = time.Now()
	ctx, cancel := context.WithDeadline(t.Context(), r.clock.Add(time.Hour))
	defer cancel()
	told, err := r.Steer(ctx, run.SteerRequest{Execution: "arn"})
	if err != nil || told.Ended || told.Concurrency != 8 {
		t.Fatalf("%+v, %v", told, err)
	}
	r.looks, r.set, r.cluster.threads = 20, nil, 32
	if r.steer(t); len(r.set) == 0 || r.set[0] != 9 {
		t.Errorf("the next call sets it to %v, want one more", r.set)
	}
}
