package bulk

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/decode"
)

// cpu is the time this process has spent on processors, in user and system mode.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// perEvent reports processor time for each event since start, which other load
// on the machine does not change much.
func perEvent(b *testing.B, start time.Duration, events int) {
	b.ReportMetric(float64(cpu(b)-start)/float64(b.N)/float64(events), "cpu-ns/event")
	b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkReadAnswer(b *testing.B) {
	const n = 10_000
	body, ids := manyCreated(n)
	id := func(i int) []byte { return ids[i] }
	dst := make([]answered, 0, n)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	start := cpu(b)
	for b.Loop() {
		var err error
		if dst, err = readAnswer(body, n, id, dst); err != nil {
			b.Fatal(err)
		}
	}
	perEvent(b, start, n)
}

// realistic is an event of some 400 bytes.
func realistic(i int) *decode.Event {
	e := event(i)
	e.Time = time.Date(2018, 12, 10, 12, 0, 0, i, time.UTC).UnixMilli()
	e.Message = fmt.Appendf(nil, `"{\"level\":\"info\",\"ts\":\"2018-12-10T12:57:44.183+0900\",\"msg\":\"request and response log\",\"out\":\"stdout\",\"log\":{\"start_time\":\"2018-12-10T12:57:44+09:00\",\"duration\":%d,\"request\":{\"hostname\":\"api.example.xxx\",\"method\":\"GET\",\"path\":\"/v1/xxx/xxx-xxx\"},\"response\":{\"status\":200}}}"`, i)
	return e
}

func BenchmarkFillBatch(b *testing.B) {
	const n = 10_000
	var list []*decode.Event
	for i := range n {
		list = append(list, realistic(i))
	}
	m, full := maker(), NewBatch(5<<20)
	b.ReportAllocs()
	start := cpu(b)
	for b.Loop() {
		full.Reset()
		for _, e := range list {
			if err := full.Add(m, e, false); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.SetBytes(int64(full.Size()))
	perEvent(b, start, n)
}

// engine answers as Elasticsearch does and does as little else as it can: the
// same answer each time.
func engine(b *testing.B, answer []byte) string {
	b.Helper()
	buffer := make([]byte, 1<<20)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := r.Body.Read(buffer); err != nil {
				break
			}
		}
		w.Write(answer)
	}))
	b.Cleanup(s.Close)
	return s.URL
}

// Sending beside the barest client that posts the same body and reads over the
// answer, one after the other on one connection. The server's work is in both.
func BenchmarkSend(b *testing.B) {
	const n = 10_000
	full := NewBatch(5 << 20)
	for i := range n {
		if err := full.Add(maker(), realistic(i), false); err != nil {
			b.Fatal(err)
		}
	}
	answer, _ := manyCreated(n)
	url := engine(b, answer)
	b.Run("bare", func(b *testing.B) {
		b.SetBytes(int64(full.Size()))
		start := cpu(b)
		for b.Loop() {
			res, err := http.Post(url+"/_bulk", "application/x-ndjson", bytes.NewReader(full.lines))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, res.Body); err != nil {
				b.Fatal(err)
			}
			res.Body.Close()
		}
		perEvent(b, start, n)
	})
	for name, gzip := range map[string]bool{"sender": false, "sender-gzip": true} {
		b.Run(name, func(b *testing.B) {
			s := NewSender(Config{Transport: transport(b, url), Gzip: gzip})
			b.SetBytes(int64(full.Size()))
			b.ReportAllocs()
			start := cpu(b)
			for b.Loop() {
				r, err := s.Send(b.Context(), full, time.Now().Add(time.Minute))
				if err != nil || r.Created != n {
					b.Fatalf("%+v, %v", r, err)
				}
			}
			perEvent(b, start, n)
		})
	}
}
