package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local"
	"github.com/rehydrate/rehydrate/local/bucket"
	"github.com/rehydrate/rehydrate/local/sample"
	"github.com/rehydrate/rehydrate/local/store"
)

// The range of a sweep's runs lies over a midnight, so that there are two indices.
const (
	sweepFrom = "2018-12-10T22:30:00+09:00"
	sweepTo   = "2018-12-11T01:30:00+09:00"
)

func sweepTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// tiny writes an archive of n objects in a folder: of some ten events each, one
// of them out of range and one that the object before has, too.
func tiny(t *testing.T, dir string, n int) map[string]sample.Event {
	t.Helper()
	want := map[string]sample.Event{}
	from, to := sweepTime(sweepFrom), sweepTime(sweepTo)
	step := to.Sub(from) / time.Duration(n)
	var before string
	for o := range n {
		start := from.Add(time.Duration(o) * step)
		var body bytes.Buffer
		for r := range 2 {
			var events []string
			for i := range 6 {
				e := sample.Event{
					ID:      fmt.Sprintf("34433%046d%05d", o, 6*r+i),
					Time:    start.Add(time.Duration(6*r+i) * step / 24).Truncate(time.Millisecond),
					Message: fmt.Sprintf(`object %d, record %d: event "%d" — %x`, o, r, i, 7919*(o+1)*(i+1)),
				}
				if o == 0 && r == 0 && i == 0 {
					e.Time = from.Add(-time.Millisecond)
				} else {
					want[e.ID] = e
				}
				events = append(events, fmt.Sprintf(`{"id":%q,"timestamp":%d,"message":%s}`, e.ID, e.Time.UnixMilli(), quoted(e.Message)))
			}
			if before != "" && r == 0 {
				events = append(events, before)
			}
			before = events[1]
			body.Write(zipped(t, fmt.Appendf(nil,
				`{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/ecs/task","logStream":"s/%d","subscriptionFilters":["f"],"logEvents":[%s]}`,
				r, strings.Join(events, ","))))
		}
		key := start.UTC().Format("_/cwl/ecs/ecs-task/2006/01/02/15/ecs-task-1-2006-01-02-15-04-05-") + fmt.Sprintf("%08d", o)
		file := filepath.Join(dir, filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, body.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return want
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// surroundings are what all runs of a sweep share: an archive and its truth, and
// a store in which each case has indices of its own.
type surroundings struct {
	bootstrap string
	archive   http.Handler
	store     http.Handler
	storeURL  string // without a site before it
	objects   int
	want      map[string]sample.Event
}

func newSurroundings(t *testing.T, objects int) *surroundings {
	t.Helper()
	s := &surroundings{objects: objects}
	dir := t.TempDir()
	s.want = tiny(t, dir, objects)
	var err error
	if s.bootstrap, err = bootstrap(); err != nil {
		t.Fatal(err)
	}
	if s.archive, err = bucket.New(map[string]bucket.Folder{"archive": {Dir: dir, ReadOnly: true}}); err != nil {
		t.Fatal(err)
	}
	documents, err := store.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	s.store = documents
	server, err := local.Listen(context.Background(), "127.0.0.1:0", documents)
	if err != nil {
		t.Fatal(err)
	}
	s.storeURL = server.URL
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), documents.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// stage is where the runs of one case happen.
type stage struct {
	*surroundings
	prefix  string // of its indices
	out     string
	sites   map[string]*site
	machine *local.Machine
	log     *os.File
}

// siteNames are in the order of a run.
func siteNames() []string { return []string{"archive", "run bucket", "cluster"} }

// newStage is a stage of its own. The Lambdas' processes are written down in the
// files of pids.
func (s *surroundings) newStage(t *testing.T, prefix string, pids ...string) *stage {
	t.Helper()
	out, err := os.MkdirTemp("", "sweep-") //nolint:usetesting // a wrong case's files are to be looked at after the test
	if err != nil {
		t.Fatal(err)
	}
	g := &stage{surroundings: s, prefix: prefix, out: out, sites: map[string]*site{}}
	runs, err := bucket.New(map[string]bucket.Folder{"runs": {Dir: out}})
	if err != nil {
		t.Fatal(err)
	}
	for name, h := range map[string]http.Handler{"archive": s.archive, "run bucket": runs, "cluster": s.store} {
		g.sites[name] = newSite(t, name, h)
	}
	if g.log, err = os.Create(filepath.Join(out, "lambda.log")); err != nil {
		t.Fatal(err)
	}
	config, err := g.config()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range pids {
		config.Bootstrap, config.Args = announced(file, config.Bootstrap)
	}
	if g.machine, err = local.New(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	return g
}

// config is that of `rehydrate run` with a run bucket elsewhere, whose state
// machine is in a hurry.
func (g *stage) config() (local.Config, error) {
	var o options
	flags := pflag.NewFlagSet("run", pflag.ContinueOnError)
	o.register(flags)
	if err := flags.Parse([]string{
		"--archive", "s3://archive", "--out", g.out, "--lambdas", g.bootstrap,
		"--index-prefix", g.prefix, "--search", g.sites["cluster"].url(),
	}); err != nil {
		return local.Config{}, err
	}
	o.settings.ArchiveEndpoint = g.sites["archive"].url()
	o.settings.RunBucket, o.settings.RunEndpoint = "runs", g.sites["run bucket"].url()
	atOnce := 2
	config, err := o.config(run.Request{MaxConcurrency: &run.Concurrency{Objects: atOnce}}, g.log)
	config.Sleep = func(ctx context.Context, d time.Duration) error {
		select {
		case <-time.After(d / 50):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return config, err
}

// close ends it; what it left is removed unless it is to be kept. The store keeps
// its documents, under a prefix that nobody else has.
func (g *stage) close(keep bool) error {
	err := errors.Join(g.machine.Close(), g.log.Close())
	for _, s := range g.sites {
		s.stop(true)
	}
	if !keep {
		err = errors.Join(err, os.RemoveAll(g.out))
	}
	return err
}

// ending is what a run came to.
type ending struct {
	status         int
	stdout, stderr string
	err            error
	report         *report.Report // nil if there is none
	took           time.Duration
}

// run executes a request as `rehydrate run` does.
func (g *stage) run(ctx context.Context, name, input string) ending {
	begun := time.Now()
	folder := filepath.Join(g.out, "runs", name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return ending{status: exitUnusable, err: err}
	}
	var stdout, stderr bytes.Buffer
	e := execution{
		machine: g.machine, progress: &progress{out: &stderr, now: time.Now}, name: name, folder: folder, stdout: &stdout, stderr: &stderr,
	}
	err := e.run(ctx, json.RawMessage(input), begun)
	end := ending{status: exitStatus(err), stdout: stdout.String(), stderr: stderr.String(), err: err, took: time.Since(begun)}
	if f, err := os.Open(filepath.Join(folder, "report.json")); err == nil {
		end.report, _ = report.Read(f) // a report that cannot be read is none
		_ = f.Close()
	}
	return end
}

// sweepInput is the request of a sweep's runs.
const sweepInput = `{"from":"` + sweepFrom + `","to":"` + sweepTo + `","marginBefore":"1h","marginAfter":"1h","maxConcurrency":2}`
