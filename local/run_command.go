package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/term"

	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/asl"
)

// runCommand executes the state machine for a range of an archive.
func runCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseOptions(args, stdout)
	if err != nil {
		return err
	}
	input, err := o.executionInput(runtime.NumCPU())
	if err != nil {
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
	m, err := newMachine(ctx, o, concurrency(input), log)
	if err != nil {
		return err
	}
	err = m.execute(ctx, o, input, begun, stdout, stderr)
	return errors.Join(err, m.Close())
}

// concurrency is how many index Lambdas an execution with this input runs.
func concurrency(input json.RawMessage) int {
	r, err := run.ParseRequest(input)
	if err != nil || r.MaxConcurrency == nil {
		return run.DefaultMaxConcurrency
	}
	return max(*r.MaxConcurrency, 1)
}

// execute runs the machine and shows what came of it.
func (m *machine) execute(ctx context.Context, o options, input json.RawMessage, begun time.Time, stdout, stderr io.Writer) error {
	p := &progress{out: stderr, width: width(stderr), now: time.Now}
	hide := p.show()
	output, err := m.definition.Run(ctx, asl.Execution{
		ARN:   "arn:aws:states:local:000000000000:execution:rehydrate:" + o.name,
		Input: input, StartTime: begun,
	}, asl.Env{Invoke: m.invoke, Buckets: buckets{m.runs}, Observer: watcher{p}})
	hide()

	folder := filepath.Join(o.out, run.Folder(o.name))
	var ended *asl.ExecutionError
	switch {
	case err == nil && planned(output):
		return m.showPlanned(ctx, o.name, stdout)
	case err == nil:
		return showReport(folder, stdout)
	case !errors.As(err, &ended):
		return err
	case ended.Name == "Incomplete":
		return errors.Join(showReport(folder, stdout), errIncomplete)
	case ended.Status == asl.Aborted:
		return m.stopped(ctx, o.name, folder, stdout, stderr)
	}
	return errors.New(sentence(ended))
}

// planned tells whether an output is that of a run that only plans.
func planned(output []byte) bool {
	var p run.Plan
	return json.Unmarshal(output, &p) == nil && p.PlanOnly
}

func (m *machine) showPlanned(ctx context.Context, name string, stdout io.Writer) error {
	var p run.Plan
	var v run.Inventory
	for key, into := range map[string]any{run.PlanKey(name): &p, run.InventoryKey(name): &v} {
		b, err := m.runs.Get(ctx, key)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(b, into); err != nil {
			return fmt.Errorf("read %s: %w", key, err)
		}
	}
	return showPlan(stdout, p, v)
}

// stopped makes the report of a run that was stopped, as a rule on the state
// machine's status does in AWS.
func (m *machine) stopped(ctx context.Context, name, folder string, stdout, stderr io.Writer) error {
	fmt.Fprintln(stderr, "stopped; making the report of what was done")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	request, err := json.Marshal(run.ReportRequest{Run: name, Attempt: report.LastAttempt})
	if err != nil {
		return err
	}
	if _, err := m.report.Invoke(ctx, request); err != nil {
		return fmt.Errorf("stopped before anything was indexed (%w)", err)
	}
	if err := showReport(folder, stdout); err != nil {
		return err
	}
	fmt.Fprintln(stderr, "stopped; start the same again to finish it, what is indexed stays as it is")
	return errIncomplete
}

func showReport(folder string, stdout io.Writer) error {
	f, err := os.Open(filepath.Join(folder, "report.json"))
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := report.Read(f)
	if err != nil {
		return err
	}
	return r.Terminal(stdout, width(stdout), folder)
}

// sentence is what a failed execution says to a person: the message of the
// Lambda's error, without its JSON.
func sentence(e *asl.ExecutionError) string {
	var lambda struct{ ErrorMessage string }
	if json.Unmarshal([]byte(e.Cause), &lambda) == nil && lambda.ErrorMessage != "" {
		return lambda.ErrorMessage
	}
	return e.Error()
}

// width is the columns of the terminal that w is, or 0.
func width(w io.Writer) int {
	f, ok := w.(*os.File)
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
}

// ChildEnded counts an object that is done with.
func (w watcher) ChildEnded(c asl.Child) {
	var work run.Work
	if err := json.Unmarshal(c.Input, &work); err != nil {
		return // not a child of ours
	}
	var o run.Outcome
	if c.Status != asl.Succeeded || json.Unmarshal(c.Output, &o) != nil {
		w.ended(work.Object, nil)
		return
	}
	w.ended(work.Object, &o)
}
