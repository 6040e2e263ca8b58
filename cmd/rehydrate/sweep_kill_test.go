package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/local/sample"
	"github.com/rehydrate/rehydrate/local/store"
)

// announced starts the Lambdas by a shell that first writes down which process
// they are.
func announced(pids string, args ...string) (binary string, all []string) {
	return "/bin/sh", append([]string{"-c", `echo $$ >>"$0"; exec "$@"`, pids}, args...)
}

// living are the processes of that file that have not ended.
func living(t *testing.T, pids string) (alive []int) {
	t.Helper()
	b, err := os.ReadFile(pids)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	for line := range strings.Lines(string(b)) {
		pid, err := strconv.Atoi(strings.TrimSpace(line))
		if err == nil && syscall.Kill(pid, 0) == nil {
			alive = append(alive, pid)
		}
	}
	return alive
}

// Lambdas die at random moments. The run goes on, or says what is missing.
func TestSweepOfKilledLambdas(t *testing.T) {
	rounds := 10
	if *wholeSweep {
		rounds = 200
	}
	s := newSurroundings(t, 24)
	results := make([]result, rounds)
	slots := make(chan struct{}, 8)
	var all sync.WaitGroup
	for n := range rounds {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			results[n] = s.killLambdas(t, n)
		})
	}
	all.Wait()
	killed := 0
	for _, r := range results {
		killed += r.struck
		if r.class == wrong {
			t.Errorf("round %d: see %s\n\t%s", r.number, r.left, strings.Join(r.complaints, "\n\t"))
		}
	}
	if killed == 0 {
		t.Error("no Lambda was killed: the test shows nothing")
	}
	publish(t, "Lambdas killed", fmt.Sprintf("One to three of the Lambdas of a run are killed at random moments, %d in all.", killed), results)
}

// killLambdas kills one to three Lambdas of a run.
func (s *surroundings) killLambdas(t *testing.T, n int) result {
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	pids := filepath.Join(t.TempDir(), "pids")
	g := s.newStage(t, fmt.Sprintf("killed-%d", n), pids)
	r := result{sweepCase: sweepCase{number: n, site: "Lambdas", way: way{name: "kill -9"}}, left: g.out}
	random := rand.New(rand.NewPCG(*sweepSeed, uint64(n)))
	done := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() {
		for range 1 + random.IntN(3) {
			select {
			case <-done:
				return
			case <-time.After(time.Duration(random.IntN(400)) * time.Millisecond):
			}
			if alive := living(t, pids); len(alive) > 0 && syscall.Kill(alive[random.IntN(len(alive))], syscall.SIGKILL) == nil {
				r.struck++
			}
		}
	})
	first := g.run(ctx, "first", sweepInput)
	close(done)
	killer.Wait()
	r.class, r.complaints = g.conclude(ctx, first)
	if err := g.close(r.class == wrong); err != nil {
		r.complaints = append(r.complaints, err.Error())
	}
	return r
}

// The whole program dies at random moments, its store in it. The same run once
// more finishes the work.
func TestSweepOfKilledRuns(t *testing.T) {
	rounds := 3
	if *wholeSweep {
		rounds = 60
	}
	random := rand.New(rand.NewPCG(*sweepSeed, 3))
	killed := 0
	var results []result
	for n := range rounds {
		archive, out := t.TempDir(), t.TempDir()
		want := tiny(t, archive, 24)
		moments := 1 + random.IntN(3)
		for k := range moments {
			if killRun(t, archive, out, fmt.Sprintf("killed-%d", k), time.Duration(random.IntN(1200))*time.Millisecond) {
				killed++
			}
		}
		var output bytes.Buffer
		last := runProcess(t, archive, out, "last")
		last.Stdout, last.Stderr = &output, &output
		if err := last.Run(); err != nil {
			t.Fatalf("round %d: %v\n%s", n, err, output.String())
		}
		holdsEmbedded(t, out, want)
		results = append(results, result{sweepCase: sweepCase{site: "run", way: way{name: "kill -9"}}, class: exact, struck: moments})
	}
	if killed == 0 {
		t.Error("no run was killed: the test shows nothing")
	}
	publish(t, "Runs killed", fmt.Sprintf("The whole program is killed at random moments, its embedded store in it, one to three times, %d in all; the same range once more is exact.", killed), results)
}

// runProcess is `rehydrate run` as a process of its own.
func runProcess(t *testing.T, archive, out, name string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exec.CommandContext(t.Context(), self, "run", "--archive", archive, "--out", out, "--name", name, "--input", sweepInput)
}

// killRun starts a run and kills it after a while, unless it has ended before.
func killRun(t *testing.T, archive, out, name string, after time.Duration) bool {
	t.Helper()
	c := runProcess(t, archive, out, name)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = c.Process.Kill() })
	err := c.Wait()
	return !timer.Stop() && err != nil
}

// holdsEmbedded compares the embedded store of earlier runs with these events.
func holdsEmbedded(t *testing.T, out string, want map[string]sample.Event) {
	t.Helper()
	s, err := store.Open(filepath.Join(out, "store"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	server := httptest.NewServer(s)
	defer server.Close()
	holds(t, documents(t, server.URL, "ecs-task-*"), want)
}

// A disk that takes no more ends a run soon, and in words. With room, the same
// once more brings in the rest.
func TestSweepOfFullDisk(t *testing.T) {
	for _, blocks := range []string{"1", "16", "32"} {
		t.Run(blocks, func(t *testing.T) {
			archive, out := t.TempDir(), t.TempDir()
			want := tiny(t, archive, 100)
			c := runProcess(t, archive, out, "first")
			limited := exec.CommandContext(t.Context(), "/bin/sh", append([]string{"-c", `trap '' XFSZ; ulimit -f "$0"; exec "$@"`, blocks}, c.Args...)...)
			var stdout, stderr bytes.Buffer
			limited.Stdout, limited.Stderr = &stdout, &stderr
			err := limited.Run()
			said := stdout.String() + stderr.String()
			if !strings.Contains(said, "file too large") || strings.Contains(said, "goroutine") {
				t.Errorf("%v: what is wrong is not said:\n%s", err, said)
			}
			if f, err := os.Open(filepath.Join(out, "runs", "first", "report.json")); err == nil {
				r, err := report.Read(f)
				if err != nil || r.Events.Check() != nil || r.Complete {
					t.Errorf("the report is %+v, %v", r, err)
				}
				f.Close()
			}
			if last, err := runProcess(t, archive, out, "last").CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, last)
			}
			holdsEmbedded(t, out, want)
		})
	}
}
