package store_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"
)

// messages makes n log messages of some 400 bytes.
func messages(n int) []string {
	words := strings.Fields(`INFO WARN ERROR com.example.orders.OrderService request completed status=200 path=\/api\/v1\/orders user
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

// bodies makes bulk bodies of 10,000 documents each; the ids are as CloudWatch
// gives them, growing with time, or random.
func bodies(documents int, random bool) [][]byte {
	texts := messages(1000)
	r := rand.New(rand.NewPCG(3, 4))
	at := time.Date(2018, 12, 10, 0, 0, 0, 0, time.UTC)
	var all [][]byte
	var b bytes.Buffer
	for i := range documents {
		at = at.Add(time.Duration(r.IntN(5)) * time.Millisecond)
		id := uint64(at.UnixMilli())<<20 + uint64(i)
		if random {
			id = r.Uint64()
		}
		fmt.Fprintf(&b, `{"create":{"_index":"ecs-task-2018-12-10","_id":"34415%051d"}}`+"\n", id)
		fmt.Fprintf(&b, `{"@timestamp":"%s","message":"%s"}`+"\n", at.Format("2006-01-02T15:04:05.000Z07:00"), texts[i%len(texts)])
		if i%10_000 == 9_999 || i == documents-1 {
			all = append(all, bytes.Clone(b.Bytes()))
			b.Reset()
		}
	}
	return all
}

func BenchmarkBulk(b *testing.B) {
	for _, kind := range []string{"ids that grow", "random ids", "only conflicts"} {
		b.Run(kind, func(b *testing.B) {
			const n = 100_000
			all := bodies(n, kind == "random ids")
			dir := b.TempDir()
			url := serve(b, dir)
			send := func() {
				for _, body := range all {
					res, err := http.Post(url+"/_bulk", "application/x-ndjson", bytes.NewReader(body))
					if err != nil {
						b.Fatal(err)
					}
					res.Body.Close()
				}
			}
			if kind == "only conflicts" {
				send()
			}
			for b.Loop() {
				if kind != "only conflicts" {
					b.StopTimer()
					remove(b, url+"/ecs-task-2018-12-10")
					b.StartTimer()
				}
				send()
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "docs/s")
		})
	}
}

// BenchmarkFirstWords is the first search for a word: it indexes them all.
func BenchmarkFirstWords(b *testing.B) {
	const n = 20_000
	all := bodies(n, false)
	for b.Loop() {
		b.StopTimer()
		url := serve(b, b.TempDir())
		for _, body := range all {
			res, err := http.Post(url+"/_bulk", "application/x-ndjson", bytes.NewReader(body))
			if err != nil {
				b.Fatal(err)
			}
			res.Body.Close()
		}
		b.StartTimer()
		res, err := http.Get(url + "/_count?q=exception")
		if err != nil {
			b.Fatal(err)
		}
		res.Body.Close()
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "docs/s")
}

func remove(t testing.TB, url string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, url+"?ignore_unavailable=true", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}
