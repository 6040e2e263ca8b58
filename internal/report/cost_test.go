package report

import (
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

// TestCostOfARun: what was counted is priced, with what List saw of the archive; a
// run on a computer has no price.
func TestCostOfARun(t *testing.T) {
	w := newFixture(t, "cost")
	w.whole(10)
	w.settings.Network, w.settings.Search.URL = run.NetworkInternet, "https://search.example.com"
	r := w.build()
	if r.Cost == nil || r.Cost.Network <= 0 || r.Cost.KMS != 0 || r.Cost.StepFunctions < 4*0.025/1e3*float64(r.Objects.Listed) {
		t.Fatalf("cost %+v", r.Cost)
	}
	plain := r.Cost.Network
	w.putJSON(run.InventoryKey(w.plan.Run), run.Inventory{Encrypted: true, Estimate: &run.Estimate{BulkBytes: 100, SentBytes: 10}})
	if r = w.build(); r.Cost.KMS <= 0 || r.Cost.Network > plain/9 || r.Cost.Network < plain/11 {
		t.Errorf("compressed and encrypted: %+v, before $%v", r.Cost, plain)
	}
	var out strings.Builder
	if err := r.Terminal(&out, 0, ""); err != nil || !strings.Contains(out.String(), "By list prices this run took about $") {
		t.Errorf("%v: %s", err, &out)
	}
	w.plan.Execution = "arn:aws:states:local:000000000000:execution:rehydrate:x"
	if r = w.build(); r.Cost != nil {
		t.Errorf("a run on a computer took %+v", r.Cost)
	}
}
