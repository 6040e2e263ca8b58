package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/lambdas/list"
	"github.com/rehydrate/rehydrate/local"
	"github.com/rehydrate/rehydrate/local/asl"
)

func newRun() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Index a range of an archive, and report",
		Long: `Indexes the events of a range of an archive, each exactly once, and reports what
arrived, what did not, and why. Without --search the documents go into an
embedded store under --out: "rehydrate logs" searches it, "rehydrate serve" shows
it in a browser.

With --destination files they go into files of JSON Lines under --out instead.`,
		Example: `  rehydrate run --archive out/archive --from 2018-12-10 --to 2018-12-12
  rehydrate run --archive s3://my-log-archive --from 2018-12-10 --to 2018-12-12 --search http://127.0.0.1:9200
  rehydrate run --archive s3://my-log-archive --from 2018-12-10 --to 2018-12-12 --plan
  rehydrate run --archive s3://my-log-archive --from 2018-12-10 --to 2018-12-10 --serve
  rehydrate run --archive s3://my-log-archive --from 2018-12-10 --to 2018-12-12 --destination files --message timeout
  rehydrate run --archive s3://my-log-archive --retry 2026-11-26T09-30-00.000Z`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return o.execute(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	o.register(cmd.Flags())
	return cmd
}

// execute executes the state machine for a range of an archive.
func (o *options) execute(ctx context.Context, stdout, stderr io.Writer) error {
	input, err := o.request.execution(runtime.NumCPU())
	if err != nil {
		return err
	}
	if err := o.listens(ctx); err != nil {
		return err
	}
	begun := time.Now()
	if o.name == "" {
		o.name = begun.UTC().Format("2006-01-02T15-04-05.000Z")
	}
	folder := filepath.Join(o.out, run.Folder(o.name))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(folder, "lambda.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	request, err := run.ParseRequest(input)
	if err != nil {
		return err
	}
	p := &progress{out: terminal(stderr), width: width(stderr), now: time.Now}
	config, err := o.config(request, listingLog{log, p})
	if err != nil {
		return err
	}
	m, err := local.New(ctx, config)
	if err != nil {
		return err
	}
	if m.StoreURL == "" && os.Getenv("GOGC") == "" {
		// Without a store in it this process holds a few megabytes: to collect garbage as
		// often as that doubles would be a tenth of all that it does.
		debug.SetGCPercent(400)
	}
	e := execution{machine: m, progress: p, name: o.name, folder: folder, stdout: stdout, stderr: stderr}
	if o.serve != "" {
		fmt.Fprintf(stderr, "the logs so far: %s/\n", m.StoreURL)
	}
	err = e.run(ctx, input, begun)
	if o.serve != "" && ctx.Err() == nil && (err == nil || errors.Is(err, errIncomplete)) {
		serveLogs(ctx, stdout, m.StoreURL)
	}
	return errors.Join(err, m.Close())
}

// execution is one run, shown to a person.
type execution struct {
	machine        *local.Machine
	progress       *progress
	name           string
	folder         string // of its files
	stdout, stderr io.Writer
}

// run executes the machine and shows what came of it.
func (e execution) run(ctx context.Context, input json.RawMessage, begun time.Time) error {
	hide := e.progress.show()
	output, err := e.machine.Execute(ctx, e.name, input, begun, watcher{e.progress})
	hide()

	var ended *asl.ExecutionError
	switch {
	case err == nil && planned(output):
		return e.showPlanned(ctx, output)
	case err == nil:
		return e.showReport()
	case !errors.As(err, &ended):
		return err
	case ended.Name == "Incomplete":
		return errors.Join(e.showReport(), errIncomplete)
	case ended.Status == asl.Aborted:
		return e.stopped(ctx)
	}
	return errors.New(sentence(ended) + e.progress.soFar())
}

// planned tells whether an output is that of a run that only plans.
func planned(output []byte) bool {
	var p run.Plan
	return json.Unmarshal(output, &p) == nil && p.PlanOnly
}

func (e execution) showPlanned(ctx context.Context, output []byte) error {
	var p run.Planned
	if err := json.Unmarshal(output, &p); err != nil {
		return fmt.Errorf("read the plan: %w", err)
	}
	if e.machine.StoreURL != "" {
		p.Cluster = run.Planned{}.Cluster // the embedded store is none
	}
	var v run.Inventory
	key := run.InventoryKey(e.name)
	b, err := e.machine.Runs.Get(ctx, key)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return fmt.Errorf("read %s: %w", key, err)
	}
	return showPlan(e.stdout, p, v)
}

// stopped makes the report of a run that was stopped, as a rule on the state
// machine's status does in AWS.
func (e execution) stopped(ctx context.Context) error {
	fmt.Fprintln(e.stderr, "stopped; making the report of what was done")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	request, err := json.Marshal(run.ReportRequest{Run: e.name, Attempt: report.LastAttempt})
	if err != nil {
		return err
	}
	if _, err := e.machine.Invoke(ctx, "report", request); err != nil {
		why := err.Error()
		if failed := new(asl.TaskError); errors.As(err, &failed) {
			why = errorMessage(failed.Cause, why)
		}
		return fmt.Errorf("stopped, and the report cannot be made: %s%s", why, e.progress.soFar())
	}
	if err := e.showReport(); err != nil {
		return err
	}
	fmt.Fprintln(e.stderr, "stopped; start the same again to finish it, what is indexed stays as it is")
	return errIncomplete
}

func (e execution) showReport() error {
	f, err := os.Open(filepath.Join(e.folder, "report.json"))
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := report.Read(f)
	if err != nil {
		return err
	}
	return r.Terminal(e.stdout, width(e.stdout), e.folder)
}

// sentence is what a failed execution says to a person.
func sentence(e *asl.ExecutionError) string { return errorMessage(e.Cause, e.Error()) }

// errorMessage is the message in the JSON that a Lambda fails with, or otherwise.
func errorMessage(cause, otherwise string) string {
	var lambda struct{ ErrorMessage string }
	if json.Unmarshal([]byte(cause), &lambda) == nil && lambda.ErrorMessage != "" {
		return lambda.ErrorMessage
	}
	return otherwise
}

// width is the columns of the terminal that w is, or 0.
func width(w io.Writer) int {
	f, ok := terminal(w).(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// watcher makes progress of what happens in an execution.
type watcher struct{ *progress }

// StateEntered says what the run does now; the plan tells how much there is.
func (w watcher) StateEntered(state string, input []byte) {
	var p run.Plan
	if state == "Index objects" && json.Unmarshal(input, &p) == nil {
		w.planned(p)
	}
	w.stage(state)
	if state == "Wait for restore" && json.Unmarshal(input, &p) == nil {
		w.waiting(p.Restore.Progress(), time.Duration(p.Restore.Seconds)*time.Second)
	}
}

// StateRetried says what is waited for, and for how long.
func (w watcher) StateRetried(_ string, err *asl.TaskError, wait time.Duration) {
	w.waiting(errorMessage(err.Cause, err.Name), wait)
}

// ChildEnded counts an object that is done with.
func (w watcher) ChildEnded(c asl.Child) {
	var work struct{ Object struct{ Size int64 } } // of a run.Work
	if err := json.Unmarshal(c.Input, &work); err != nil {
		return // not a child of ours
	}
	var outcome struct{ Decoded int64 } // of a run.Outcome
	if c.Status != asl.Succeeded || json.Unmarshal(c.Output, &outcome) != nil {
		w.failed(work.Object.Size)
		return
	}
	w.indexed(work.Object.Size, outcome.Decoded)
}

// listingLog is the Lambdas' log, in which List says how far it is.
type listingLog struct {
	file     io.Writer
	progress *progress
}

// Write takes a whole line.
func (l listingLog) Write(line []byte) (int, error) {
	var logged struct {
		Msg          string
		Prefixes, Of int
	}
	at := bytes.IndexByte(line, '{')
	// Most lines are those of objects that were indexed.
	if at >= 0 && bytes.Contains(line, []byte(list.ListingMessage)) &&
		json.Unmarshal(line[at:], &logged) == nil && logged.Msg == list.ListingMessage {
		l.progress.listing(logged.Prefixes, logged.Of)
	}
	return l.file.Write(line)
}
