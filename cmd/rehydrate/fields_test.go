package main

import (
	"encoding/json"
	"testing"
)

// Fields that are asked for stand beside time and message, and the members of a
// JSON message in one field of their own.
func TestRunWithFields(t *testing.T) {
	w := newScenario(t, small())
	w.run(t.Context(), "fields", "--from", "2018-12-10", "--to", "2018-12-12", "--fields", "logGroup,logStream,account", "--parse")
	found := w.embedded(t)
	want := w.truth.Expect(day(t, "2018-12-10"), day(t, "2018-12-13"))
	holds(t, found, want)
	parsed := 0
	for _, d := range found {
		var source struct {
			AWS struct {
				CloudWatch struct {
					Group  string `json:"log_group"`
					Stream string `json:"log_stream"`
				} `json:"cloudwatch"`
			} `json:"aws"`
			Cloud  struct{ Account struct{ ID string } }
			Parsed map[string]any
		}
		if err := json.Unmarshal(d.Source, &source); err != nil {
			t.Fatalf("%s: %v", d.Source, err)
		}
		e := want[d.ID]
		if source.AWS.CloudWatch.Group != e.Group || source.AWS.CloudWatch.Stream != e.Stream || source.Cloud.Account.ID != e.Owner {
			t.Fatalf("%s is not of group %s, stream %s, account %s", d.Source, e.Group, e.Stream, e.Owner)
		}
		if source.Parsed != nil {
			parsed++
		}
	}
	if parsed == 0 || parsed == len(found) {
		t.Errorf("%d of %d messages were parsed; some are JSON and some are not", parsed, len(found))
	}
}
