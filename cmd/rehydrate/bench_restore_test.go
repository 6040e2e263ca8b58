package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/cluster/enginetest"
)

// BenchmarkRestore is a whole rehydration of a range, from listing to report, at
// several concurrencies beside a careful client in Python (testdata/client), which
// reads the files themselves, in one run on one engine.
func BenchmarkRestore(b *testing.B) {
	if !*measureEngines {
		b.Skip("only with -engines")
	}
	python := newPython(b)
	figures := newTable("loader", "docs/s", "its CPU s/million", "engine CPU s/million")
	b.Run(string(enginetest.Elasticsearch8), func(b *testing.B) {
		t := newBodies(b, 2*fewObjects).at(enginetest.Start(b, enginetest.Elasticsearch8).URL)
		concurrencies := []int{1, 2, 4, 8}
		ways := make([]func(*testing.B) spent, len(concurrencies)+1)
		names := make([]string, len(ways))
		for i, n := range concurrencies {
			names[i] = fmt.Sprintf("rehydrate, maxConcurrency %d", n)
			ways[i] = func(b *testing.B) spent { return t.whole(b, "--max-concurrency", strconv.Itoa(n)) }
		}
		names[len(concurrencies)] = "Python, streaming_bulk"
		ways[len(concurrencies)] = func(b *testing.B) spent { return t.python(b, python) }
		sums := t.byTurns(b, ways)
		best := 0
		for i, s := range sums {
			figures.row(names[i], fmt.Sprintf("%.0f", s.rate()), fmt.Sprintf("%.1f", perMillion(s.ours+s.host, s.documents)), fmt.Sprintf("%.0f", perMillion(s.engine, s.documents)))
			if i < len(concurrencies) && s.rate() > sums[best].rate() {
				best = i
			}
		}
		last := sums[len(sums)-1]
		b.ReportMetric(sums[best].rate()/last.rate(), "times-docs/s")
		b.ReportMetric((sums[best].ours+sums[best].host).Seconds()/(last.ours+last.host).Seconds(), "times-cpu")
	})
	fmt.Printf("\nA whole range into Elasticsearch 8.19.7. %s.\n", machine())
	figures.print()
}

// byTurns brings the load in by each way, forth and back, after once uncounted.
func (t *target) byTurns(b *testing.B, ways []func(*testing.B) spent) []spent {
	b.Helper()
	sums := make([]spent, len(ways))
	order := []int{0} // not counted: the engine compiles
	for i := range ways {
		order = append(order, i)
	}
	for i := range ways {
		order = append(order, len(ways)-1-i)
	}
	for turn, i := range order {
		t.try(b, http.MethodDelete, benchIndices+"?ignore_unavailable=true", "")
		before := t.processor(b)
		s := ways[i](b)
		t.send(b, http.MethodPost, "/ecs-task-*/_flush", "")
		t.rest(b)
		s.engine = t.processor(b) - before
		t.holdsAll(b)
		if turn > 0 {
			sums[i].add(s)
		}
	}
	return sums
}

// whole is `rehydrate run`.
func (t *target) whole(b *testing.B, args ...string) spent {
	b.Helper()
	t.out = b.TempDir()
	return measure(b, func() (int64, time.Duration) {
		begun := time.Now()
		status, stdout, stderr := t.run(b.Context(), "run", append([]string{"--from", benchFrom, "--to", benchTo, "--search", t.url}, args...)...)
		if status != exitComplete {
			b.Fatalf("exit status %d\n%s%s", status, stdout, stderr)
		}
		return t.events, time.Since(begun)
	})
}

// python is the client of testdata/client.
func (t *target) python(b *testing.B, interpreter string) spent {
	b.Helper()
	return measure(b, func() (int64, time.Duration) {
		begun := time.Now()
		c := exec.CommandContext(b.Context(), interpreter, filepath.Join("testdata", "client", "load.py"), t.archive, t.url, "ecs-task", "Asia/Tokyo")
		c.Stderr = os.Stderr
		out, err := c.Output()
		var loaded struct{ Created int64 }
		if err != nil || json.Unmarshal(out, &loaded) != nil || loaded.Created != t.events {
			b.Fatalf("the client: %v\n%s", err, out)
		}
		return t.events, time.Since(begun)
	})
}

// newPython is an interpreter that has what testdata/client needs.
func newPython(b *testing.B) string {
	b.Helper()
	folder, err := filepath.Abs(filepath.Join("..", "..", "build", "client"))
	if err != nil {
		b.Fatal(err)
	}
	interpreter := filepath.Join(folder, "bin", "python")
	for _, command := range []string{
		"python3 -m venv " + folder,
		interpreter + " -m pip install --quiet -r " + filepath.Join("testdata", "client", "requirements.txt"),
	} {
		words := strings.Fields(command)
		if out, err := exec.CommandContext(b.Context(), words[0], words[1:]...).CombinedOutput(); err != nil {
			b.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
	return interpreter
}

// BenchmarkReplicas loads two nodes, with a replica from the beginning and with one
// that is made when the run ends, until all copies are there.
func BenchmarkReplicas(b *testing.B) {
	if !*measureEngines {
		b.Skip("only with -engines")
	}
	figures := newTable("loadReplicas", "docs/s", "until all copies are there, s", "engine CPU s/million")
	b.Run(string(enginetest.Elasticsearch8), func(b *testing.B) {
		t := newBodies(b, fewObjects).at(enginetest.StartNodes(b, enginetest.Elasticsearch8, 2)[0].URL)
		names := []string{"as many as afterwards", "0"}
		var green [2][]time.Duration
		ways := make([]func(*testing.B) spent, len(names))
		for i, number := range []string{"-1", "0"} {
			ways[i] = func(b *testing.B) spent {
				begun := time.Now()
				s := t.whole(b, "--load-replicas", number)
				t.send(b, http.MethodGet, "/_cluster/health/ecs-task-*?wait_for_status=green&wait_for_no_relocating_shards=true&timeout=5m", "")
				green[i] = append(green[i], time.Since(begun))
				t.copies(b)
				return s
			}
		}
		for i, s := range t.byTurns(b, ways) {
			last := green[i][len(green[i])-2:] // those that count
			figures.row(names[i], fmt.Sprintf("%.0f", s.rate()), fmt.Sprintf("%.1f", (last[0]+last[1]).Seconds()/2), fmt.Sprintf("%.0f", perMillion(s.engine, s.documents)))
			b.ReportMetric(perMillion(s.engine, s.documents), "loadReplicas"+strconv.Itoa(i-1)+"-cpu-s/Mevents")
		}
	})
	fmt.Printf("\nTwo nodes of Elasticsearch 8.19.7, one replica. %s.\n", machine())
	figures.print()
}

// copies checks that each document is there twice.
func (t *target) copies(b *testing.B) {
	b.Helper()
	t.send(b, http.MethodPost, "/ecs-task-*/_refresh", "")
	var stats struct {
		All struct {
			Total struct{ Docs struct{ Count int64 } }
		} `json:"_all"`
	}
	if err := json.Unmarshal(t.send(b, http.MethodGet, "/ecs-task-*/_stats/docs", ""), &stats); err != nil {
		b.Fatal(err)
	}
	if got := stats.All.Total.Docs.Count; got != 2*t.events {
		b.Fatalf("both nodes hold %d documents, want twice %d", got, t.events)
	}
}
