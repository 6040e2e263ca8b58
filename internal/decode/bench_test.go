package decode_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/document"
	"github.com/rehydrate/rehydrate/internal/jsonscan"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/sample"
)

const plainSize = 34 << 20

// object is a realistic one: a gzip member for each record.
func object(tb testing.TB) []byte {
	tb.Helper()
	r, err := sample.Members(1, plainSize)
	if err != nil {
		tb.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// gunzip is what the decoder is measured against: the library alone, reading a
// stream as the decoder does.
func gunzip(tb testing.TB, body []byte, scratch []byte) (plain int64) {
	r, err := gzip.NewReader(bufio.NewReaderSize(bytes.NewReader(body), 64<<10))
	if err != nil {
		tb.Fatal(err)
	}
	for {
		n, err := r.Read(scratch)
		plain += int64(n)
		if errors.Is(err, io.EOF) {
			return plain
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// toBulk makes the bulk body of an object, emptied whenever it is full.
func toBulk(tb testing.TB, r io.Reader, ahead bool, body []byte, key string) (events int64) {
	const full = 5 << 20
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		tb.Fatal(err)
	}
	maker := document.NewMaker(run.Settings{IndexPrefix: "ecs-task", Zone: zone})
	d := decode.New(r, decode.Options{ReadAhead: ahead, Source: decode.SourceOf(run.Settings{}, run.Object{Key: key})})
	defer d.Close()
	var e decode.Event
	for {
		err := d.Next(&e)
		if errors.Is(err, io.EOF) {
			return events
		}
		if err != nil {
			tb.Fatal(err)
		}
		events++
		if e.Malformed != "" {
			continue
		}
		if body = maker.Append(body, &e); len(body) > full {
			body = body[:0]
		}
	}
}

// BenchmarkObjectToBulk measures an object's way to bulk bodies beside gunzip
// alone, one after the other in each round: compare its ratios, not its times.
func BenchmarkObjectToBulk(b *testing.B) {
	body := object(b)
	scratch, bulk := make([]byte, 256<<10), make([]byte, 0, 8<<20)
	for _, c := range []struct {
		name  string
		ahead bool
	}{{"one goroutine", false}, {"gunzip ahead", true}} {
		b.Run(c.name, func(b *testing.B) {
			alone, whole := time.Hour, time.Hour // the best of all rounds: others may use the machine
			var plain, events int64
			for b.Loop() {
				start := time.Now()
				plain = gunzip(b, body, scratch)
				middle := time.Now()
				events = toBulk(b, bytes.NewReader(body), c.ahead, bulk, "k")
				alone = min(alone, middle.Sub(start))
				whole = min(whole, time.Since(middle))
			}
			mb := float64(plain) / 1e6
			b.ReportMetric(mb/alone.Seconds(), "gunzip-MB/s")
			b.ReportMetric(mb/whole.Seconds(), "bulk-MB/s")
			b.ReportMetric(alone.Seconds()/whole.Seconds(), "of-gunzip")
			b.ReportMetric(float64(events), "events")
		})
	}
}

// BenchmarkTextToBulk leaves the gunzip out, and shows what an event allocates.
func BenchmarkTextToBulk(b *testing.B) {
	text, err := io.ReadAll(sample.Records(1, plainSize))
	if err != nil {
		b.Fatal(err)
	}
	bulk := make([]byte, 0, 8<<20)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var events int64
	for b.Loop() {
		events += toBulk(b, bytes.NewReader(text), false, bulk, "k")
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(events), "allocs/event")
}

// BenchmarkMemory shows the most heap that an object of 10 MiB and one of 1 GiB
// take, in plain text and with records of up to 8 MiB.
func BenchmarkMemory(b *testing.B) {
	const total = 1 << 30
	bulk := make([]byte, 0, 8<<20)
	small := 0.0
	for _, size := range []int64{10 << 20, total} {
		b.Run(byteSize(size), func(b *testing.B) {
			var most float64
			for b.Loop() {
				most = max(most, peakHeap(func() {
					for range total / size { // as often as gives the collector as much to do
						toBulk(b, io.MultiReader(large(8<<20), sample.Records(1, size)), true, bulk, "k")
					}
				}))
			}
			b.ReportMetric(most/(1<<20), "peak-MiB")
			if small == 0 {
				small = most
			}
			b.ReportMetric(most/small, "of-10-MiB's")
		})
	}
}

// BenchmarkMemoryOfLines shows the most heap that lines take whose ids have to be
// derived, of three million events.
func BenchmarkMemoryOfLines(b *testing.B) {
	bulk := make([]byte, 0, 8<<20)
	var most float64
	for b.Loop() {
		most = max(most, peakHeap(func() { toBulk(b, &exported{}, true, bulk, "exports/TASK/s/000000.gz") }))
	}
	b.ReportMetric(most/(1<<20), "peak-MiB")
}

// exported is what an export task writes, made as it is read.
type exported struct {
	n    int
	rest []byte
}

func (e *exported) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		if e.n == 3_000_000 {
			return 0, io.EOF
		}
		at := time.UnixMilli(1544414264183 + int64(e.n/2)).UTC()
		e.rest = fmt.Appendf(e.rest[:0], "%s event %d\n", at.Format("2006-01-02T15:04:05.000Z"), e.n/3)
		e.n++
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func byteSize(n int64) string {
	if n >= 1<<30 {
		return "1 GiB"
	}
	return "10 MiB"
}

// large is one record of about n bytes that says whose its events are behind
// them, so that all of it must be held. It is made as it is read.
func large(n int) io.Reader {
	event := `{"id":"1","timestamp":1544414264183,"message":"` + strings.Repeat("0123456789", 800) + `"},`
	parts := []io.Reader{strings.NewReader(`{"logEvents":[`)}
	for range n / len(event) {
		parts = append(parts, strings.NewReader(event))
	}
	return io.MultiReader(append(parts, strings.NewReader(`{}],"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s"}`))...)
}

// peakHeap is the most memory that the heap held while f ran.
func peakHeap(f func()) float64 {
	runtime.GC()
	done := make(chan struct{})
	var most uint64
	var watch sync.WaitGroup
	watch.Go(func() {
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
	f()
	close(done)
	watch.Wait()
	return float64(most)
}

// BenchmarkLinesToBulk measures the way of lines to bulk bodies beside gunzip
// alone, in processor time of the process.
func BenchmarkLinesToBulk(b *testing.B) {
	for _, form := range []string{"events", "eventsWithoutIDs", "fluentbit", "json", "text", "export"} {
		b.Run(form, func(b *testing.B) {
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			if err := writeLines(w, form, plainSize); err != nil {
				b.Fatal(err)
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
			scratch, bulk := make([]byte, 256<<10), make([]byte, 0, 8<<20)
			alone, whole := time.Hour, time.Hour
			var plain, events int64
			for b.Loop() {
				start := processorTime(b)
				plain = gunzip(b, packed.Bytes(), scratch)
				middle := processorTime(b)
				events = toBulk(b, bytes.NewReader(packed.Bytes()), false, bulk, "exports/TASK/"+form+"/"+map[string]string{"export": "000000.gz"}[form])
				alone = min(alone, middle-start)
				whole = min(whole, processorTime(b)-middle)
			}
			mb := float64(plain) / 1e6
			b.ReportMetric(mb/alone.Seconds(), "gunzip-MB/s")
			b.ReportMetric(mb/whole.Seconds(), "bulk-MB/s")
			b.ReportMetric(alone.Seconds()/whole.Seconds(), "of-gunzip")
			b.ReportMetric(float64(events), "events")
		})
	}
}

// processorTime is what this process has used.
func processorTime(tb testing.TB) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// writeLines writes realistic events as lines of a form, size bytes of records.
func writeLines(w io.Writer, form string, size int64) error {
	d := decode.New(sample.Records(1, size), decode.Options{})
	defer d.Close()
	var e decode.Event
	var line []byte
	for {
		err := d.Next(&e)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e.Malformed != "" {
			continue
		}
		at := time.UnixMilli(e.Time).UTC().Format("2006-01-02T15:04:05.000Z")
		text := jsonscan.Text(e.Message[1 : len(e.Message)-1])
		switch form {
		case "events":
			line = fmt.Appendf(line[:0], `{"id":"%s","timestamp":%d,"message":%s,"logGroup":"%s","logStream":"%s"}`, e.ID, e.Time, e.Message, e.Header.LogGroup, e.Header.LogStream)
		case "eventsWithoutIDs":
			line = fmt.Appendf(line[:0], `{"timestamp":%d,"message":%s,"logGroup":"%s","logStream":"%s"}`, e.Time, e.Message, e.Header.LogGroup, e.Header.LogStream)
		case "fluentbit":
			line = fmt.Appendf(line[:0], `{"date":"%s","container_id":"9f","container_name":"/ecs-web-1-app","ecs_cluster":"c","ecs_task_arn":"arn:aws:ecs:x:1:task/c/1b2c","ecs_task_definition":"web:7","log":%s,"source":"stdout"}`, at, e.Message)
		case "json":
			line = fmt.Appendf(line[:0], `{"level":"info","time":"%s","logger":"com.example.shop.Orders","msg":%s,"status":200}`, at, e.Message)
		case "text":
			line = fmt.Appendf(line[:0], "%s INFO %s", at, strings.ReplaceAll(text, "\n", " "))
		default:
			line = fmt.Appendf(line[:0], "%s %s", at, text)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
}
