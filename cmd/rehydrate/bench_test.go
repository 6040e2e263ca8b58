package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/rehydrate/rehydrate/internal/cluster/enginetest"
	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/document"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local"
	"github.com/rehydrate/rehydrate/local/sample"
)

// load is an archive of realistic records: gzip members, 5 to 20 MB of plain text
// in an object.
type load struct {
	scenario
	events int64
}

// Times of all records lie in these days of Tokyo, and go into these indices.
const (
	benchFrom, benchTo = "2018-12-09", "2018-12-10"
	benchIndices       = "/ecs-task-2018-12-09,ecs-task-2018-12-10"
)

func newLoad(b *testing.B, objects int) *load {
	b.Helper()
	l := &load{scenario: scenario{archive: b.TempDir(), out: b.TempDir()}}
	if err := os.MkdirAll(l.folder(), 0o755); err != nil {
		b.Fatal(err)
	}
	for i := range objects {
		l.addObject(b, i, int64(20-i%4*5)<<20)
	}
	return l
}

func (l *load) folder() string {
	return filepath.Join(l.archive, "_/cwl/ecs/ecs-task/2018/12/09/15")
}

// addObject adds object i, of so many bytes of plain text.
func (l *load) addObject(b *testing.B, i int, plainBytes int64) {
	b.Helper()
	members, err := sample.Members(uint64(i), plainBytes)
	if err != nil {
		b.Fatal(err)
	}
	body, err := io.ReadAll(members)
	if err != nil {
		b.Fatal(err)
	}
	name := fmt.Sprintf("ecs-task-1-2018-12-09-15-%02d-00-00000000-0000-4000-8000-%012d", i%60, i)
	if err := os.WriteFile(filepath.Join(l.folder(), name), body, 0o644); err != nil {
		b.Fatal(err)
	}
	l.each(b, body, func(*decode.Event) { l.events++ })
}

func (l *load) each(b *testing.B, object []byte, do func(*decode.Event)) {
	b.Helper()
	d := decode.New(bytes.NewReader(object), decode.Options{})
	defer d.Close()
	var e decode.Event
	for {
		err := d.Next(&e)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil || e.Malformed != "" {
			b.Fatalf("%v %s", err, e.Malformed)
		}
		do(&e)
	}
}

// bodies are the bulk requests that the archive comes to, made beforehand.
func (l *load) bodies(b *testing.B, objects []run.Object, s run.Settings) [][]byte {
	b.Helper()
	maker := document.NewMaker(s)
	var all [][]byte
	for _, o := range objects {
		object, err := os.ReadFile(filepath.Join(l.archive, filepath.FromSlash(o.Key)))
		if err != nil {
			b.Fatal(err)
		}
		var body []byte
		l.each(b, object, func(e *decode.Event) {
			if body = maker.Append(body, e); len(body) >= s.BulkBytes {
				all, body = append(all, body), nil
			}
		})
		if len(body) > 0 {
			all = append(all, body)
		}
	}
	return all
}

// manifest is that of an earlier run.
func (l *load) manifest(b *testing.B, name string) []run.Object {
	b.Helper()
	f, err := os.Open(filepath.Join(l.out, run.ManifestKey(name)))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var objects []run.Object
	for d := json.NewDecoder(f); ; {
		var o run.Object
		if err := d.Decode(&o); errors.Is(err, io.EOF) {
			return objects
		} else if err != nil {
			b.Fatal(err)
		}
		objects = append(objects, o)
	}
}

// spent is what some work took.
type spent struct {
	documents  int64
	took       time.Duration
	ours, host time.Duration // processor time of the Lambdas, and of this process
	engine     time.Duration // and that of the engine
	// searchable is when a search finds all of it: a refresh later than took, which the
	// report of a run has asked for already.
	searchable time.Duration
}

// all is the processor time of everything that took part.
func (s spent) all() time.Duration { return s.ours + s.host + s.engine }

func (s *spent) add(o spent) {
	s.documents += o.documents
	s.took += o.took
	s.ours += o.ours
	s.host += o.host
	s.engine += o.engine
	s.searchable += o.searchable
}

// rate is documents a second.
func (s spent) rate() float64 { return float64(s.documents) / s.took.Seconds() }

func perMillion(d time.Duration, documents int64) float64 {
	return d.Seconds() / float64(documents) * 1e6
}

// processor is the time that who, in the words of getrusage, has spent on
// processors in user and system mode. That of children counts when they end.
func processor(b *testing.B, who int) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measure does work, which returns how many documents it brought and how long
// that took, and has ended its processes by then.
func measure(b *testing.B, work func() (int64, time.Duration)) spent {
	b.Helper()
	ours, host := processor(b, syscall.RUSAGE_CHILDREN), processor(b, syscall.RUSAGE_SELF)
	documents, took := work()
	return spent{
		documents: documents, took: took,
		ours: processor(b, syscall.RUSAGE_CHILDREN) - ours, host: processor(b, syscall.RUSAGE_SELF) - host,
	}
}

// target is an engine that a load is brought into by either way.
type target struct {
	*load
	url      string
	objects  []run.Object
	bodies   [][]byte
	config   local.Config
	settings run.Settings
	// atOnce is how many objects are indexed at once; each has settings.BulkInFlight
	// connections. Twice the processors: while one object ends and another begins,
	// the engine has enough to do.
	atOnce int
}

// newTarget runs over the load once: that puts the template, warms the engine
// and leaves a manifest.
func (l *load) newTarget(b *testing.B, url string) *target {
	b.Helper()
	status, stdout, stderr := l.run(b.Context(), "warm", "--from", benchFrom, "--to", benchTo, "--search", url)
	if status != exitComplete {
		b.Fatalf("exit status %d\n%s%s", status, stdout, stderr)
	}
	return l.targetOf(b, "warm", url)
}

// targetOf is the target for the objects of an earlier run.
func (l *load) targetOf(b *testing.B, name, url string) *target {
	b.Helper()
	file, err := bootstrap()
	if err != nil {
		b.Fatal(err)
	}
	var o options
	flags := pflag.NewFlagSet("run", pflag.ContinueOnError)
	o.register(flags)
	if err := flags.Parse([]string{"--archive", l.archive, "--out", l.out, "--search", url, "--lambdas", file}); err != nil {
		b.Fatal(err)
	}
	t := &target{load: l, url: url, objects: l.manifest(b, name), settings: o.settings, atOnce: 2 * runtime.NumCPU()}
	if t.config, err = o.config(run.Request{MaxConcurrency: &run.Concurrency{Objects: t.atOnce}}, nil); err != nil {
		b.Fatal(err)
	}
	t.config.Log = io.Discard
	t.bodies = l.bodies(b, t.objects, o.settings)
	return t
}

// lambdas brings the archive in by the index Lambda: objects in S3 → documents.
func (t *target) lambdas(b *testing.B) spent {
	b.Helper()
	return measure(b, func() (int64, time.Duration) {
		m, err := local.New(b.Context(), t.config)
		if err != nil {
			b.Fatal(err)
		}
		begun := time.Now()
		documents := together(b, t.atOnce, t.objects, func(o run.Object) (int64, error) {
			return t.indexObject(b.Context(), m, o)
		})
		took := time.Since(begun)
		if err := m.Close(); err != nil {
			b.Fatal(err)
		}
		return documents, took
	})
}

// indexObject invokes the index Lambda for the object until it is at its end.
func (t *target) indexObject(ctx context.Context, m *local.Machine, o run.Object) (int64, error) {
	zone := t.settings.Zone
	work := run.Work{
		Run: "bench", Object: o,
		From: time.Date(2018, 12, 9, 0, 0, 0, 0, zone), To: time.Date(2018, 12, 11, 0, 0, 0, 0, zone),
	}
	for work.Outcome.End != run.Indexed {
		payload, err := json.Marshal(run.IndexRequest{Work: work})
		if err != nil {
			return 0, err
		}
		answer, err := m.Invoke(ctx, "index", payload)
		if err != nil {
			return 0, err
		}
		if err := json.Unmarshal(answer, &work); err != nil {
			return 0, err
		}
		if end := work.Outcome.End; end != run.Indexed && end != run.More {
			return 0, fmt.Errorf("%s ended %s: %s", o.Key, end, work.Outcome.Reason)
		}
	}
	return work.Outcome.Created + work.Outcome.AlreadyThere, work.Outcome.Check()
}

// bare brings the same documents in by the least that a client can do: it posts
// the bodies on as many connections and looks at the first bytes of each answer.
func (t *target) bare(b *testing.B, conflicts bool) spent {
	b.Helper()
	connections := t.atOnce * t.settings.BulkInFlight
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true}}
	defer client.CloseIdleConnections()
	sign := fmt.Appendf(nil, `"errors":%t`, conflicts)
	return measure(b, func() (int64, time.Duration) {
		begun := time.Now()
		together(b, connections, t.bodies, func(body []byte) (int64, error) {
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, t.url+"/_bulk", bytes.NewReader(body))
			if err != nil {
				return 0, err
			}
			req.Header.Set("Content-Type", "application/x-ndjson")
			res, err := client.Do(req)
			if err != nil {
				return 0, err
			}
			defer res.Body.Close()
			var first [64]byte
			if _, err := io.ReadFull(res.Body, first[:]); err != nil {
				return 0, err
			}
			if res.StatusCode != http.StatusOK || !bytes.Contains(first[:], sign) {
				return 0, fmt.Errorf("status %d: %s", res.StatusCode, first[:])
			}
			_, err = io.Copy(io.Discard, res.Body)
			return 0, err
		})
		return t.events, time.Since(begun)
	})
}

// together does all items, so many at once, and gives the sum of what they gave.
func together[T any](b *testing.B, atOnce int, items []T, do func(T) (int64, error)) int64 {
	b.Helper()
	queue := make(chan T, len(items))
	for _, item := range items {
		queue <- item
	}
	close(queue)
	var all sync.WaitGroup
	var mu sync.Mutex
	var sum int64
	var errs []error
	for range atOnce {
		all.Go(func() {
			for item := range queue {
				n, err := do(item)
				mu.Lock()
				sum += n
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		b.Fatal(err)
	}
	return sum
}

// ask asks the engine for something that it has to do.
func (t *target) ask(b *testing.B, method, path string) []byte {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), method, t.url+path, http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		b.Fatalf("%s %s: %d %v\n%s", method, path, res.StatusCode, err, answer)
	}
	return answer
}

// processor is the time that the engine has spent on processors.
func (t *target) processor(b *testing.B) time.Duration {
	b.Helper()
	var stats struct {
		Nodes map[string]struct {
			Process struct {
				CPU struct {
					Total int64 `json:"total_in_millis"`
				}
			}
		}
	}
	if err := json.Unmarshal(t.ask(b, http.MethodGet, "/_nodes/stats/process"), &stats); err != nil {
		b.Fatal(err)
	}
	var all time.Duration
	for _, n := range stats.Nodes {
		all += time.Duration(n.Process.CPU.Total) * time.Millisecond
	}
	return all
}

// refresh has searches find all documents, and tells how long that took.
func (t *target) refresh(b *testing.B) time.Duration {
	b.Helper()
	begun := time.Now()
	t.ask(b, http.MethodPost, "/ecs-task-*/_refresh")
	return time.Since(begun)
}

// holdsAll checks that the engine has each document once.
func (t *target) holdsAll(b *testing.B) {
	b.Helper()
	t.refresh(b)
	var found struct{ Count int64 }
	if err := json.Unmarshal(t.ask(b, http.MethodGet, "/ecs-task-*/_count"), &found); err != nil {
		b.Fatal(err)
	}
	if found.Count != t.events {
		b.Fatalf("the engine holds %d documents, want %d", found.Count, t.events)
	}
}

// versus brings the load in by both ways in turns, so that what else the machine
// does disturbs both alike, and reports them beside each other. The documents
// are all new, or all there already.
func (t *target) versus(b *testing.B, way func(*testing.B) spent, conflicts bool) {
	b.Helper()
	var ours, bare spent
	var best [2]float64
	// Not counted: the engine compiles, with a processor of its own for the first minute,
	// and merges what it was given before.
	for range 4 {
		if !conflicts {
			t.ask(b, http.MethodDelete, benchIndices)
		}
		t.bare(b, conflicts)
	}
	for b.Loop() {
		for _, isOurs := range []bool{true, false, false, true} {
			if !conflicts {
				t.ask(b, http.MethodDelete, benchIndices)
			}
			engine := t.processor(b)
			which, sum := 0, &ours
			var s spent
			if isOurs {
				s = way(b)
			} else {
				which, sum = 1, &bare
				s = t.bare(b, conflicts)
			}
			s.searchable = s.took + t.refresh(b)
			s.engine = t.processor(b) - engine
			best[which] = max(best[which], s.rate())
			sum.add(s)
			t.holdsAll(b)
		}
	}
	if ours.documents != bare.documents {
		b.Fatalf("the Lambdas tell of %d documents, want %d", ours.documents, bare.documents)
	}
	b.ReportMetric(ours.rate(), "docs/s")
	b.ReportMetric(bare.rate(), "bare-docs/s")
	b.ReportMetric(ours.rate()/bare.rate(), "ratio")
	b.ReportMetric(best[0]/best[1], "best-ratio")
	b.ReportMetric(bare.searchable.Seconds()/ours.searchable.Seconds(), "searchable-ratio")
	// What the ratio comes to on a machine that has nothing else to do and is
	// never idle: it stays the same on one that has.
	b.ReportMetric(bare.all().Seconds()/ours.all().Seconds(), "cpu-ratio")
	b.ReportMetric(perMillion(bare.engine, bare.documents), "engine-cpu-s/Mevents")
	b.ReportMetric(perMillion(ours.ours, ours.documents), "cpu-s/Mevents")
	b.ReportMetric(perMillion(ours.host, ours.documents), "s3-cpu-s/Mevents")
	b.ReportMetric(perMillion(bare.host, bare.documents), "bare-cpu-s/Mevents")
}

// The whole path of the index Lambda beside the limit: the same bulk bodies, made
// beforehand and posted by the barest client. "again" meets every document
// already there, as a repeated run does; "whole" is a run from its plan to its report.
func BenchmarkEngines(b *testing.B) {
	for _, engine := range []enginetest.Engine{enginetest.Elasticsearch8, enginetest.OpenSearch2} {
		b.Run(string(engine), func(b *testing.B) {
			e := enginetest.Start(b, engine)
			t := newLoad(b, 16).newTarget(b, e.URL)
			b.Run("new", func(b *testing.B) { t.versus(b, t.lambdas, false) })
			b.Run("again", func(b *testing.B) { t.versus(b, t.lambdas, true) })
			// A million and a half events: what a run takes beside its objects weighs no
			// more than it does in a range that somebody puts back.
			t = newLoad(b, 56).newTarget(b, e.URL)
			b.Run("whole", func(b *testing.B) {
				t.versus(b, func(b *testing.B) spent { return t.whole(b, "--max-concurrency", strconv.Itoa(t.atOnce)) }, false)
			})
		})
	}
}

// The whole run on one computer, into a new embedded store.
func BenchmarkRun(b *testing.B) {
	l := newLoad(b, 4)
	var all spent
	for b.Loop() {
		l.out = b.TempDir()
		all.add(measure(b, func() (int64, time.Duration) {
			begun := time.Now()
			status, stdout, stderr := l.run(b.Context(), "run", "--from", benchFrom, "--to", benchTo)
			if status != exitComplete {
				b.Fatalf("exit status %d\n%s%s", status, stdout, stderr)
			}
			return l.events, time.Since(begun)
		}))
	}
	b.ReportMetric(all.rate(), "events/s")
	b.ReportMetric(perMillion(all.ours, all.documents), "cpu-s/Mevents")
	b.ReportMetric(perMillion(all.host, all.documents), "store-cpu-s/Mevents")
}
