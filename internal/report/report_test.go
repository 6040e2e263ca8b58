package report

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not as it was (go test -update writes it anew); now it is:\n%s", file, got)
	}
}

func TestScenarios(t *testing.T) {
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			name := strings.ReplaceAll(s.name, " ", "-")
			w := newFixture(t, name)
			s.make(w)
			r := w.build()
			if r.Kind != s.kind || !strings.Contains(r.Verdict, s.verdict) {
				t.Errorf("verdict %s: %q, want %s: %q", r.Kind, r.Verdict, s.kind, s.verdict)
			}
			if r.Complete != (s.kind == KindComplete || s.kind == KindMargin) {
				t.Errorf("complete is %v for %s", r.Complete, s.kind)
			}
			for _, words := range s.findings {
				if !strings.Contains(allFindings(r), words) {
					t.Errorf("no finding says %q:\n%s", words, allFindings(r))
				}
			}
			if len(s.findings) == 0 && len(r.Findings) > 0 {
				t.Errorf("findings of nothing:\n%s", allFindings(r))
			}
			ended := maps.Clone(r.Objects.Classes)
			maps.DeleteFunc(ended, func(c run.End, n int64) bool { return n == 0 || c == run.Indexed })
			if !maps.Equal(ended, s.classes) {
				t.Errorf("objects ended %v, want %v", ended, s.classes)
			}
			var terminal bytes.Buffer
			if err := r.Terminal(&terminal, 100, "out/runs/"+name); err != nil {
				t.Fatal(err)
			}
			golden(t, name+"/terminal.txt", terminal.Bytes())
			if name == "complete" || name == "files" || name == "stopped" || name == "refused" {
				whole, err := r.encode()
				if err != nil {
					t.Fatal(err)
				}
				golden(t, name+"/report.json", whole)
			}
		})
	}
}

func allFindings(r *Report) string {
	var s strings.Builder
	for _, f := range r.Findings {
		s.WriteString(f.Text + "\n")
	}
	return s.String()
}

// TestLooseObjectsAreNoEdge: what was read whatever its time says nothing of the
// margin, and leaves no gap.
func TestLooseObjectsAreNoEdge(t *testing.T) {
	w := newFixture(t, "loose")
	for i, o := range []run.Object{
		{Key: "exports/task/app/000000.gz", Size: 1000, ETag: `"e"`},
		{Key: "exports/s-1-2018-12-09-12-00-00-0f5c", Size: 1000, ETag: `"e"`, Time: ptr(at(9, 21, 0)), Loose: true},
		{Key: "exports/s-1-2015-01-01-00-00-00-0f5c", Size: 1000, ETag: `"e"`, Time: ptr(at(9, 21, 0).AddDate(-3, 0, 0)), Loose: true},
	} {
		w.objects = append(w.objects, o)
		out := run.Outcome{End: run.Indexed, Calls: 1}
		count(&out, at(10+i, 9, 0), 5, run.Counts{Created: 5})
		w.succeeded(o, out)
	}
	r := w.build()
	for _, d := range r.Days {
		if d.Objects != 1 {
			t.Errorf("%d objects hold documents of %s, want 1", d.Objects, d.Index)
		}
	}
	if r.Kind != KindComplete || r.Edge != nil || len(r.Gaps) != 0 || r.Objects.Timeless != 3 || r.HoursLeftOut.Objects != 0 {
		t.Errorf("%s %s, edge %+v, %d gaps, %+v, %+v", r.Kind, r.Verdict, r.Edge, len(r.Gaps), r.Objects, r.HoursLeftOut)
	}
}

func ptr[T any](v T) *T { return &v }

func TestNotYet(t *testing.T) {
	for name, missing := range map[string]string{
		"manifest":     "/manifest.json",
		"results file": "/SUCCEEDED_1.json",
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t, "late")
			w.whole(1)
			w.lay()
			maps.DeleteFunc(w.files, func(key string, _ []byte) bool { return strings.HasSuffix(key, missing) })
			_, err := Build(t.Context(), w.input())
			var f *run.Fault
			if !errors.As(err, &f) || f.Name != run.NotYet {
				t.Fatalf("error %v, want NotYet", err)
			}
			w.last = true
			r, err := Build(t.Context(), w.input())
			if err != nil || r.Complete {
				t.Fatalf("at last: error %v, complete %v", err, r.Complete)
			}
		})
	}
}

func TestBrokenResults(t *testing.T) {
	w := newFixture(t, "broken")
	w.whole(1)
	w.lay()
	for key, body := range w.files {
		if strings.HasSuffix(key, "/SUCCEEDED_1.json") {
			w.files[key] = body[:len(body)/2]
		}
	}
	r, err := Build(t.Context(), w.input())
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Objects.Classes[run.NoResult]; r.Complete || n < 18 || n > 19 {
		t.Errorf("%d objects without a result, complete %v", n, r.Complete)
	}
	if !strings.Contains(allFindings(r), "SUCCEEDED_1.json is no file of results") {
		t.Error("no finding names the broken file:\n" + allFindings(r))
	}
}

// The results of a map that failed are waited for; those of one that succeeded
// are there when it ends, or never.
func TestResultsAreWaitedForAsLongAsTheyMayCome(t *testing.T) {
	for _, tt := range []struct {
		attempt int
		ended   run.Caught
		want    bool
	}{
		{0, run.Caught{}, false},
		{1, run.Caught{}, true},
		{1, run.Caught{Error: "States.ExceedToleratedFailureThreshold"}, false},
		{LastAttempt - 1, run.Caught{Error: "ABORTED"}, false},
		{LastAttempt, run.Caught{Error: "ABORTED"}, true},
	} {
		if got := IsLast(tt.attempt, tt.ended); got != tt.want {
			t.Errorf("attempt %d after %+v is the last: %v", tt.attempt, tt.ended, got)
		}
	}
}

// guarded is a bucket in which some keys may neither be read nor written.
type guarded struct {
	bucket
	key string
}

func (g guarded) denied(key string) error {
	if !strings.Contains(key, g.key) {
		return nil
	}
	return &run.Fault{Name: run.Denied, Reason: "S3 denies access to " + key}
}

func (g guarded) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := g.denied(key); err != nil {
		return nil, err
	}
	return g.bucket.Open(ctx, key)
}

func (g guarded) Put(ctx context.Context, key string, body []byte, contentType string) error {
	if err := g.denied(key); err != nil {
		return err
	}
	return g.bucket.Put(ctx, key, body, contentType)
}

// What S3 refuses for good is left out and told; the rest is reported.
func TestWhatCanBeReportedIsReported(t *testing.T) {
	for key, says := range map[string]string{
		"/prepared.json":    "What the indices held before is unknown",
		"/SUCCEEDED_1.json": "/SUCCEEDED_1.json cannot be read",
		"first/report.json": "the report of run first cannot be read",
		"first/problems/":   "the problems of run first cannot be read",
		"report.html":       "The report's page could not be written",
	} {
		t.Run(key, func(t *testing.T) {
			first := newFixture(t, "first")
			first.whole(1)
			o := first.list(at(10, 5, 30))
			first.failed(o, run.Throttled, "slow down", run.Outcome{})
			first.finish()
			w := first.again("second")
			w.objects = append(w.objects, o)
			w.succeeded(o, read(o, 10))
			w.lay()
			in := w.input()
			in.Folder.Bucket = guarded{w.files, key}
			r, err := Build(t.Context(), in)
			if err == nil {
				err = r.Write(t.Context(), in.Folder)
			}
			if err != nil {
				t.Fatal(err)
			}
			var kept Report
			if err := w.input().Folder.Report(t.Context(), &kept); err != nil || kept.Chain == nil {
				t.Fatalf("report.json %+v, %v", kept, err)
			}
			if told := allFindings(&kept) + kept.Chain.Unknown; !strings.Contains(told, says) || !strings.Contains(told, "S3 denies access") {
				t.Errorf("nothing says %q:\n%s", says, told)
			}
			if whole := key == "/prepared.json" || key == "report.html"; kept.Complete != whole {
				t.Errorf("complete is %v: %s", kept.Complete, kept.Verdict)
			}
		})
	}
}

// A problem that is gone from the files of an earlier run is not taken for one
// that never was.
func TestMissingProblemsAreTold(t *testing.T) {
	first := newFixture(t, "first")
	first.whole(1)
	o := first.list(at(10, 5, 30))
	first.failed(o, run.Throttled, "slow down", run.Outcome{})
	r := first.finish()
	delete(first.files, r.Problems.Files[0])
	second := first.again("second").finish()
	if second.Complete || !strings.Contains(second.Chain.Unknown, "run first had 1 problem, but the files under runs/first/problems/ name 0") {
		t.Errorf("complete %v, unknown %q", second.Complete, second.Chain.Unknown)
	}
}
