package list

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
)

// again takes into the manifest what an earlier run did not index: the objects
// that may end otherwise now, and the documents that the cluster refused. The
// range and the filters are those of the earlier run.
func (h handler) again(ctx context.Context, plan *run.Plan) error {
	var earlier run.Plan
	switch err := h.getJSON(ctx, run.PlanKey(plan.Retry), &earlier); {
	case errors.Is(err, archive.ErrNotFound):
		return &run.Fault{
			Name: run.InvalidRequest, Reason: fmt.Sprintf("retry: there is no run named %s", plan.Retry),
			Remedy: "give the name of an execution of this state machine that has written its plan",
		}
	case err != nil:
		return err
	}
	var told report.Report
	switch err := h.getJSON(ctx, run.ReportKey(plan.Retry), &told); {
	case errors.Is(err, archive.ErrNotFound):
		return &run.Fault{
			Name: run.InvalidRequest, Reason: fmt.Sprintf("retry: the run %s has no report, which tells what it did not index", plan.Retry),
			Remedy: "wait until it has ended; a run that only planned cannot be retried",
		}
	case err != nil:
		return err
	}
	plan.From, plan.To = earlier.From.In(h.settings.Zone), earlier.To.In(h.settings.Zone)
	plan.MarginBefore, plan.MarginAfter = earlier.MarginBefore, earlier.MarginAfter
	plan.Include, plan.Exclude = earlier.Include, earlier.Exclude
	plan.Prefixes = []string{run.Folder(plan.Retry)}

	stock := newInventory(h.settings.ArchiveBucket, h.settings.Zone)
	chosen := newSample()
	left := leftovers{malformed: told.Events.Malformed}
	err := h.writeManifest(ctx, plan, func(write func(run.Object) error) error {
		take := func(o run.Object) error {
			stock.add(o)
			chosen.add(o)
			return write(o)
		}
		if err := h.problems(ctx, plan.Retry, take, &left); err != nil {
			return err
		}
		return h.runs.List(ctx, run.RefusedFolder(plan.Retry), func(o run.Object) error {
			o.Bucket = h.settings.RunBucket
			return take(o)
		})
	})
	if err != nil {
		return err
	}
	plan.Notes = append(plan.Notes, left.notes()...)
	return h.takeStock(ctx, plan, stock, chosen)
}

// leftovers are what a retry does not take.
type leftovers struct{ damaged, malformed int64 }

func (l leftovers) notes() []string {
	var notes []string
	if l.damaged > 0 {
		notes = append(notes, several(l.damaged, "damaged object is the same as before and was", "damaged objects are the same as before and were"))
	}
	if l.malformed > 0 {
		notes = append(notes, several(l.malformed, "malformed event can never be indexed and was", "malformed events can never be indexed and were"))
	}
	return notes
}

func several(n int64, one, more string) string {
	if n == 1 {
		more = one
	}
	return fmt.Sprintf("%d %s left out", n, more)
}

// problems hands on the objects of an earlier run's problems that are worth
// another try, as they are now.
func (h handler) problems(ctx context.Context, earlier string, take func(run.Object) error, left *leftovers) error {
	return h.runs.List(ctx, run.ProblemsFolder(earlier), func(file run.Object) error {
		body, err := h.runs.Open(ctx, file.Key)
		if err != nil {
			return err
		}
		defer body.Close()
		lines := json.NewDecoder(bufio.NewReader(body))
		for {
			var p report.Problem
			switch err := lines.Decode(&p); {
			case errors.Is(err, io.EOF):
				return nil
			case err != nil:
				return fmt.Errorf("read %s: %w", file.Key, err)
			}
			if err := h.retake(ctx, p, take, left); err != nil {
				return err
			}
		}
	})
}

// retake hands on the object of one problem.
func (h handler) retake(ctx context.Context, p report.Problem, take func(run.Object) error, left *leftovers) error {
	switch p.Class {
	case report.NotIndexed, report.NeverStarted, report.NoResult:
		return take(p.Object)
	case report.Archived, report.Gone, report.Changed, report.Damaged:
	default: // indexed, but for some of its events
		return nil
	}
	now, err := h.stat(ctx, p.Object)
	var unreadable *archive.Unreadable
	switch {
	case errors.As(err, &unreadable):
		return take(p.Object) // and report it gone once more
	case err != nil:
		return err
	case p.Class == report.Damaged && now.ETag == p.Object.ETag:
		left.damaged++
		return nil
	}
	return take(now)
}
