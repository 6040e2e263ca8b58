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
// fixed numbers of objects at once and steered, while somebody searches. Compare
// seconds with those of the best fixed number, and searches with those of an idle
// engine. The sizes can be set: AUTO_EVENTS, and AUTO_FIXED with spaces between.
func BenchmarkAuto(b *testing.B) {
	o := sample.Default()
	o.Objects, o.Damaged = 600, false
	o.Events = 600_000
	if s := os.Getenv("AUTO_EVENTS"); s != "" {
		if _, err := fmt.Sscan(s, &o.Events); err != nil {
			b.Fatal(err)
		}
	}
	w := scenario{archive: b.TempDir(), out: b.TempDir()}
	if _, err := writeSample(b.Context(), o, w.archive); err != nil {
		b.Fatal(err)
	}
	url := enginetest.Start(b, enginetest.Elasticsearch8, "thread_pool.write.queue_size: 4").URL
	bring := func(b *testing.B, prefix, concurrency string) {
		status, stdout, stderr := w.run(b.Context(), prefix, "--from", "2018-12-10", "--to", "2018-12-12",
			"--search", url, "--index-prefix", prefix, "--max-concurrency", concurrency)
		if status == exitUnusable {
			b.Fatalf("%s%s", stdout, stderr)
		}
	}
	bring(b, "warm", "2")
	quiet := searches(b.Context(), url, 20)
	fixed := strings.Fields(os.Getenv("AUTO_FIXED"))
	if len(fixed) == 0 {
		fixed = []string{"1", "2", "4", "16"}
	}
	for _, concurrency := range append(fixed, "auto") {
		b.Run(concurrency, func(b *testing.B) {
			prefix := "b" + concurrency
			before := refusals(b, url)
			ctx, stop := context.WithCancel(b.Context())
			took := make(chan []time.Duration)
			go func() { took <- searches(ctx, url, 1<<30) }()
			begun := time.Now()
			bring(b, prefix, concurrency)
			b.ReportMetric(time.Since(begun).Seconds(), "s")
			stop()
			busy := <-took
			b.ReportMetric(float64(part(busy, 0.5).Milliseconds()), "search-ms")
			b.ReportMetric(float64(part(busy, 0.95).Milliseconds()), "search-p95-ms")
			b.ReportMetric(float64(part(quiet, 0.95).Milliseconds()), "idle-p95-ms")
			b.ReportMetric(float64(refusals(b, url)-before), "refused")
			b.ReportMetric(0, "ns/op")
			log, err := os.ReadFile(filepath.Join(w.out, "runs", prefix, "lambda.log"))
			if err != nil {
				b.Fatal(err)
			}
			for line := range strings.SplitSeq(string(log), "\n") {
				if strings.Contains(line, "concurrency changed") {
					b.Log(line)
				}
			}
			req, _ := http.NewRequest(http.MethodDelete, url+"/"+prefix+"-2018-12-10,"+prefix+"-2018-12-11,"+prefix+"-2018-12-12", nil)
			if res, err := http.DefaultClient.Do(req); err == nil {
				_ = res.Body.Close()
			}
		})
	}
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
