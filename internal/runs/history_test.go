package runs_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

func TestHistoryIsNewestFirst(t *testing.T) {
	f := folder(t, "")
	h := runs.History{Bucket: f.Bucket}
	if found, err := h.Newest(t.Context(), 0); err != nil || len(found) != 0 {
		t.Errorf("an empty history holds %v, %v", found, err)
	}
	begun := time.Date(2026, 11, 26, 23, 59, 58, 0, time.FixedZone("", 9*3600))
	names := []string{"a", "a-a", "20181210T000000.000Z-a", "Z"}
	for i, name := range names {
		f.Name = name
		p := run.Past{Run: name, Started: begun.Add(time.Duration(i) * 500 * time.Millisecond), Verdict: "first"}
		for range 2 { // a report that is made again takes the place of the first
			if err := f.PutPast(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			p.Verdict = "again"
		}
	}
	found, err := h.Newest(t.Context(), 3)
	if err != nil || fmt.Sprint(found[0].Run, found[1].Run, found[2].Run) != fmt.Sprint("Z", "20181210T000000.000Z-a", "a-a") || len(found) != 3 {
		t.Errorf("%+v, %v", found, err)
	}
	if all, err := h.Newest(t.Context(), 0); err != nil || len(all) != len(names) {
		t.Errorf("%d runs, %v", len(all), err)
	}
	for _, name := range names {
		if p, err := h.Find(t.Context(), name); err != nil || p.Run != name || p.Verdict != "again" {
			t.Errorf("%s: found %+v, %v", name, p, err)
		}
	}
	if _, err := h.Find(t.Context(), "-a"); !errors.Is(err, archive.ErrNotFound) {
		t.Errorf("what is not there: %v", err)
	}
}
