package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/sample"
)

// written are the lines of a run's files, by their names under events/.
func (w scenario) written(t *testing.T, name string) map[string][]string {
	t.Helper()
	root := filepath.Join(w.out, run.EventsFolder(name))
	files, err := filepath.Glob(filepath.Join(root, "*/*/*.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(z)
		lines.Buffer(nil, 16<<20)
		rel, _ := filepath.Rel(root, file)
		for lines.Scan() {
			found[filepath.ToSlash(rel)] = append(found[filepath.ToSlash(rel)], lines.Text())
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	return found
}

// holdsLines compares the set of events in files with the truth: each one's id,
// time, message, group and stream, and the hour that it lies under. It gives the
// number of lines.
func holdsLines(t *testing.T, found map[string][]string, want map[string]sample.Event) (lines int64) {
	t.Helper()
	seen, wrong := map[string]bool{}, 0
	complain := func(format string, args ...any) {
		if wrong++; wrong <= 5 {
			t.Errorf(format, args...)
		}
	}
	for file, texts := range found {
		for _, text := range texts {
			lines++
			var l struct {
				Time                             time.Time `json:"@timestamp"`
				ID, LogGroup, LogStream, Message string
			}
			if err := json.Unmarshal([]byte(text), &l); err != nil {
				t.Fatalf("%s: %v: %s", file, err, text)
			}
			e, ok := want[l.ID]
			switch {
			case !ok:
				complain("%s: event %s is none of those to be written", file, l.ID)
			case l.Message != e.Message || !l.Time.Equal(e.Time) || l.LogGroup != e.Group || l.LogStream != e.Stream:
				complain("%s: %s\nis not %+v", file, text, e)
			case !strings.HasPrefix(file, e.Time.UTC().Format("2006-01-02/15/")):
				complain("%s holds an event of %s", file, e.Time)
			}
			seen[l.ID] = true
		}
	}
	for id := range want {
		if !seen[id] {
			complain("event %s is missing", id)
		}
	}
	if wrong > 5 || len(want) == 0 {
		t.Errorf("%d wrong, of %d", wrong, len(want))
	}
	return lines
}

// A run into files needs no cluster and no store; everything readable of the range
// is there, as often as the archive holds it, and a second run writes the very same.
func TestRunIntoFiles(t *testing.T) {
	w := newScenario(t, small())
	from, to := day(t, "2018-12-10"), day(t, "2018-12-13")
	days := []string{"--from", "2018-12-10", "--to", "2018-12-12", "--destination", "files"}
	status, stdout, stderr := w.run(t.Context(), "first", days...)
	if status != exitIncomplete { // of damaged objects
		t.Fatalf("exit status %d\n%s%s", status, stdout, stderr)
	}
	first := w.written(t, "first")
	lines := holdsLines(t, first, w.truth.Expect(from, to))
	var held int64
	for _, o := range w.truth.Objects {
		for _, e := range o.Events {
			if !e.Time.Before(from) && e.Time.Before(to) {
				held++
			}
		}
	}
	r := w.report(t, "first")
	if r.Events.Written != held || lines != held || r.Events.Created != 0 || r.Events.Check() != nil {
		t.Errorf("%d lines, of %d events in the archive's objects; counts %+v", lines, held, r.Events)
	}
	if r.Files == nil || r.Files.Answer != report.AsExpected || int(r.Files.Files) != len(first) || len(r.Files.Preview) != 10 || r.Kind != report.KindIncomplete {
		t.Errorf("files %+v of %s", r.Files, r.Verdict)
	}
	for _, words := range []string{r.Verdict, r.Files.Preview[0].Time, filepath.Join(w.out, "runs/first/events") + "/DAY/HOUR", "read_json('" + w.out} {
		if !strings.Contains(stdout, words) {
			t.Errorf("it does not say %q:\n%s", words, stdout)
		}
	}
	if _, err := os.Stat(filepath.Join(w.out, "store")); !os.IsNotExist(err) {
		t.Errorf("there is a store: %v", err)
	}
	if _, err := os.Stat(filepath.Join(w.out, run.PreparedKey("first"))); !os.IsNotExist(err) {
		t.Errorf("a cluster was prepared: %v", err)
	}
	if status, stdout, stderr = w.run(t.Context(), "second", days...); status != exitIncomplete {
		t.Fatalf("exit status %d\n%s%s", status, stdout, stderr)
	}
	if !maps.EqualFunc(w.written(t, "second"), first, slices.Equal[[]string]) {
		t.Error("a second run wrote other files")
	}
}

// What a run has written is an archive itself: it can be inspected, searched, and
// put into an index.
func TestFilesAreAnArchive(t *testing.T) {
	w := newScenario(t, small())
	if status, stdout, stderr := w.run(t.Context(), "first", "--from", "2018-12-10", "--to", "2018-12-12", "--destination", "files"); status != exitIncomplete {
		t.Fatalf("exit status %d\n%s%s", status, stdout, stderr)
	}
	want := w.truth.Expect(day(t, "2018-12-10"), day(t, "2018-12-13"))
	for file, lines := range w.written(t, "first") {
		object := filepath.Join(w.out, run.EventsFolder("first"), file)
		status, stdout, stderr := rehydrate(t.Context(), "inspect", object)
		if status != exitComplete || !strings.Contains(stdout, fmt.Sprintf("%d", len(lines))) {
			t.Errorf("inspect: exit status %d\n%s%s", status, stdout, stderr)
		}
		break
	}
	prefix := run.EventsFolder("first") + "!{timestamp:yyyy-MM-dd/HH}/"
	status, stdout, stderr := rehydrate(t.Context(), "grep", "--archive", w.out, "--prefix", prefix, "--from", "2018-12-10", "--to", "2018-12-12", "--json", "")
	found := map[string]bool{}
	for line := range strings.Lines(stdout) {
		var e struct{ ID, Message string }
		if err := json.Unmarshal([]byte(line), &e); err != nil || found[e.ID] || want[e.ID].Message != e.Message {
			t.Fatalf("%v: %s", err, line)
		}
		found[e.ID] = true
	}
	if status != 0 || len(found) != len(want) {
		t.Errorf("grep: exit status %d, %d events, want %d\n%s", status, len(found), len(want), stderr)
	}
	again := scenario{archive: w.out, out: t.TempDir(), truth: w.truth}
	if status, stdout, stderr = again.run(t.Context(), "indexed", "--prefix", prefix, "--from", "2018-12-10", "--to", "2018-12-12"); status != exitComplete {
		t.Errorf("exit status %d\n%s%s", status, stdout, stderr)
	}
	holds(t, again.embedded(t), want)
}

// Filters choose what is written, and the plan tells how much that will be.
func TestRunIntoFilesOfWhatMatches(t *testing.T) {
	w := newScenario(t, small())
	flags := []string{"--from", "2018-12-10", "--to", "2018-12-12", "--destination", "files", "--message", "timeout", "--message", "(?i)ERROR", "--group", "/ecs*", "--stream", "*"}
	status, stdout, stderr := w.run(t.Context(), "plan", append(flags, "--plan")...)
	if status != exitComplete || !strings.Contains(stdout, "in the range and the filters, in files of") {
		t.Errorf("exit status %d\n%s%s", status, stdout, stderr)
	}
	if status, stdout, stderr = w.run(t.Context(), "few", flags...); status != exitIncomplete {
		t.Fatalf("exit status %d\n%s%s", status, stdout, stderr)
	}
	want := w.truth.Expect(day(t, "2018-12-10"), day(t, "2018-12-13"))
	maps.DeleteFunc(want, func(_ string, e sample.Event) bool {
		return !strings.Contains(e.Message, "timeout") && !strings.Contains(strings.ToLower(e.Message), "error") || !strings.HasPrefix(e.Group, "/ecs")
	})
	holdsLines(t, w.written(t, "few"), want)
	if r := w.report(t, "few"); r.Events.Filtered == 0 || r.Events.Check() != nil {
		t.Errorf("counts %+v", r.Events)
	}
}

// What a run could not read, its retry writes under its own name: both together
// hold everything.
func TestRetryIntoFiles(t *testing.T) {
	p := newRig(t, "http://127.0.0.1:1") // nothing listens there
	into := func(name string, args ...string) (int, string) {
		status, stdout, stderr := rehydrate(t.Context(), append([]string{"run", "--archive", "s3://archive", "--out", p.out, "--name", name}, args...)...)
		if status == exitUnusable {
			t.Fatalf("run %s could not be run:\n%s%s", name, stdout, stderr)
		}
		return status, stdout
	}
	shut := p.some(t, 3)
	p.atArchive(func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
		return slices.ContainsFunc(shut, func(o sample.Object) bool { return r.URL.Path == "/archive/"+o.Key }) &&
			refuse(w, http.StatusForbidden, "AccessDenied")
	})
	status, stdout := into("first", "--from", "2018-12-10", "--to", "2018-12-10", "--destination", "files")
	p.ends(t, "first", status, stdout, ended{
		status: exitIncomplete, kind: report.KindIncomplete, verdict: "Incomplete, because of 3 objects not written (Denied).",
		classes: map[run.End]int64{run.NotIndexed: 3},
	})
	holdsLines(t, p.written(t, "first"), p.without(t, shut...))
	p.open()
	status, stdout = into("second", "--retry", "first")
	p.ends(t, "second", status, stdout, completed(map[run.End]int64{run.NotIndexed: 3}))
	both := p.written(t, "first")
	maps.Copy(both, p.written(t, "second"))
	holdsLines(t, both, p.without(t))
	if _, err := os.Stat(filepath.Join(p.out, "store")); !os.IsNotExist(err) {
		t.Errorf("there is a store: %v", err)
	}
}
