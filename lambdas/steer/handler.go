package steer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/rehydrate/rehydrate/internal/metrics"
	"github.com/rehydrate/rehydrate/internal/run"
)

// handler steers one run at a time.
type handler struct {
	settings run.Settings
	machine  machine
	// pressure is nil where the cluster tells nothing of its nodes.
	pressure func(context.Context) (*run.Room, error)
	sleep    func(ctx context.Context, d time.Duration) error
	metrics  io.Writer
	now      func() time.Time
}

// machine is Step Functions, as far as a run is steered by it.
type machine interface {
	// Execution gives the input of an execution, and whether it is running.
	Execution(ctx context.Context, arn string) (input json.RawMessage, running bool, err error)
	// MapRun gives the ARN of the map run of an execution, empty for none yet.
	MapRun(ctx context.Context, execution string) (arn string, err error)
	Describe(ctx context.Context, mapRun string) (progress, error)
	SetConcurrency(ctx context.Context, mapRun string, n int) error
}

// progress is how far a map run is.
type progress struct {
	Running                        bool // the map run
	Concurrency, Children, Waiting int
}

const (
	// pause between two looks.
	pause = time.Second
	// restorePause is that before the map of a run that restores objects, which takes
	// hours.
	restorePause = 30 * time.Second
	// reserve is left of a call's time for its answer.
	reserve = 20 * time.Second
)

// Steer keeps the concurrency of a run at what the cluster takes, until the run's map
// has ended or the deadline is near. One whose request says a number is left alone.
//
// A cluster that does not answer is left as it is: the index Lambdas wait for it
// themselves. Errors are faults of Step Functions.
func (h handler) Steer(ctx context.Context, req run.SteerRequest) (run.Steered, error) {
	input, running, err := h.machine.Execution(ctx, req.Execution)
	if err != nil {
		return run.Steered{}, err
	}
	request, err := run.ParseRequest(input)
	if err != nil || request.MaxConcurrency == nil || !request.MaxConcurrency.Auto || request.Plan || !running {
		return run.Steered{Ended: true, Reason: "nothing is to be steered"}, nil //nolint:nilerr // List refuses such a request
	}
	s := steering{handler: h, execution: req.Execution, governor: newGovernor(request.MaxConcurrency.Objects)}
	if deadline, ok := ctx.Deadline(); ok {
		s.until = deadline.Add(-reserve)
	}
	for {
		ended, err := s.step(ctx)
		if err != nil || ended {
			s.told.Ended = ended
			return s.told, err
		}
		rest := pause
		if s.mapRun == "" && request.Restore != "" {
			rest = restorePause
		}
		if err := h.sleep(ctx, rest); err != nil {
			return s.told, err
		}
		if !s.until.IsZero() && h.now().After(s.until) {
			return s.told, nil
		}
	}
}

// steering is one call's.
type steering struct {
	handler
	execution, mapRun string
	until             time.Time
	governor          *governor
	told              run.Steered
	changed           bool // by the last step
	silent            bool // the cluster does not tell how it is doing, and that was said
}

// step looks once, and changes the concurrency where that is called for.
func (s *steering) step(ctx context.Context) (ended bool, err error) {
	if s.mapRun == "" {
		if s.mapRun, err = s.machine.MapRun(ctx, s.execution); err != nil {
			return false, err
		}
		if s.mapRun == "" {
			_, running, err := s.machine.Execution(ctx, s.execution)
			return !running, err
		}
	}
	p, err := s.machine.Describe(ctx, s.mapRun)
	if err != nil || !p.Running {
		return err == nil, err
	}
	if s.told.Concurrency == 0 && p.Concurrency > run.AutoStart {
		s.governor.eager = false // an earlier call has come so far
	}
	s.told.Concurrency = p.Concurrency
	room, err := s.pressure(ctx)
	if err != nil || room == nil {
		return false, s.unknown(ctx, err, p)
	}
	// Until what was changed has come about, the cluster shows what it made of another
	// number. Children that run go on when the run is made narrower.
	ready := s.governor.add(*room)
	if p.Children > p.Concurrency || s.changed {
		s.governor.forget()
		s.changed = false
		return false, nil
	}
	if !ready {
		return false, nil
	}
	next, why := s.governor.judge(p.Concurrency)
	if next > p.Concurrency && p.Children < p.Concurrency/2 {
		return false, nil // not even half of it is made use of
	}
	return false, s.change(ctx, p.Concurrency, next, why)
}

// unknown leaves a run as it is whose cluster cannot be asked; one that never tells
// gets what a run has by default.
func (s *steering) unknown(ctx context.Context, err error, p progress) error {
	if !s.silent {
		s.silent = true
		reason := "the cluster tells nothing of its nodes"
		if err != nil {
			reason = err.Error()
		}
		slog.Warn("the run cannot be steered", "run", s.mapRun, "error", reason)
	}
	if err != nil {
		return nil //nolint:nilerr // it may answer again
	}
	return s.change(ctx, p.Concurrency, max(p.Concurrency, min(run.DefaultMaxConcurrency, s.governor.most)), "the cluster tells nothing of its nodes")
}

func (s *steering) change(ctx context.Context, now, next int, why string) error {
	if next == now {
		return nil
	}
	if err := s.machine.SetConcurrency(ctx, s.mapRun, next); err != nil {
		return err
	}
	s.changed = true
	s.told.Concurrency, s.told.Reason = next, why
	s.told.Changes++
	slog.Info("concurrency changed", "run", s.mapRun, "from", now, "to", next, "why", why)
	less := 0
	if next < now {
		less = 1
	}
	err := metrics.Write(s.metrics, metrics.From{Stack: s.settings.Stack, IndexPrefix: s.settings.IndexPrefix, Run: s.execution}, s.now(),
		metrics.Of(metrics.Concurrency, "Count", next), metrics.Of(metrics.PushedBack, "Count", less))
	if err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	return nil
}
