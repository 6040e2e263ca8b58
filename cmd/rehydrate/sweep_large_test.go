package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/asl"
)

// invocation calls one Lambda of a stage, and says what is wrong with its answer.
type invocation func(ctx context.Context, g *stage, name string) (complaints []string, err error)

// The list and the report Lambda alone, over more than one page of everything.
// Every call of theirs fails in every way: each answers with the whole, or with
// an error that has a name.
func TestSweepOfLargeInputs(t *testing.T) {
	objects := 300
	if *wholeSweep {
		objects = 4000
	}
	s := newSurroundings(t, objects)
	g := s.newStage(t, "large")
	e := g.run(t.Context(), "large", sweepInput)
	if c, _, complaints := g.outcomeOf(t.Context(), e); c != exact {
		t.Fatalf("a run without a fault is %s: %v\n%v\n%s", c, complaints, e.err, e.stdout)
	}
	stages := []*stage{g}
	for range 7 {
		other := s.newStage(t, "large")
		if err := os.CopyFS(filepath.Join(other.out, "runs", "large"), os.DirFS(filepath.Join(g.out, "runs", "large"))); err != nil {
			t.Fatal(err)
		}
		stages = append(stages, other)
	}
	for _, lambda := range []struct {
		name string
		call invocation
	}{{"list", listLarge}, {"report", reportLarge}} {
		t.Run(lambda.name, func(t *testing.T) {
			results := sweepOf(t, stages, lambda.call)
			for _, r := range results {
				if r.class == wrong {
					t.Errorf("%s: %s", r.sweepCase, strings.Join(r.complaints, "; "))
				}
			}
			publish(t, "The "+lambda.name+" Lambda alone", fmt.Sprintf("Over %d objects. Exact is an answer with the whole (a report may add that the cluster's count is not known), told an error with a name, after which the same call is exact.", objects), results)
		})
	}
	for _, g := range stages {
		if err := g.close(false); err != nil {
			t.Error(err)
		}
	}
}

// sweepOf sweeps one Lambda.
func sweepOf(t *testing.T, stages []*stage, call invocation) []result {
	t.Helper()
	for _, site := range stages[0].sites {
		site.strike(nil)
	}
	if complaints, err := call(t.Context(), stages[0], "clean"); err != nil || len(complaints) > 0 {
		t.Fatalf("without a fault: %v %v", complaints, err)
	}
	calls := map[string][]string{}
	for name, site := range stages[0].sites {
		calls[name] = site.seen
	}
	cases := sweepCases(calls)
	random := rand.New(rand.NewPCG(*sweepSeed, 11))
	if !*wholeSweep {
		random.Shuffle(len(cases), func(i, j int) { cases[i], cases[j] = cases[j], cases[i] })
		cases = cases[:min(25, len(cases))]
	}
	results := make([]result, len(cases))
	next := make(chan int)
	var workers sync.WaitGroup
	for _, g := range stages {
		workers.Go(func() {
			for i := range next {
				results[i] = g.invokeWith(t.Context(), cases[i], call)
			}
		})
	}
	for i := range cases {
		next <- i
	}
	close(next)
	workers.Wait()
	return results
}

// invokeWith calls with a fault, and once more without if that failed.
func (g *stage) invokeWith(ctx context.Context, c sweepCase, call invocation) result {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	r := result{sweepCase: c, class: exact}
	name := fmt.Sprintf("case-%d", c.number)
	site := g.sites[c.site]
	site.strike(&fault{way: c.way, first: c.first, times: c.times, lasts: c.lasts, random: rand.New(rand.NewPCG(*sweepSeed, uint64(c.number)))})
	complaints, err := call(ctx, g, name)
	r.struck = site.strikes()
	site.heal()
	var failed *asl.TaskError
	switch {
	case err == nil:
	case !errors.As(err, &failed) || failed.Name == "" || strings.Contains(failed.Cause, "panic"):
		complaints = append(complaints, fmt.Sprintf("its error has no name: %v", err))
	default:
		r.class = told
		again, err := call(ctx, g, name+"-again")
		complaints = append(complaints, again...)
		if err != nil {
			complaints = append(complaints, fmt.Sprintf("called again it fails: %v", err))
		}
	}
	if len(complaints) > 0 {
		r.class, r.complaints = wrong, complaints
	}
	return r
}

// listLarge lists for a new run.
func listLarge(ctx context.Context, g *stage, name string) (complaints []string, err error) {
	payload, err := json.Marshal(run.ListRequest{
		Request: json.RawMessage(sweepInput), Execution: run.Execution{ID: "arn:" + name, Name: name, StartTime: time.Now()},
	})
	if err != nil {
		return nil, err
	}
	answer, err := g.machine.Invoke(ctx, "list", payload)
	if err != nil {
		return nil, err
	}
	var plan run.Plan
	if err := json.Unmarshal(answer, &plan); err != nil {
		return nil, err
	}
	manifest, err := os.ReadFile(filepath.Join(g.out, "runs", name, "manifest.jsonl"))
	if err != nil {
		return nil, err
	}
	keys := map[string]bool{}
	for line := range bytes.Lines(manifest) {
		var o run.Object
		if err := json.Unmarshal(line, &o); err != nil {
			return nil, err
		}
		keys[o.Key] = true
	}
	if plan.Objects != int64(g.objects) || len(keys) != g.objects {
		complaints = append(complaints, fmt.Sprintf("the plan tells of %d objects, the manifest of %d, there are %d", plan.Objects, len(keys), g.objects))
	}
	return complaints, os.RemoveAll(filepath.Join(g.out, "runs", name))
}

// reportLarge makes the report of the run that was made before once more.
func reportLarge(ctx context.Context, g *stage, _ string) (complaints []string, err error) {
	payload, err := json.Marshal(run.ReportRequest{Run: "large"})
	if err != nil {
		return nil, err
	}
	answer, err := g.machine.Invoke(ctx, "report", payload)
	if err != nil {
		return nil, err
	}
	var summary run.Summary
	if err := json.Unmarshal(answer, &summary); err != nil {
		return nil, err
	}
	if err := summary.Check(); err != nil {
		complaints = append(complaints, err.Error())
	}
	if !summary.Complete && len(summary.Findings) == 0 {
		complaints = append(complaints, "it is incomplete for no reason: "+summary.Verdict)
	}
	if summary.Complete && (summary.Objects != int64(g.objects) || summary.Created != int64(len(g.want))) {
		complaints = append(complaints, fmt.Sprintf("it is complete with %d objects and %d events created, there are %d and %d",
			summary.Objects, summary.Created, g.objects, len(g.want)))
	}
	return complaints, nil
}
