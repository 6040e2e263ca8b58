package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Files are the objects of the run bucket.
type Files interface {
	// Open reads an object from its beginning. Where there is none, the error is
	// an fs.ErrNotExist.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	// List calls each for every key that begins with prefix, in the order of S3.
	List(ctx context.Context, prefix string, each func(key string, size int64) error) error
	// Put writes an object, or writes it anew.
	Put(ctx context.Context, key, contentType string, body []byte) error
}

// Counter asks the cluster, after a refresh, how many documents of
// from ≤ @timestamp < to each index holds. Its answer has one entry for each
// index asked for, with nil documents where the cluster could not tell.
type Counter interface {
	Count(ctx context.Context, indices []string, from, to time.Time) ([]run.IndexCount, error)
}

// Input is what a report is made from.
type Input struct {
	// Run is the run's name, Map what its Distributed Map ended with.
	Run string
	Map run.Caught
	// Last tells to report with what is there, even if results are missing.
	Last     bool
	Settings run.Settings
	Files    Files
	// Counter may be nil: then the cluster's counts are unknown.
	Counter Counter
	Now     func() time.Time
}

// LastAttempt is the number of attempts before, from which on a caller should
// set Input.Last: Step Functions' results have then been waited for in vain.
const LastAttempt = 8

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
	if err := b.askCluster(ctx); err != nil {
		return nil, err
	}
	if err := b.problems.close(ctx); err != nil {
		return nil, err
	}
	b.finish()
	return b.report, nil
}

// builder is a report in the making.
type builder struct {
	in       Input
	report   *Report
	ledger   *ledger
	tally    *tally
	problems *problemFiles
	faults   faults
}

func newBuilder(in Input) *builder {
	return &builder{
		in: in,
		report: &Report{
			Version: Version, Run: in.Run, Made: in.Now().In(zone(in.Settings.Zone)),
			Map: in.Map, Settings: settingsOf(in.Settings), Findings: []Finding{},
		},
		ledger:   newLedger(),
		problems: &problemFiles{files: in.Files, run: in.Run},
	}
}

func (b *builder) readPlan(ctx context.Context) error {
	switch err := readJSON(ctx, b.in.Files, run.PlanKey(b.in.Run), &b.report.Plan); {
	case errors.Is(err, fs.ErrNotExist):
		return &run.Fault{
			Name: run.InvalidRequest, Reason: fmt.Sprintf("run %s has no plan, so it ended before anything was listed", b.in.Run),
			Remedy: "there is nothing to report; start it again",
		}
	case err != nil:
		return err
	case b.report.Plan.PlanOnly:
		return &run.Fault{Name: run.InvalidRequest, Reason: fmt.Sprintf("run %s only planned", b.in.Run), Remedy: "its plan tells what was found"}
	}
	b.report.Plan.From = b.report.Plan.From.In(zone(b.in.Settings.Zone))
	b.report.Plan.To = b.report.Plan.To.In(zone(b.in.Settings.Zone))
	b.tally = newTally(b.report.Plan, zone(b.in.Settings.Zone))

	var prepared run.Prepared
	switch err := readJSON(ctx, b.in.Files, run.PreparedKey(b.in.Run), &prepared); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		b.report.Cluster = &prepared
	}
	return nil
}

// readManifest takes every object of the manifest into the ledger.
func (b *builder) readManifest(ctx context.Context) error {
	return b.eachListed(ctx, func(o run.Object) error {
		if !b.ledger.list(o) {
			b.faults.add(&b.faults.listedTwice, "%s", o.Key)
			return nil
		}
		b.tally.listed(o)
		return nil
	})
}

// findMissing goes through the manifest once more, as the ledger has no keys,
// and only where something has no result.
func (b *builder) findMissing(ctx context.Context) error {
	if b.ledger.without() == 0 {
		return nil
	}
	return b.eachListed(ctx, func(o run.Object) error {
		if !b.ledger.open(o) {
			return nil
		}
		b.ledger.end(o, NoResult)
		b.tally.UnknownAfter++
		return b.problem(ctx, result{object: o, class: NoResult, reason: "no result of Step Functions names the object"})
	})
}

func (b *builder) eachListed(ctx context.Context, each func(run.Object) error) error {
	key := run.ManifestKey(b.in.Run)
	f, err := b.in.Files.Open(ctx, key)
	if errors.Is(err, fs.ErrNotExist) && b.report.Plan.Objects == 0 {
		return nil
	}
	if err != nil {
		return unavailable(key, err)
	}
	defer f.Close()
	for d := json.NewDecoder(f); ; {
		var o run.Object
		if err := d.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return unavailable(key, err)
		}
		if err := each(o); err != nil {
			return err
		}
	}
}

func readJSON(ctx context.Context, files Files, key string, v any) error {
	f, err := files.Open(ctx, key)
	if err != nil {
		return unavailable(key, err)
	}
	defer f.Close()
	if err := json.NewDecoder(f).Decode(v); err != nil {
		return unavailable(key, err)
	}
	return nil
}

// unavailable says which file could not be read.
func unavailable(key string, err error) error { return failed(key+" cannot be read", err) }

// failed keeps the name of an error that has one; others are Unavailable.
func failed(what string, err error) error {
	var f *run.Fault
	if errors.As(err, &f) {
		return fmt.Errorf("%s: %w", what, err)
	}
	return &run.Fault{Name: run.Unavailable, Reason: what, Err: err}
}
