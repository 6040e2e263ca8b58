package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

// Counter asks the cluster, after a refresh, how many documents of
// from ≤ @timestamp < to each index holds. Its answer has one entry for each
// index asked for, with nil documents where the cluster could not tell.
type Counter interface {
	Count(ctx context.Context, indices []string, from, to time.Time) ([]run.IndexCount, error)
}

// Input is what a report is made from.
type Input struct {
	// Folder is the run's, Map what its Distributed Map ended with.
	Folder runs.Folder
	Map    run.Caught
	// Last tells to report with what is there, even if results are missing.
	Last     bool
	Settings run.Settings
	// Notes are sentences that the report is to tell beside its own findings.
	Notes []string
	// Counter may be nil: then the cluster's counts are unknown.
	Counter Counter
	Now     func() time.Time
}

// LastAttempt is the number of attempts before, from which on Step Functions'
// results have been waited for in vain.
const LastAttempt = 8

// IsLast tells whether to report with what is there, after so many attempts. The
// results of a map that succeeded are there when it ends: it is asked once more.
// Those of one that failed appear after its failure was caught.
func IsLast(attempt int, ended run.Caught) bool {
	return attempt >= LastAttempt || ended.Error == "" && attempt >= 1
}

// Build makes the report of a run, and writes the files of Problems on the way.
//
// Its error is a *run.Fault named NotYet while results that should be there are
// missing, and Unavailable where a file could not be read to its end; both are
// worth another call, which starts anew and overwrites what this one wrote. It is
// InvalidRequest where there is nothing to report: a run without a plan, or one
// that only planned.
func Build(ctx context.Context, in Input) (*Report, error) {
	b := newBuilder(in)
	if err := b.readPlan(ctx); err != nil {
		return nil, err
	}
	if err := b.readManifest(ctx); err != nil {
		return nil, err
	}
	if err := b.readResults(ctx); err != nil {
		return nil, err
	}
	if err := b.findMissing(ctx); err != nil {
		return nil, err
	}
	if err := b.readChain(ctx); err != nil {
		return nil, err
	}
	if err := b.askDestination(ctx); err != nil {
		return nil, err
	}
	if err := b.problems.Close(ctx); err != nil {
		return nil, err
	}
	b.finish()
	b.price(ctx)
	return b.report, nil
}

// askDestination compares what was counted with what is there.
func (b *builder) askDestination(ctx context.Context) error {
	if b.report.Plan.Destination == run.ToFiles {
		b.report.Days = []Day{}
		return b.askFiles(ctx)
	}
	return b.askCluster(ctx)
}

// builder is a report in the making.
type builder struct {
	in       Input
	report   *Report
	ledger   *ledger
	tally    *tally
	problems *runs.ProblemWriter
	faults   faults
}

func newBuilder(in Input) *builder {
	return &builder{
		in: in,
		report: &Report{
			Version: Version, Run: in.Folder.Name, Made: in.Now().In(zone(in.Settings.Zone)),
			Map: in.Map, Settings: settingsOf(in.Settings), Findings: []Finding{},
		},
		ledger:   newLedger(),
		problems: &runs.ProblemWriter{Folder: in.Folder},
	}
}

func (b *builder) readPlan(ctx context.Context) error {
	plan, err := b.in.Folder.Plan(ctx)
	switch {
	case errors.Is(err, archive.ErrNotFound):
		return &run.Fault{
			Name: run.InvalidRequest, Reason: fmt.Sprintf("run %s has no plan, so it ended before anything was listed", b.in.Folder.Name),
			Remedy: "there is nothing to report; start it again",
		}
	case err != nil:
		return err
	case plan.PlanOnly:
		return &run.Fault{Name: run.InvalidRequest, Reason: fmt.Sprintf("run %s only planned", b.in.Folder.Name), Remedy: "its plan tells what was found"}
	}
	plan.From = plan.From.In(zone(b.in.Settings.Zone))
	plan.To = plan.To.In(zone(b.in.Settings.Zone))
	b.report.Plan = plan
	b.tally = newTally(plan, zone(b.in.Settings.Zone))

	if err := b.readRestore(ctx); err != nil {
		return err
	}
	prepared, err := b.in.Folder.Prepared(ctx)
	switch {
	case err == nil:
		b.report.Cluster = &prepared
	case errors.Is(err, archive.ErrNotFound):
	case b.worthAnotherCall(ctx, err):
		return err
	default:
		b.find("What the indices held before is unknown: %v.", err)
	}
	return nil
}

// worthAnotherCall tells whether what could not be read may be read by another
// call. What cannot is left out, and told: everything else is still to be
// reported.
func (b *builder) worthAnotherCall(ctx context.Context, err error) bool {
	var fault *run.Fault
	if ctx.Err() != nil || !errors.As(err, &fault) {
		return true
	}
	return !b.in.Last && (fault.Name == run.Unavailable || fault.Name == run.Throttled || fault.Name == run.NotYet)
}

// readManifest takes every object of the manifest into the ledger.
func (b *builder) readManifest(ctx context.Context) error {
	err := b.in.Folder.Manifest(ctx, func(o run.Object) error {
		if !b.ledger.list(o) {
			b.faults.add(&b.faults.listedTwice, "%s", o.Key)
			return nil
		}
		b.tally.listed(o)
		return nil
	})
	if errors.Is(err, archive.ErrNotFound) {
		if b.report.Plan.Objects == 0 {
			return nil
		}
		return &run.Fault{
			Name: run.InvalidRequest, Err: err,
			Reason: fmt.Sprintf("run %s planned %s, but its manifest is not there any more", b.in.Folder.Name, plural(b.report.Plan.Objects, "object")),
			Remedy: "find what removes files of the run bucket, then start the same range as a new run: what is indexed stays as it is",
		}
	}
	return err
}

// findMissing goes through the manifest once more, as the ledger has no keys,
// and only where something has no result.
func (b *builder) findMissing(ctx context.Context) error {
	if b.ledger.without() == 0 {
		return nil
	}
	return b.in.Folder.Manifest(ctx, func(o run.Object) error {
		if !b.ledger.open(o) {
			return nil
		}
		b.ledger.end(o, run.NoResult)
		b.tally.UnknownAfter++
		return b.problem(ctx, result{object: o, class: run.NoResult, reason: "no result of Step Functions names the object"})
	})
}
