package list

import (
	"errors"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

// TestAStackRestoresOnlyWhereItMay: a request that asks for it is refused before a
// name is claimed, so that the same name can be given again.
func TestAStackRestoresOnlyWhereItMay(t *testing.T) {
	f := newFixture(t)
	f.put(t, "2018-12-10T03:00:00Z", "a")
	const input = `{"from":"2018-12-10","to":"2018-12-10","restore":"Bulk"}`
	_, err := f.list(t, "r1", input)
	var fault *run.Fault
	if !errors.As(err, &fault) || fault.Name != run.InvalidRequest || !strings.Contains(err.Error(), "the setting archiveRestore") {
		t.Fatalf("error %v", err)
	}
	f.settings.ArchiveRestore = true
	plan, err := f.list(t, "r1", input)
	if err != nil || plan.Restore != (run.Restore{Tier: run.Bulk, Days: 7, Next: run.RestoreDone}) {
		t.Errorf("nothing is archived, but the plan has %+v, %v", plan.Restore, err)
	}
}
