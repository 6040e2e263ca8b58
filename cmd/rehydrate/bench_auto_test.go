package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/cluster/enginetest"
	"github.com/rehydrate/rehydrate/local/sample"
)

// BenchmarkAuto brings one archive into an engine whose write queue is short, with
// fixed numbers of objects at once and steered, by turns, while somebody searches.
// Compare seconds with those of the best fixed number, and searches with those of an
// idle engine. It can be set: AUTO_EVENTS, AUTO_ROUNDS, and AUTO_FIXED with spaces
// between.
func BenchmarkAuto(b *testing.B) {
	if !*measureEngines {
		b.Skip("only with -engines")
	}
	o := sample.Default()
	o.Objects, o.Damaged = 600, false
	o.Events = set(b, "AUTO_EVENTS", 1_200_000)
	w := scenario{archive: b.TempDir(), out: b.TempDir()}
	if _, err := writeSample(b.Context(), o, w.archive); err != nil {
		b.Fatal(err)
	}
	ways := strings.Fields(os.Getenv("AUTO_FIXED"))
	if len(ways) == 0 {
		ways = []string{"1", "2", "4", "8", "16"}
	}
	ways = append(ways, "auto")
	figures := newTable("maxConcurrency", "s", "refused", "searches, ms", "95 of 100 below, ms")
	b.Run(string(enginetest.Elasticsearch8), func(b *testing.B) {
		e := busyEngine{scenario: w, url: enginetest.Start(b, enginetest.Elasticsearch8, "thread_pool.write.queue_size: 4").URL}
		e.bring(b, "warm", "2")
		e.bring(b, "again", "4")
		e.forget(b, "again")
		quiet := searches(b.Context(), e.url, 20)
		took := make([][]time.Duration, len(ways))
		refused, waits := make([]int64, len(ways)), make([][]time.Duration, len(ways))
		for round := range set(b, "AUTO_ROUNDS", 3) {
			for i := range ways {
				if round%2 == 1 { // forth and back
					i = len(ways) - 1 - i
				}
				t, r, s := e.busy(b, fmt.Sprintf("b%s-%d", ways[i], round), ways[i])
				fmt.Fprintf(os.Stderr, "%s at once: %.1f s\n", ways[i], t.Seconds())
				took[i], refused[i], waits[i] = append(took[i], t), refused[i]+r, append(waits[i], s...)
			}
		}
		best := 0
		for i, way := range ways {
			figures.row(way, fmt.Sprintf("%.1f", median(took[i]).Seconds()), fmt.Sprint(refused[i]/int64(len(took[i]))),
				fmt.Sprint(part(waits[i], 0.5).Milliseconds()), fmt.Sprint(part(waits[i], 0.95).Milliseconds()))
			if way != "auto" && median(took[i]) < median(took[best]) {
				best = i
			}
		}
		figures.row("idle", "", "", fmt.Sprint(part(quiet, 0.5).Milliseconds()), fmt.Sprint(part(quiet, 0.95).Milliseconds()))
		b.ReportMetric(median(took[len(ways)-1]).Seconds()/median(took[best]).Seconds(), "of-the-best")
		b.ReportMetric(0, "ns/op")
	})
	fmt.Printf("\n%d events into Elasticsearch 8.19.7 with room for four bulk requests to wait, the median of %d rounds. %s.\n",
		o.Events, set(b, "AUTO_ROUNDS", 3), machine())
	figures.print()
}

// set is a number of the environment, or else another.
func set(b *testing.B, name string, otherwise int) int {
	b.Helper()
	n, s := otherwise, os.Getenv(name)
	if s == "" {
		return n
	}
	if _, err := fmt.Sscan(s, &n); err != nil {
		b.Fatalf("%s: %v", name, err)
	}
	return n
}

// busyEngine is an engine that archives are brought into while somebody searches.
type busyEngine struct {
	scenario
	url string
}

func (e *busyEngine) bring(b *testing.B, prefix, concurrency string) {
	b.Helper()
	status, stdout, stderr := e.run(b.Context(), prefix, "--from", "2018-12-10", "--to", "2018-12-12",
		"--search", e.url, "--index-prefix", prefix, "--max-concurrency", concurrency)
	if status == exitUnusable {
		b.Fatalf("%s%s", stdout, stderr)
	}
}

// busy brings the archive in, and tells what that took, the refusals, and what
// searches took meanwhile.
func (e *busyEngine) busy(b *testing.B, prefix, concurrency string) (time.Duration, int64, []time.Duration) {
	b.Helper()
	before := refusals(b, e.url)
	ctx, stop := context.WithCancel(b.Context())
	searched := make(chan []time.Duration)
	go func() { searched <- searches(ctx, e.url, 1<<30) }()
	begun := time.Now()
	e.bring(b, prefix, concurrency)
	took := time.Since(begun)
	stop()
	waits := <-searched
	log, err := os.ReadFile(filepath.Join(e.out, "runs", prefix, "lambda.log"))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.SplitSeq(string(log), "\n") {
		if strings.Contains(line, "concurrency changed") {
			fmt.Fprintln(os.Stderr, line)
		}
	}
	refused := refusals(b, e.url) - before
	e.forget(b, prefix)
	return took, refused, waits
}

// forget deletes what was brought in, and gives the engine a while to rest.
func (e *busyEngine) forget(b *testing.B, prefix string) {
	b.Helper()
	t := target{url: e.url}
	t.send(b, http.MethodDelete, "/"+prefix+"-2018-12-10,"+prefix+"-2018-12-11,"+prefix+"-2018-12-12?ignore_unavailable=true", "")
	time.Sleep(2 * time.Second)
}

// searches searches again and again, at most so often, and gives the times.
func searches(ctx context.Context, url string, most int) (took []time.Duration) {
	for len(took) < most && ctx.Err() == nil {
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, url+"/warm-*/_search?request_cache=false",
			strings.NewReader(`{"query":{"match":{"message":"timeout"}},"sort":[{"@timestamp":"desc"}]}`))
		req.Header.Set("Content-Type", "application/json")
		begun := time.Now()
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			break
		}
		_ = json.NewDecoder(res.Body).Decode(&struct{}{})
		_ = res.Body.Close()
		took = append(took, time.Since(begun))
		time.Sleep(200 * time.Millisecond)
	}
	return took
}

// part is the time that a share of searches kept below.
func part(took []time.Duration, share float64) time.Duration {
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[min(int(share*float64(len(took))), len(took)-1)]
}

// refusals are the bulk requests that an engine ever refused.
func refusals(b *testing.B, url string) (n int64) {
	b.Helper()
	res, err := http.Get(url + "/_nodes/stats/thread_pool?filter_path=nodes.*.thread_pool.write.rejected")
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	var all struct {
		Nodes map[string]struct {
			Pool struct{ Write struct{ Rejected int64 } } `json:"thread_pool"`
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil {
		b.Fatal(err)
	}
	for _, node := range all.Nodes {
		n += node.Pool.Write.Rejected
	}
	return n
}
