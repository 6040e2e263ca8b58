package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/rehydrate/rehydrate/internal/cluster/enginetest"
	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/bucket"
	"github.com/rehydrate/rehydrate/local/sample"
	"github.com/rehydrate/rehydrate/local/store"
)

// rig is a sound archive behind an S3 server and a cluster, with a door before
// each at which a test can make trouble: runs read s3://archive.
type rig struct {
	scenario
	engine string // the cluster without its door
	search string // and with it
	// Doors tell whether they have answered a request themselves. nil lets all
	// through.
	archiveDoor, clusterDoor atomic.Pointer[door]
}

type door func(w http.ResponseWriter, r *http.Request, body []byte) bool

// newRig has one day of events that can all be indexed. An empty engine stands
// for the embedded store.
func newRig(t *testing.T, engine string) *rig {
	t.Helper()
	o := sample.Default()
	o.Days, o.Objects, o.Events, o.Damaged = 1, 48, 1000, false
	p := &rig{scenario: newScenario(t, o), engine: engine}
	p.truth.Objects = slices.DeleteFunc(p.truth.Objects, func(o sample.Object) bool {
		if o.Malformed > 0 {
			p.remove(t, o)
		}
		return o.Malformed > 0
	})
	folders, err := bucket.New(map[string]bucket.Folder{"archive": {Dir: p.archive, ReadOnly: true}})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ENDPOINT_URL_S3", serve(t, &p.archiveDoor, folders))
	for name, value := range map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
	if p.engine == "" {
		documents, err := store.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := documents.Close(); err != nil {
				t.Error(err)
			}
		})
		server := httptest.NewServer(documents)
		t.Cleanup(server.Close)
		p.engine = server.URL
	}
	u, err := url.Parse(p.engine)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	proxy.ErrorLog = log.New(io.Discard, "", 0) // of clients that were stopped
	p.search = serve(t, &p.clusterDoor, proxy)
	return p
}

func serve(t *testing.T, d *atomic.Pointer[door], h http.Handler) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has gone
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if answer := d.Load(); answer == nil || !(*answer)(w, r, body) {
			h.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func (p *rig) atArchive(d door) { p.archiveDoor.Store(&d) }
func (p *rig) atCluster(d door) { p.clusterDoor.Store(&d) }

// open opens both doors.
func (p *rig) open() {
	p.archiveDoor.Store(nil)
	p.clusterDoor.Store(nil)
}

// run is `rehydrate run` on the archive in S3.
func (p *rig) run(t *testing.T, name string, args ...string) (status int, stdout string) {
	t.Helper()
	status, stdout, stderr := rehydrate(t.Context(), append([]string{
		"run", "--archive", "s3://archive", "--search", p.search, "--out", p.out, "--name", name,
	}, args...)...)
	if status == exitUnusable {
		t.Fatalf("run %s could not be run:\n%s%s", name, stdout, stderr)
	}
	return status, stdout
}

func (p *rig) file(o sample.Object) string {
	return filepath.Join(p.archive, filepath.FromSlash(o.Key))
}

func (p *rig) remove(t *testing.T, o sample.Object) {
	t.Helper()
	if err := os.Remove(p.file(o)); err != nil {
		t.Fatal(err)
	}
}

// write puts other bytes in the place of an object, and gives those that it had.
func (p *rig) write(t *testing.T, o sample.Object, body []byte) (before []byte) {
	t.Helper()
	before, err := os.ReadFile(p.file(o))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.file(o), body, 0o644); err != nil {
		t.Fatal(err)
	}
	return before
}

// some are n objects, each with an event that is in no other object.
func (p *rig) some(t *testing.T, n int) []sample.Object {
	t.Helper()
	in := map[string]int{}
	for _, o := range p.truth.Objects {
		ids := map[string]bool{}
		for _, e := range o.Events {
			ids[e.ID] = true
		}
		for id := range ids {
			in[id]++
		}
	}
	var found []sample.Object
	for _, o := range p.truth.Objects[5:] {
		own := slices.ContainsFunc(o.Events, func(e sample.Event) bool { return in[e.ID] == 1 })
		if own && !o.Skipped && len(found) < n {
			found = append(found, o)
		}
	}
	if len(found) < n {
		t.Fatalf("only %d objects have events of their own, want %d", len(found), n)
	}
	return found
}

// without is what the cluster must hold without these objects.
func (p *rig) without(t *testing.T, objects ...sample.Object) map[string]sample.Event {
	t.Helper()
	var rest sample.Truth
	for _, o := range p.truth.Objects {
		if !slices.ContainsFunc(objects, func(other sample.Object) bool { return other.Key == o.Key }) {
			rest.Objects = append(rest.Objects, o)
		}
	}
	return rest.Expect(day(t, "2018-12-10"), day(t, "2018-12-11"))
}

// holds compares the cluster with these events.
func (p *rig) holds(t *testing.T, want map[string]sample.Event) {
	t.Helper()
	holds(t, documents(t, p.engine, "ecs-task-*"), want)
}

// ended is what a run must come to.
type ended struct {
	status  int
	kind    string
	verdict string // a part of it
	classes map[run.End]int64
	finding string // a part of one, empty for any
	// In a retry: parts of the chain's verdict, and whether the runs together are
	// complete.
	chain    []string
	resolved map[run.End]int64
	whole    bool
}

// ends holds the run of this name to it.
func (p *rig) ends(t *testing.T, name string, status int, stdout string, want ended) *report.Report {
	t.Helper()
	r := p.report(t, name)
	if status != want.status || r.Kind != want.kind || !strings.Contains(r.Verdict, want.verdict) {
		t.Errorf("run %s: exit status %d, %s: %s\nwant %d, %s: %s", name, status, r.Kind, r.Verdict, want.status, want.kind, want.verdict)
	}
	if r.Complete != (status == exitComplete) || !strings.Contains(stdout, r.Verdict) {
		t.Errorf("run %s: complete is %v with the exit status %d, and it ended with\n%s", name, r.Complete, status, stdout)
	}
	for _, class := range run.Ends() {
		if class != run.Indexed && r.Objects.Classes[class] != want.classes[class] {
			t.Errorf("run %s: %d objects are %s, want %d", name, r.Objects.Classes[class], class, want.classes[class])
		}
	}
	if !slices.ContainsFunc(r.Findings, func(f report.Finding) bool { return strings.Contains(f.Text, want.finding) }) && want.finding != "" {
		t.Errorf("run %s: no finding says %q: %+v", name, want.finding, r.Findings)
	}
	if (r.Chain != nil) != (want.chain != nil) {
		t.Fatalf("run %s: its chain is %+v", name, r.Chain)
	}
	if r.Chain == nil {
		return r
	}
	for _, part := range want.chain {
		if !strings.Contains(r.Chain.Verdict, part) {
			t.Errorf("run %s: the chain's verdict %q does not say %q", name, r.Chain.Verdict, part)
		}
	}
	if r.Chain.Complete != want.whole || !maps.Equal(r.Chain.Resolved, want.resolved) && len(r.Chain.Resolved)+len(want.resolved) > 0 {
		t.Errorf("run %s: the chain is complete: %v, resolved %v; want %v, %v", name, r.Chain.Complete, r.Chain.Resolved, want.whole, want.resolved)
	}
	return r
}

// first runs over the day.
func (p *rig) first(t *testing.T, want ended, args ...string) *report.Report {
	t.Helper()
	if args == nil {
		args = []string{"--from", "2018-12-10", "--to", "2018-12-10"}
	}
	status, stdout := p.run(t, "first", args...)
	return p.ends(t, "first", status, stdout, want)
}

// retry retries the run of name as next.
func (p *rig) retry(t *testing.T, name, next string, want ended) *report.Report {
	t.Helper()
	status, stdout := p.run(t, next, "--retry", name)
	return p.ends(t, next, status, stdout, want)
}

// completed is the end of a retry that resolved these.
func completed(resolved map[run.End]int64, chain ...string) ended {
	return ended{
		status: exitComplete, kind: report.KindComplete, verdict: "Complete: what was tried again",
		chain: append(chain, "everything is indexed"), resolved: resolved, whole: true,
	}
}

// refuse answers as S3 does.
func refuse(w http.ResponseWriter, status int, code string) bool {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>for a test</Message></Error>", code)
	return true
}

// deny answers as a cluster does whose user lacks a privilege.
func deny(w http.ResponseWriter) bool {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusForbidden)
	fmt.Fprint(w, `{"error":{"type":"security_exception","reason":"action [indices:data/write/bulk] is unauthorized"},"status":403}`)
	return true
}

// denied is a door that lets no bulk request with an event of these objects
// through.
func denied(objects []sample.Object) door {
	return func(w http.ResponseWriter, r *http.Request, body []byte) bool {
		for _, o := range objects {
			if strings.HasSuffix(r.URL.Path, "/_bulk") && bytes.Contains(body, []byte(o.Events[0].ID)) {
				return deny(w)
			}
		}
		return false
	}
}

// afterListing does something once, when a run has listed its objects and turns
// to the cluster.
func afterListing(do func()) door {
	var done atomic.Bool
	return func(http.ResponseWriter, *http.Request, []byte) bool {
		if done.CompareAndSwap(false, true) {
			do()
		}
		return false
	}
}

// ask asks the cluster itself.
func (p *rig) ask(t *testing.T, method, path, body string) {
	t.Helper()
	enginetest.Ask(t, method, p.engine+path, body)
}

func zipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var body bytes.Buffer
	z := gzip.NewWriter(&body)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return body.Bytes()
}
