package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/cluster/clustertest"
	"github.com/rehydrate/rehydrate/internal/cluster/enginetest"
	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/local/sample"
	"github.com/rehydrate/rehydrate/local/store"
)

// scenario is an archive in a folder, and what is known of it.
type scenario struct {
	archive, out string
	truth        sample.Truth
}

func newScenario(t *testing.T, o sample.Options) scenario {
	t.Helper()
	w := scenario{archive: t.TempDir(), out: t.TempDir()}
	var err error
	if w.truth, err = writeSample(t.Context(), o, w.archive); err != nil {
		t.Fatal(err)
	}
	return w
}

// small is a sample that a test has time for.
func small() sample.Options {
	o := sample.Default()
	o.Objects, o.Events = 150, 5000
	return o
}

// bootstrap is the real binary of the Lambdas, as AWS gets it but for this
// computer, built once for all tests.
var bootstrap = sync.OnceValues(func() (string, error) {
	file, err := filepath.Abs("../../build/local/bootstrap")
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", file, "../../lambdas/bootstrap")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the Lambdas: %w\n%s", err, out)
	}
	return file, nil
})

// rehydrate executes a command line, and tells its exit status and what it printed.
func rehydrate(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	if args[0] == "run" {
		file, err := bootstrap()
		if err != nil {
			return exitUnusable, "", err.Error()
		}
		args = append([]string{"run", "--lambdas", file}, args[1:]...)
	}
	status = command(ctx, args, &out, &errs)
	return status, out.String(), errs.String()
}

// run is `rehydrate run` on the scenario's archive.
func (w scenario) run(ctx context.Context, name string, args ...string) (status int, stdout, stderr string) {
	return rehydrate(ctx, append([]string{"run", "--archive", w.archive, "--out", w.out, "--name", name}, args...)...)
}

// report reads the report of a run.
func (w scenario) report(t *testing.T, name string) *report.Report {
	t.Helper()
	f, err := os.Open(filepath.Join(w.out, "runs", name, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := report.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// embedded reads everything that the embedded store of earlier runs holds.
func (w scenario) embedded(t *testing.T) []clustertest.Document {
	t.Helper()
	s, err := store.Open(filepath.Join(w.out, "store"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	server := httptest.NewServer(s)
	defer server.Close()
	return documents(t, server.URL, "ecs-task-*")
}

func documents(t *testing.T, url, pattern string) []clustertest.Document {
	t.Helper()
	found, err := clustertest.Documents(t.Context(), url, pattern)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func day(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.RFC3339, s+"T00:00:00+09:00")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// holds compares the set of documents with the truth: not their number, but each
// one's index, id, time and message.
func holds(t *testing.T, found []clustertest.Document, want map[string]sample.Event) {
	t.Helper()
	seen := map[string]bool{}
	wrong := 0
	complain := func(format string, args ...any) {
		if wrong++; wrong <= 5 {
			t.Errorf(format, args...)
		}
	}
	for _, d := range found {
		e, ok := want[d.ID]
		switch {
		case !ok:
			complain("document %s in %s is none of those to be indexed", d.ID, d.Index)
			continue
		case seen[d.ID]:
			complain("document %s is there twice", d.ID)
		case d.Message != e.Message:
			complain("document %s has the message %q, want %q", d.ID, d.Message, e.Message)
		case !d.Time.Equal(e.Time):
			complain("document %s has the time %s, want %s", d.ID, d.Time, e.Time)
		case d.Index != "ecs-task-"+e.Time.In(day(t, "2018-12-10").Location()).Format(time.DateOnly):
			complain("document %s of %s is in %s", d.ID, e.Time, d.Index)
		}
		seen[d.ID] = true
	}
	for id := range want {
		if !seen[id] {
			complain("event %s is missing", id)
		}
	}
	if wrong > 5 {
		t.Errorf("and %d more", wrong-5)
	}
	if len(want) == 0 {
		t.Error("nothing was to be indexed: the test shows nothing")
	}
}

// The main job on embedded parts: everything readable of the range is searchable,
// once, and a second run changes nothing.
func TestRun(t *testing.T) {
	w := newScenario(t, small())
	from, to := day(t, "2018-12-10"), day(t, "2018-12-13")
	want := w.truth.Expect(from, to)

	status, stdout, stderr := w.run(t.Context(), "first", "--from", "2018-12-10", "--to", "2018-12-12")
	if status != exitIncomplete {
		t.Errorf("exit status %d for an archive with damaged objects, want %d\n%s%s", status, exitIncomplete, stdout, stderr)
	}
	holds(t, w.embedded(t), want)
	first := w.report(t, "first")
	if first.Events.Created != int64(len(want)) {
		t.Errorf("the report tells of %d events created, there are %d", first.Events.Created, len(want))
	}
	sum := w.truth.Sum()
	if first.Events.Decoded != sum.Decoded || first.Events.Malformed != sum.Malformed {
		t.Errorf("the report tells of %d events and %d malformed, there are %d and %d",
			first.Events.Decoded, first.Events.Malformed, sum.Decoded, sum.Malformed)
	}
	for _, line := range []string{"Incomplete, because of", "created", "ecs-task-2018-12-11", "report.json", "report.html"} {
		if !strings.Contains(stdout, line) {
			t.Errorf("the ending does not tell %q:\n%s", line, stdout)
		}
	}
	for _, line := range []string{"List objects", "Prepare index", "Index objects", "Report"} {
		if !strings.Contains(stderr, line) {
			t.Errorf("the progress does not tell %q:\n%s", line, stderr)
		}
	}

	w.run(t.Context(), "second", "--from", "2018-12-10", "--to", "2018-12-12")
	holds(t, w.embedded(t), want)
	second := w.report(t, "second")
	if second.Events.Created != 0 || second.Events.AlreadyThere != first.Events.Created+first.Events.AlreadyThere {
		t.Errorf("the second run created %d and met %d, the first created %d and met %d",
			second.Events.Created, second.Events.AlreadyThere, first.Events.Created, first.Events.AlreadyThere)
	}
}

// Only events of the range are indexed, and those that arrived late or early are
// found by the margins.
func TestRunOfSomeHours(t *testing.T) {
	w := newScenario(t, small())
	from := day(t, "2018-12-11").Add(8*time.Hour + 30*time.Minute)
	to := from.Add(90 * time.Minute)
	w.run(t.Context(), "hours", "--from", from.Format(time.RFC3339), "--to", to.Format(time.RFC3339),
		"--input", "", "--max-concurrency", "3")
	want := w.truth.Expect(from, to)
	holds(t, w.embedded(t), want)
	if r := w.report(t, "hours"); r.Events.OutOfRange == 0 || r.Objects.Listed >= int64(len(w.truth.Objects)) {
		t.Errorf("%d of %d objects were read, %d events were out of range: neither is what a narrow range does",
			r.Objects.Listed, len(w.truth.Objects), r.Events.OutOfRange)
	}
}

// A run over an archive in which everything is sound is complete.
func TestRunComplete(t *testing.T) {
	w := scenario{archive: t.TempDir(), out: t.TempDir()}
	members, err := sample.Members(7, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(members); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(w.archive, "_/cwl/ecs/ecs-task/2018/12/09/15/ecs-task-1-2018-12-09-15-00-00-0f5c")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, body.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := w.run(t.Context(), "sound", "--input", `{"from":"2018-12-10","to":"2018-12-12"}`)
	if status != exitComplete || !strings.HasPrefix(stdout, "Complete") {
		t.Errorf("exit status %d\n%s%s", status, stdout, stderr)
	}
	// Some were late, and belong to the day before.
	if r := w.report(t, "sound"); !r.Complete || r.Events.Created == 0 || r.Events.Created+r.Events.OutOfRange != r.Events.Decoded {
		t.Errorf("complete %v with %d of %d events created", r.Complete, r.Events.Created, r.Events.Decoded)
	}
}

// A run that is stopped says what it did; started again, it finishes the work.
func TestRunStoppedAndFinished(t *testing.T) {
	w := newScenario(t, small())
	ctx, stop := context.WithCancel(t.Context())
	var stderr stopper
	stderr.stop, stderr.at = stop, "Index objects"
	var stdout bytes.Buffer
	status := command(ctx, []string{
		"run", "--archive", w.archive, "--out", w.out, "--name", "stopped", "--from", "2018-12-10", "--to", "2018-12-12",
	}, &stdout, &stderr)
	if status != exitIncomplete {
		t.Errorf("exit status %d of a stopped run, want %d\n%s%s", status, exitIncomplete, stdout.String(), stderr.String())
	}
	if r := w.report(t, "stopped"); r.Complete {
		t.Error("a stopped run is reported as complete")
	}
	w.run(t.Context(), "finished", "--from", "2018-12-10", "--to", "2018-12-12")
	holds(t, w.embedded(t), w.truth.Expect(day(t, "2018-12-10"), day(t, "2018-12-13")))
}

// stopper stops a command once it has printed something.
type stopper struct {
	bytes.Buffer
	stop context.CancelFunc
	at   string
}

func (s *stopper) Write(p []byte) (int, error) {
	if strings.Contains(string(p), s.at) {
		s.stop()
	}
	return s.Buffer.Write(p)
}

func TestRunOfNothing(t *testing.T) {
	w := newScenario(t, small())
	status, stdout, _ := w.run(t.Context(), "nothing", "--from", "2017-01-01", "--to", "2017-01-01")
	if status != exitIncomplete {
		t.Errorf("exit status %d, want %d", status, exitIncomplete)
	}
	if !strings.Contains(stdout, "_/cwl/ecs/ecs-task/2016/12/31/") {
		t.Errorf("the prefixes that were looked at are not named:\n%s", stdout)
	}
}

func TestUnusable(t *testing.T) {
	w := newScenario(t, small())
	file := filepath.Join(w.archive, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	days := []string{"--from", "2018-12-10", "--to", "2018-12-12"}
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no archive named", []string{"run"}, "--archive is missing"},
		{"no such folder", append([]string{"run", "--archive", w.archive + "/nowhere"}, days...), "there is no folder"},
		{"a file", append([]string{"run", "--archive", file}, days...), "is a file"},
		{"a key in the bucket", append([]string{"run", "--archive", "s3://bucket/key"}, days...), "give s3://BUCKET"},
		{"no such flag", []string{"run", "--nonsense"}, "--nonsense"},
		{"an argument", []string{"run", "--archive", w.archive, "2018-12-10"}, `"2018-12-10" is no flag`},
		{"no such zone", append([]string{"run", "--archive", w.archive, "--zone", "Asia/Atlantis"}, days...), `--zone: "Asia/Atlantis" is no time zone`},
		{"no index name", append([]string{"run", "--archive", w.archive, "--index-prefix", "Logs"}, days...), "upper-case"},
		{"no such field", append([]string{"run", "--archive", w.archive, "--fields", "logGroup,level"}, days...), `--fields: "level" is none of`},
		{"no prefix expression", append([]string{"run", "--archive", w.archive, "--prefix", "!{time:x}/"}, days...), "!{time:x} is not known"},
		{"backwards", []string{"run", "--archive", w.archive, "--from", "2018-12-12", "--to", "2018-12-10"}, "from: 2018-12-12 is not before to"},
		{"no range", []string{"run", "--archive", w.archive}, "from: missing"},
		{"input and days", append([]string{"run", "--archive", w.archive, "--input", "{}"}, days...), "--input is the whole execution input"},
		{"unknown member", []string{"run", "--archive", w.archive, "--input", `{"form":"x"}`}, `"form" is not a member`},
		{"no cluster", append([]string{"run", "--archive", w.archive, "--search", "http://127.0.0.1:1"}, days...), "nothing listens at 127.0.0.1:1"},
		{"retry of nothing", []string{"run", "--archive", w.archive, "--retry", "never"}, "there is no run named never"},
		{"serve without a store", []string{"serve", "--out", w.archive}, "there is no store"},
		{"inspect of nothing", []string{"inspect", w.archive + "/nothing"}, "nothing"},
		{"no command", []string{"rehydrate"}, `unknown command "rehydrate"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.args[0] == "run" {
				c.args = append([]string{"run", "--out", w.out}, c.args[1:]...)
			}
			status, stdout, stderr := rehydrate(t.Context(), c.args...)
			if status != exitUnusable {
				t.Errorf("exit status %d, want %d\n%s", status, exitUnusable, stdout)
			}
			last := strings.TrimSpace(stderr)
			last = last[strings.LastIndexByte(last, '\n')+1:]
			if !strings.Contains(last, c.want) {
				t.Errorf("the last line\n%q\ndoes not say\n%q", last, c.want)
			}
		})
	}
}

// The main job, with the set of documents compared.
func runOn(t *testing.T, e *enginetest.Running) {
	w := newScenario(t, sample.Default())
	status, stdout, stderr := w.run(t.Context(), "first", "--from", "2018-12-10", "--to", "2018-12-12", "--search", e.URL)
	if status != exitIncomplete {
		t.Errorf("exit status %d, want %d\n%s%s", status, exitIncomplete, stdout, stderr)
	}
	want := w.truth.Expect(day(t, "2018-12-10"), day(t, "2018-12-13"))
	holds(t, documents(t, e.URL, "ecs-task-*"), want)
	w.run(t.Context(), "second", "--from", "2018-12-10", "--to", "2018-12-12", "--search", e.URL)
	holds(t, documents(t, e.URL, "ecs-task-*"), want)
	if r := w.report(t, "second"); r.Events.Created != 0 {
		t.Errorf("the second run created %d events", r.Events.Created)
	}
}
