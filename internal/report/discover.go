package report

import (
	"net/url"
	"strings"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// DiscoverURL is the page of Kibana or OpenSearch Dashboards that shows the events of
// the run: its indices, by the index pattern that `rehydrate dashboards` makes, and its
// range. It is empty where the stack does not know where that is, or events went into
// files. Its state is in Rison, as both applications have it.
func (r *Report) DiscoverURL() string {
	if r.Settings.Dashboards == "" || r.Plan.Destination == run.ToFiles || r.Plan.From.IsZero() {
		return ""
	}
	prefix := run.Settings{IndexPrefix: r.Settings.IndexPrefix}.In(r.Plan.View).IndexPrefix
	last := r.Plan.To.Add(-time.Millisecond) // both ends are included there
	return r.Settings.Dashboards + "/app/discover#/?_g=(time:(from:" + rison(instant(r.Plan.From)) + ",to:" + rison(instant(last)) + "))" +
		"&_a=(columns:!(message),index:" + rison("rehydrate-"+prefix) + ",query:(language:lucene,query:''))"
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// rison is a string of it, as part of a URL.
func rison(s string) string {
	return "'" + url.QueryEscape(strings.NewReplacer("!", "!!", "'", "!'").Replace(s)) + "'"
}
