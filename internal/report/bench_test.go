package report

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// stream gives n pieces one after another, each made when it is read.
type stream struct {
	n, i  int
	piece func(int) []byte
	rest  []byte
}

func (s *stream) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.i == s.n {
			return 0, io.EOF
		}
		s.rest = s.piece(s.i)
		s.i++
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *stream) Close() error { return nil }

// large is the bucket of a run over n objects: small files are held, the
// manifest and the results are made on the fly.
type large struct {
	bucket
	n        int
	results  string
	manifest func(int) []byte
	record   func(int) []byte
	read     int64
}

func (l *large) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	switch {
	case strings.HasSuffix(key, "/manifest.jsonl"):
		return &stream{n: l.n, piece: l.manifest}, nil
	case key == l.results:
		return &stream{n: l.n, piece: func(i int) []byte {
			r := l.record(i)
			l.read += int64(len(r))
			return r
		}}, nil
	}
	return l.bucket.Open(ctx, key)
}

// newLarge makes one object in a hundred damaged, and another one fail.
func newLarge(t testing.TB, n int) (*large, *fixture) {
	w := newFixture(t, "large")
	w.lay()
	w.plan.Objects, w.plan.Bytes = int64(n), 1000*int64(n)
	w.putJSON(run.PlanKey("large"), w.plan)
	l := &large{bucket: w.files, n: n, results: run.ResultsPrefix("large") + "/d0b38e10-30a5-4934-9ac6-a333df406947/SUCCEEDED_0.json"}
	w.files[l.results] = nil

	// One record of each kind is made, and only its key is changed for each.
	const placeholder = "_/cwl/ecs/ecs-task/2018/12/10/12/ecs-task-1-2018-12-10-12-34-56-00000000-0000-4000-8000-000000000000"
	key := func(i int) string { return fmt.Sprintf("%s%012d", placeholder[:len(placeholder)-12], i) }
	at := time.Date(2018, 12, 10, 12, 34, 56, 0, time.UTC)
	o := run.Object{Key: placeholder, Size: 1000, ETag: `"9b2cf535f27731c974343645a3985328"`, Time: &at}
	out := read(o, 10)
	for i := range 2 {
		count(&out, at.Add(time.Duration(i)*time.Hour), 700, run.Counts{Created: 700})
	}
	failing := damagedOutcome(o)
	w.succeeded(o, out)
	w.succeeded(o, failing)
	w.failed(o, run.Throttled, "the cluster asked to slow down", failing)
	var kinds [][]byte
	for _, r := range append(w.results["SUCCEEDED"], w.results["FAILED"]...) {
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, b)
	}
	line, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	l.manifest = func(i int) []byte {
		return append(bytes.ReplaceAll(line, []byte(placeholder), []byte(key(i))), '\n')
	}
	l.record = func(i int) []byte {
		kind := kinds[0]
		if i%100 < 2 {
			kind = kinds[1+i%100]
		}
		b := bytes.ReplaceAll(kind, []byte(placeholder), []byte(key(i)))
		switch i {
		case 0:
			b = append([]byte("["), b...)
		default:
			b = append([]byte(","), b...)
		}
		if i == l.n-1 {
			b = append(b, ']')
		}
		return b
	}
	return l, w
}

// BenchmarkBuild shows that a report's time grows with its results, and its
// memory by a few bytes an object: MB-held is what the heap holds at the end,
// MB-system all that was ever asked of the operating system.
func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l, w := newLarge(b, n)
			in := w.input()
			in.Folder.Bucket = l
			var r *Report
			for b.Loop() {
				l.read = 0
				var err error
				if r, err = Build(b.Context(), in); err != nil {
					b.Fatal(err)
				}
			}
			if got := r.Objects.Classes[run.Indexed]; got != int64(n-n/50) {
				b.Fatalf("%d objects indexed", got)
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.SetBytes(l.read)
			b.ReportMetric(float64(m.Sys)/1e6, "MB-system")
			b.ReportMetric(float64(l.read)/1e6, "MB-results")
		})
	}
}
