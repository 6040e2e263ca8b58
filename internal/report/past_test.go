package report

import (
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

// TestARunIsRemembered: its entry says what its report says, and stays small.
func TestARunIsRemembered(t *testing.T) {
	w := newFixture(t, "r1")
	r := w.build()
	if err := r.Write(t.Context(), w.input().Folder); err != nil {
		t.Fatal(err)
	}
	p, err := runs.History{Bucket: w.files}.Find(t.Context(), "r1")
	if err != nil {
		t.Fatal(err)
	}
	if p.Verdict != r.Verdict || p.Complete != r.Complete || p.Counts != r.Events || !p.From.Equal(r.Plan.From) || !p.Ended.Equal(r.Made) {
		t.Errorf("%+v", p)
	}
	for key, body := range w.files {
		if strings.HasPrefix(key, run.HistoryFolder) && len(body) > 4<<10 {
			t.Errorf("%s has %d bytes", key, len(body))
		}
	}
}
