package archive_test

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/bucket"
	"github.com/rehydrate/rehydrate/local/bucket/buckettest"
)

// month is 30 days of December 2018 with objects spread evenly, in folders of an
// hour (2018/12/10/03/) or, flat, of a day. Nothing of it lies in memory.
func month(objects int, flat bool) buckettest.Files {
	const total = 30 * 24 // hours
	start := time.Date(2018, 12, 1, 0, 0, 0, 0, time.UTC)
	// Each hour of a day has the same objects but for the date: their names are
	// put together when they are asked for.
	var tails []string
	for i := range objects / total * 24 {
		at := start.Add(time.Duration(i) * 24 * time.Hour / time.Duration(objects/total*24))
		tails = append(tails, fmt.Sprintf("%s-%08x-5df0-4000-8000-000000000000.gz", at.Format("15-04-05"), i))
	}
	names := func(from time.Time, hours int) []string {
		list := make([]string, objects/total*hours)
		date := from.Format("ecs-task-1-2006-01-02-")
		for i := range list {
			list[i] = date + tails[objects/total*from.Hour()+i]
		}
		return list
	}
	folders := map[string]func() []string{}
	add := func(dir, name string) {
		before := folders[dir]
		folders[dir] = func() []string {
			if before == nil {
				return []string{name}
			}
			return append(before(), name)
		}
	}
	add(".", "2018/")
	add("2018", "12/")
	for d := range 30 {
		day := fmt.Sprintf("2018/12/%02d", d+1)
		add("2018/12", day[8:]+"/")
		at := start.AddDate(0, 0, d)
		if flat {
			folders[day] = func() []string { return names(at, 24) }
			continue
		}
		for h := range 24 {
			add(day, fmt.Sprintf("%02d/", h))
			hour := at.Add(time.Duration(h) * time.Hour)
			folders[fmt.Sprintf("%s/%02d", day, h)] = func() []string { return names(hour, 1) }
		}
	}
	return func(folder string) []string {
		if f := folders[strings.TrimSuffix(folder, "/")]; f != nil {
			return f()
		}
		return nil
	}
}

// known is files whose folders lie so deep: to find one costs what it costs on a disk.
type known struct {
	buckettest.Files
	deepest int
}

func (k known) Stat(name string) (fs.FileInfo, error) {
	if strings.Count(name, "/") <= k.deepest {
		name = "."
	}
	return k.Files.Stat(name)
}

// BenchmarkListMillion lists a million keys from the embedded server with 200 ms
// to each call. Beside the time it tells the calls, what they would take one
// after another, and the most memory in use (the server's included).
func BenchmarkListMillion(b *testing.B) {
	const delay = 200 * time.Millisecond
	for _, c := range []struct {
		name, prefix string
		flat         bool
		deepest      int
	}{
		{"hours", "!{timestamp:yyyy/MM/dd/HH}/", false, 3},
		{"days", "!{timestamp:yyyy/MM/dd}/", true, 2},
	} {
		b.Run(c.name, func(b *testing.B) {
			h, err := bucket.New(map[string]bucket.Folder{"logs": {Files: known{month(1_000_800, c.flat), c.deepest}}})
			if err != nil {
				b.Fatal(err)
			}
			var calls atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				time.Sleep(delay)
				h.ServeHTTP(w, r)
			}))
			defer server.Close()
			a, err := archive.New(client(b, server.URL), "logs", []string{c.prefix}, time.UTC)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				calls.Store(0)
				stop := peak()
				found, err := a.List(b.Context(), window("2018-12-01", 30), func(run.Object) error { return nil })
				if err != nil || found.Objects != 1_000_800 {
					b.Fatalf("%+v, %v", found, err)
				}
				b.ReportMetric(float64(calls.Load()), "calls")
				b.ReportMetric((time.Duration(calls.Load()) * delay).Seconds(), "s-in-turn")
				b.ReportMetric(float64(stop())/(1<<20), "MiB-peak")
			}
		})
	}
}

// peak watches the memory in use until it is asked for the most.
func peak() (most func() uint64) {
	var top atomic.Uint64
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			top.Store(max(top.Load(), m.Sys-m.HeapReleased))
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 {
		close(done)
		<-ended
		return top.Load()
	}
}

// BenchmarkPutStream writes 256 MB of unknown length, as a manifest of a million
// objects is, and tells the most memory in use (the server's included).
func BenchmarkPutStream(b *testing.B) {
	const size = 256 << 20
	store := archive.NewBucket(serve(b, b.TempDir()), "logs")
	b.SetBytes(size)
	for b.Loop() {
		stop := peak()
		if err := store.PutStream(b.Context(), "manifest", io.LimitReader(zeros{}, size), ""); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(stop())/(1<<20), "MiB-peak")
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// BenchmarkOpen reads an object to its end, beside a bare request for it.
func BenchmarkOpen(b *testing.B) {
	const size = 64 << 20
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "object"), make([]byte, size), 0o644); err != nil {
		b.Fatal(err)
	}
	c := serve(b, dir)
	store := archive.NewBucket(c, "logs")
	var o run.Object
	if err := store.List(b.Context(), "", func(listed run.Object) error { o = listed; return nil }); err != nil {
		b.Fatal(err)
	}
	b.Run("bare", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			out, err := c.GetObject(b.Context(), &s3.GetObjectInput{Bucket: aws.String("logs"), Key: &o.Key})
			if err != nil {
				b.Fatal(err)
			}
			read(b, out.Body)
		}
	})
	b.Run("body", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			body, err := archive.Open(b.Context(), c, "logs", o)
			if err != nil {
				b.Fatal(err)
			}
			read(b, body)
		}
	})
}

func read(b *testing.B, body io.ReadCloser) {
	b.Helper()
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, body, make([]byte, 64<<10)); err != nil {
		b.Fatal(err)
	}
	_ = body.Close()
}
