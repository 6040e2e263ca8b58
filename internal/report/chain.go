package report

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

// readChain joins a retry with the report of the run that it retries, which
// tells all that was open before: the objects in its files of problems, and its
// rejected events. What was open and not tried now is still open, and goes into
// this run's problems.
func (b *builder) readChain(ctx context.Context) error {
	name := b.report.Plan.Retry
	if name == "" {
		return nil
	}
	c := &Chain{Resolved: map[run.End]int64{}, Open: map[run.End]int64{}, Beyond: []string{}}
	b.report.Chain = c
	folder := runs.Folder{Bucket: b.in.Folder.Bucket, Name: name}
	var earlier Report
	err := folder.Report(ctx, &earlier)
	switch {
	case errors.Is(err, archive.ErrNotFound):
		c.Unknown = fmt.Sprintf("run %s has no report", name)
		return nil
	case err != nil && b.worthAnotherCall(ctx, err):
		return err
	case err != nil:
		c.Unknown = fmt.Sprintf("the report of run %s cannot be read: %v", name, err)
		return nil
	case earlier.Version != Version:
		c.Unknown = fmt.Sprintf("the report of run %s cannot be read: %v", name, otherVersion(earlier.Version))
		return nil
	}
	c.follow(&earlier)
	var listed int64
	err = folder.Problems(ctx, func(p runs.Problem) error {
		listed++
		return b.takeProblem(ctx, p)
	})
	switch {
	case err != nil && b.worthAnotherCall(ctx, err):
		return err
	case err != nil:
		c.Unknown = fmt.Sprintf("the problems of run %s cannot be read: %v", name, err)
	case listed != earlier.Problems.Objects:
		c.Unknown = fmt.Sprintf("run %s had %s, but the files under %s name %s", name,
			plural(earlier.Problems.Objects, "problem"), run.ProblemsFolder(name), number(listed))
	}
	return nil
}

// follow takes over what the earlier run, or the chain that it ends, came to.
func (c *Chain) follow(earlier *Report) {
	if before := earlier.Chain; before != nil {
		c.Runs = before.Runs
		c.Created = before.Created
		c.RejectedBefore = before.RejectedOpen
		c.Malformed = before.Malformed
		c.Unknown = before.Unknown
		c.Beyond = some(before.Beyond)
		return
	}
	c.add(earlier)
	c.Created = earlier.Events.Created
	c.RejectedBefore = earlier.Events.Rejected
	c.Malformed = earlier.Events.Malformed
}

// add enters a run, and what is wrong with it that no retry takes up.
func (c *Chain) add(r *Report) {
	c.Runs = append(c.Runs, ChainRun{
		Run: r.Run, Started: r.Plan.Started, Complete: r.Complete,
		Objects: r.Objects.Listed, Classes: r.Objects.Classes, Events: r.Events,
	})
	for _, f := range r.Findings {
		if f.Grave && (f.Short == lost || f.Short == lostFiles || f.Short == contradicting) && !slices.Contains(c.Beyond, f.Short) {
			c.Beyond = append(c.Beyond, f.Short)
		}
	}
	if r.Kind == KindNothing {
		c.Beyond = append(c.Beyond, "nothing found by run "+r.Run)
	}
}

// takeProblem enters what was open before.
func (b *builder) takeProblem(ctx context.Context, p runs.Problem) error {
	c := b.report.Chain
	switch b.ledger.class(p.Object) {
	case "":
		c.Open[p.End]++
		b.report.Problems.Earlier++
		return b.problems.Add(ctx, p)
	case run.Indexed:
		c.Resolved[p.End]++
	}
	c.Malformed -= p.Malformed // tried again: counted anew, as far as it was counted
	return nil
}

// closeChain adds this run to the chain, and says what the runs come to together.
// Replayed are the events that were taken from the rejected ones of before.
func (r *Report) closeChain(replayed run.Counts) {
	c := r.Chain
	if c == nil {
		return
	}
	c.add(r)
	c.Created += r.Events.Created
	c.Malformed += r.Events.Malformed - replayed.Malformed
	c.RejectedOpen = max(0, c.RejectedBefore-(replayed.Decoded-replayed.Malformed)) + r.Events.Rejected
	for class, n := range r.Objects.Classes {
		if n > 0 && class != run.Indexed {
			c.Open[class] += n
		}
	}
	open := c.open()
	c.Complete = c.Unknown == "" && len(open) == 0
	c.Verdict = c.words(open)
	if r.Complete && !c.Complete {
		r.Kind, r.Complete = KindIncomplete, false
		r.Verdict = "Incomplete: earlier runs left " + list(open) + "."
		if c.Unknown != "" {
			r.Verdict = "Incomplete: what earlier runs left open cannot be told."
		}
		c.Runs[len(c.Runs)-1].Complete = false
	}
}

// open is what is still open over the runs, in words.
func (c *Chain) open() []string {
	var open []string
	for _, class := range run.Ends() {
		if n := c.Open[class]; n > 0 {
			open = append(open, plural(n, "object")+" "+endText(class))
		}
	}
	if c.RejectedOpen > 0 {
		open = append(open, plural(c.RejectedOpen, "rejected event"))
	}
	if c.Malformed > 0 {
		open = append(open, plural(c.Malformed, "malformed event")+", which can never be indexed")
	}
	return append(open, c.Beyond...)
}

func (c *Chain) words(open []string) string {
	var resolved int64
	for _, n := range c.Resolved {
		resolved += n
	}
	s := fmt.Sprintf("Over %s, ", plural(int64(len(c.Runs)), "run"))
	if c.Unknown != "" {
		return s + "what is still open cannot be told: " + c.Unknown + "."
	}
	did := fmt.Sprintf("this one resolved %s and %s", plural(resolved, "object"),
		plural(max(0, c.RejectedBefore-c.RejectedOpen), "rejected event"))
	if len(open) == 0 {
		return s + "everything is indexed: " + did + "."
	}
	s += "still open: " + list(open) + "; " + did + "."
	if len(c.Beyond) > 0 {
		s += " A retry cannot take all of it up: run over the same range once more."
	}
	return s
}
