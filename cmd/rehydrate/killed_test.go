//go:build linux

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A run that is killed takes its Lambdas along, in the middle of what they do.
func TestKilledRunEndsItsLambdas(t *testing.T) {
	w := newScenario(t, small())
	reached, release := make(chan struct{}, 100), make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		reached <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer hangs.Close()
	defer close(release)
	bin := filepath.Join(t.TempDir(), "rehydrate")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	run := exec.Command(bin, "run", "--archive", w.archive, "--out", w.out, "--from", "2018-12-10", "--to", "2018-12-12", "--search", hangs.URL)
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	<-reached // by Prepare, which waits now
	lambdas := children(t, run.Process.Pid)
	if len(lambdas) == 0 {
		t.Error("the run has no Lambdas: the test shows nothing")
	}
	if err := run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = run.Wait() // it was killed
	deadline := time.Now().Add(10 * time.Second)
	for _, pid := range lambdas {
		for alive(pid) {
			if time.Now().After(deadline) {
				t.Fatalf("the Lambda %s goes on without its run", pid)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func children(t *testing.T, pid int) []string {
	t.Helper()
	var all []string
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err == nil {
			all = append(all, strings.Fields(string(b))...)
		}
	}
	return all
}

// alive tells whether there is such a process that is no zombie.
func alive(pid string) bool {
	b, err := os.ReadFile("/proc/" + pid + "/stat")
	return err == nil && !strings.Contains(string(b), ") Z ")
}
