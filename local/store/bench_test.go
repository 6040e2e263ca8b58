package store_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/local/store"
)

// messages makes n log messages of some 400 bytes.
func messages(n int) []string {
	words := strings.Fields(`INFO WARN ERROR com.example.orders.OrderService request completed status=200 path=/api/v1/orders user
		latency ms exception connection refused retrying pool-3-worker java.lang.IllegalStateException GET POST cache miss hit query slow`)
	r := rand.New(rand.NewPCG(1, 2))
	all := make([]string, n)
	for i := range all {
		var b strings.Builder
		for b.Len() < 380 {
			b.WriteString(words[r.IntN(len(words))] + " ")
			if r.IntN(6) == 0 {
				fmt.Fprintf(&b, "%x ", r.Uint32())
			}
		}
		all[i] = b.String()
	}
	return all
}

// bodies gives f bulk bodies of 10,000 documents each, spread over days, with ids
// as CloudWatch gives them. One message in 100,000 has a rare word.
func bodies(documents, days int, f func([]byte)) {
	texts := messages(5000)
	r := rand.New(rand.NewPCG(3, 4))
	begin := time.Date(2018, 12, 10, 0, 0, 0, 0, time.UTC)
	var b bytes.Buffer
	for i := range documents {
		at := begin.Add(time.Duration(float64(i) / float64(documents) * float64(days) * 24 * float64(time.Hour)))
		fmt.Fprintf(&b, `{"create":{"_index":"ecs-task-%s","_id":"34415%013d%038d"}}`+"\n", at.Format(time.DateOnly), at.UnixMilli(), r.Uint64())
		text := texts[r.IntN(len(texts))]
		if i%100_000 == 50_000 {
			text += "needle"
		}
		fmt.Fprintf(&b, `{"@timestamp":"%s","message":"%x %s","aws":{"cloudwatch":{"log_group":"/ecs/%d","log_stream":"task/%d"}}}`+"\n",
			at.Format("2006-01-02T15:04:05.000Z07:00"), r.Uint64(), text, i%5, i%40)
		if i%10_000 == 9_999 || i == documents-1 {
			f(b.Bytes())
			b.Reset()
		}
	}
}

// resident is the most memory that a process has held since the last call, in
// MB; 0 where the system does not tell.
func resident(process string) float64 {
	status, err := os.ReadFile("/proc/" + process + "/status")
	if err != nil {
		return 0
	}
	// Writing 5 begins anew.
	_ = os.WriteFile("/proc/"+process+"/clear_refs", []byte("5"), 0)
	var kB float64
	if _, value, ok := strings.Cut(string(status), "VmHWM:"); ok {
		_, _ = fmt.Sscan(value, &kB)
	}
	return kB / 1024
}

func sizeOf(b *testing.B, dir string) (bytes int64) {
	b.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return bytes
}

// Taking in, then searching in a store that was opened anew, with the most memory
// of each.
func BenchmarkStore(b *testing.B) {
	for _, size := range []struct {
		name            string
		documents, days int
	}{{"500,000 of 3 days", 500_000, 3}, {"5,000,000 of 3 days", 5_000_000, 3}, {"400 days", 200_000, 400}} {
		b.Run(size.name, func(b *testing.B) {
			for b.Loop() {
				benchmark(b, size.documents, size.days)
			}
		})
	}
}

func benchmark(b *testing.B, documents, days int) {
	b.Helper()
	dir := b.TempDir()
	s, url := open(b, dir)
	resident("self")
	var took time.Duration
	bodies(documents, days, func(body []byte) {
		begun := time.Now()
		res, err := http.Post(url+"/_bulk", "application/x-ndjson", bytes.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		res.Body.Close()
		took += time.Since(begun)
	})
	begun := time.Now()
	s.close()
	took += time.Since(begun)
	b.ReportMetric(float64(documents)/took.Seconds(), "docs/s")
	b.ReportMetric(resident("self"), "MB-taking-in")
	b.ReportMetric(float64(sizeOf(b, dir))/(1<<20), "MB-on-disk")

	debug.FreeOSMemory()
	resident("self")
	begun = time.Now()
	s, _ = open(b, dir)
	b.ReportMetric(time.Since(begun).Seconds(), "s-open")
	for _, search := range []struct{ unit, query string }{
		{"s-rare-word", "needle"}, {"s-frequent-word", "exception slow"}, {"s-regexp", `~"status=[0-9]{3} (path|user).*zzz"`},
	} {
		begun = time.Now()
		if _, err := s.Count(b.Context(), store.Query{LogsQL: search.query}); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(begun).Seconds(), search.unit)
	}
	begun = time.Now()
	if found := events(b, s.Store, store.Query{LogsQL: "needle"}); len(found) != (documents+50_000)/100_000 {
		b.Errorf("%d needles", len(found))
	}
	b.ReportMetric(time.Since(begun).Seconds(), "s-events")
	b.ReportMetric(resident("self"), "MB-searching")
	s.close()
}
