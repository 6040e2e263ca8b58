package clustertest

import (
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Prepare says what the indices of a range hold, puts the template, and warns of
// documents that are another loader's.
func testPrepare(t *testing.T, s *suite) {
	name := "rehydrate-" + s.prefix
	first, second, third := s.prefix+"-2018-12-09", s.index(), s.prefix+"-2018-12-11"
	s.delete(t, first, second, third)
	s.send(t, esapi.IndicesDeleteIndexTemplateRequest{Name: name})
	settings := s.settings()
	plan := run.Plan{From: time.Date(2018, 12, 9, 12, 0, 0, 0, tokyo()), To: time.Date(2018, 12, 12, 0, 0, 0, 0, tokyo())}
	prepare := func(when string, installed bool, counts ...int64) run.Prepared {
		t.Helper()
		p, err := s.Prepare(t.Context(), settings, plan)
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if p.Template != name || p.Installed != installed || p.Product == "" || p.Version == "" {
			t.Errorf("%s: %+v, want template %s, installed %t", when, p, name, installed)
		}
		if len(p.Indices) != len(counts) {
			t.Fatalf("%s: counted %+v, want %d indices", when, p.Indices, len(counts))
		}
		for i, index := range []string{first, second, third} {
			if c := p.Indices[i]; c.Index != index || c.Documents == nil || *c.Documents != counts[i] {
				t.Errorf("%s: %s counted as %+v, want %d", when, index, c, counts[i])
			}
		}
		return p
	}
	if p := prepare("at first", true, 0, 0, 0); len(p.Warnings) != 0 {
		t.Errorf("warnings %q on an empty cluster", p.Warnings)
	}
	ours := strings.Repeat("3", 56)
	s.items(t, line(first, ours, source("2018-12-09T11:59:59.999+09:00", `"before the range"`))+
		line(second, ours, source(noon, `"ours"`))+line(second, run.DerivedIDPrefix+"e", source(noon, `"derived"`)))
	// The counts are of now, not of the last refresh.
	if p := prepare("with our documents", false, 0, 2, 0); len(p.Warnings) != 0 {
		t.Errorf("warnings %q on our own documents", p.Warnings)
	}
	settings.IDs = run.DerivedIDs
	if p := prepare("with our documents, all ids to be derived", false, 0, 2, 0); len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], second+" holds documents with the archive's own ids") {
		t.Errorf("warnings %q, want one that names %s", p.Warnings, second)
	}
	settings.IDs = "archive"
	s.items(t, line(second, "AWxyz", source(noon, `"theirs"`)))
	p := prepare("with documents of others", false, 0, 3, 0)
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "AWxyz") || !strings.Contains(p.Warnings[0], second) {
		t.Errorf("warnings %q, want one that names AWxyz and %s", p.Warnings, second)
	}
}
