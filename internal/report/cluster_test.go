package report

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// refusing tells what all indices hold but one.
type refusing string

func (r refusing) Count(_ context.Context, indices []string, _, _ time.Time) ([]run.IndexCount, error) {
	var counts []run.IndexCount
	for _, index := range indices {
		n := int64(7)
		c := run.IndexCount{Index: index}
		if index != string(r) {
			c.Documents = &n
		}
		counts = append(counts, c)
	}
	return counts, errors.New("we may not count " + string(r))
}

// One index that the cluster refuses to count leaves the others known, and the
// reason is told.
func TestOneRefusedCount(t *testing.T) {
	b := &builder{in: Input{Counter: refusing("b")}, report: &Report{}}
	now := b.countNow(t.Context(), []string{"a", "b", "c"})
	if now["a"] == nil || *now["a"] != 7 || now["b"] != nil || now["c"] == nil {
		t.Errorf("known are %v, want a and c", now)
	}
	if told := allFindings(b.report); !strings.Contains(told, "we may not count b") {
		t.Errorf("findings %q do not tell why b is unknown", told)
	}
}
