package index

import (
	"encoding/json"
	"testing"

	"github.com/rehydrate/rehydrate/internal/bulk/bulktest"
	"github.com/rehydrate/rehydrate/internal/run"
)

// TestCallsTellTheirMetrics: each call writes a line that CloudWatch makes metrics of,
// with the 429s and waits of one that brought nothing forward.
func TestCallsTellTheirMetrics(t *testing.T) {
	busy := true
	f := newFixture(t, func(int, []bulktest.Document) bulktest.Reply {
		if busy {
			return bulktest.Reply{Whole: &bulktest.Problem{Status: 429, Type: "es_rejected_execution_exception", Reason: "busy"}}
		}
		return bulktest.Reply{}
	})
	o := f.put(t, "a", records(3, 1))
	line := func(wantErr bool) map[string]any {
		t.Helper()
		f.buffer.Reset()
		if _, err := f.Index(t.Context(), run.IndexRequest{Work: f.work(o)}); (err != nil) != wantErr {
			t.Fatalf("the call ended with %v", err)
		}
		var m map[string]any
		if err := json.Unmarshal(f.buffer.Bytes(), &m); err != nil {
			t.Fatalf("%v: %s", err, &f.buffer)
		}
		return m
	}
	if m := line(true); m["CallThrottled"].(float64) < 1 || m["CallWaited"].(float64) < 1 || m["CallCreated"] != 0.0 || m["CallObjects"] != 0.0 {
		t.Errorf("pushed back: %v", m)
	}
	busy = false
	m := line(false)
	if m["CallThrottled"] != 0.0 || m["CallCreated"] != 3.0 || m["CallEvents"] != 3.0 || m["CallObjects"] != 1.0 || m["CallText"].(float64) < 1 || m["CallSpeed"].(float64) <= 0 || m["Stack"] != "rehydrate" || m["IndexPrefix"] != "ecs-task" {
		t.Errorf("indexed: %v", m)
	}
	named := m["_aws"].(map[string]any)["CloudWatchMetrics"].([]any)[0].(map[string]any)
	for _, metric := range named["Metrics"].([]any) {
		name, _ := metric.(map[string]any)["Name"].(string)
		if _, ok := m[name].(float64); !ok {
			t.Errorf("%q has no value", name)
		}
	}
}
