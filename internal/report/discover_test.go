package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// The link leads to the run's own indices and range, where the stack knows the way.
func TestDiscoverLink(t *testing.T) {
	from := time.Date(2018, 12, 10, 0, 0, 0, 0, time.FixedZone("JST", 9*60*60))
	for _, c := range []struct {
		name, dashboards, view string
		destination            run.Destination
		want                   string
	}{
		{"not known", "", "", run.ToIndex, ""},
		{"into files", "https://kibana.example", "", run.ToFiles, ""},
		{
			"daily indices", "https://kibana.example/base", "", run.ToIndex,
			"https://kibana.example/base/app/discover#/?_g=(time:(from:'2018-12-09T15%3A00%3A00.000Z',to:'2018-12-10T14%3A59%3A59.999Z'))" +
				"&_a=(columns:!(message),index:'rehydrate-ecs-task',query:(language:lucene,query:''))",
		},
		{
			"a view", "https://kibana.example", "incident", run.ToIndex,
			"https://kibana.example/app/discover#/?_g=(time:(from:'2018-12-09T15%3A00%3A00.000Z',to:'2018-12-10T14%3A59%3A59.999Z'))" +
				"&_a=(columns:!(message),index:'rehydrate-ecs-task-incident',query:(language:lucene,query:''))",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &Report{Settings: Settings{IndexPrefix: "ecs-task", Dashboards: c.dashboards}}
			r.Plan = run.Plan{From: from, To: from.AddDate(0, 0, 1), View: c.view, Destination: c.destination}
			if got := r.DiscoverURL(); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
			var page, terminal bytes.Buffer
			if err := r.Page(&page); err != nil {
				t.Fatal(err)
			}
			if err := r.Terminal(&terminal, 0, "out"); err != nil {
				t.Fatal(err)
			}
			if linked := strings.Contains(page.String(), "/app/discover#/?_g="); linked != (c.want != "") || linked != strings.Contains(terminal.String(), "/app/discover#/?_g=") {
				t.Errorf("linked: %t", linked)
			}
		})
	}
}
