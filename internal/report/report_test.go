package report

import (
	"bytes"
	"errors"
	"flag"
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
			w := newWorld(t, name)
			s.world(w)
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
			maps.DeleteFunc(ended, func(c Class, n int64) bool { return n == 0 || c == Indexed })
			if !maps.Equal(ended, s.classes) {
				t.Errorf("objects ended %v, want %v", ended, s.classes)
			}
			var terminal, note bytes.Buffer
			if err := errors.Join(r.Terminal(&terminal, 100, "out/runs/"+name), r.Note(&note)); err != nil {
				t.Fatal(err)
			}
			golden(t, name+"/terminal.txt", terminal.Bytes())
			golden(t, name+"/report.md", note.Bytes())
			if name == "complete" || name == "stopped" || name == "refused" {
				var whole bytes.Buffer
				if err := r.JSON(&whole); err != nil {
					t.Fatal(err)
				}
				golden(t, name+"/report.json", whole.Bytes())
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

func TestNotYet(t *testing.T) {
	for name, missing := range map[string]string{
		"manifest":     "/manifest.json",
		"results file": "/SUCCEEDED_1.json",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "late")
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
	w := newWorld(t, "broken")
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
	if n := r.Objects.Classes[NoResult]; r.Complete || n < 18 || n > 19 {
		t.Errorf("%d objects without a result, complete %v", n, r.Complete)
	}
	if !strings.Contains(allFindings(r), "SUCCEEDED_1.json is no file of results") {
		t.Error("no finding names the broken file:\n" + allFindings(r))
	}
}
