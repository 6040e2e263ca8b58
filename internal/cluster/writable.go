package cluster

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// limits are the settings of a cluster that say what may be written.
type limits struct {
	blocks     blocks
	autoCreate string
}

type clusterSettings struct {
	Cluster struct{ Blocks blocks }
	Action  struct {
		AutoCreateIndex any `json:"auto_create_index"`
	}
}

// limits asks for them. Who may not is told so by a warning: what they forbid
// then shows when documents are sent.
func (c *Cluster) limits(ctx context.Context) (limits, string, error) {
	doing := "read the cluster's settings"
	yes := true
	a, err := c.do(ctx, esapi.ClusterGetSettingsRequest{
		IncludeDefaults: &yes,
		FilterPath:      []string{"*.action.auto_create_index", "*.cluster.blocks"},
	})
	if err != nil {
		return limits{}, "", err
	}
	l := limits{blocks: blocks{}, autoCreate: "true"}
	if a.status == http.StatusUnauthorized || a.status == http.StatusForbidden {
		return l, fmt.Sprintf("we may not %s, so whether it can be written to is not known yet: %s", doing, a.words()), nil
	}
	if a.status != http.StatusOK {
		return limits{}, "", c.refusal(a, doing)
	}
	var all struct{ Defaults, Persistent, Transient clusterSettings }
	if err := c.decode(a, doing, &all); err != nil {
		return limits{}, "", err
	}
	// The later has precedence.
	for _, s := range []clusterSettings{all.Defaults, all.Persistent, all.Transient} {
		for name, value := range s.Cluster.Blocks {
			l.blocks[name] = value
		}
		if s.Action.AutoCreateIndex != nil {
			l.autoCreate = fmt.Sprint(s.Action.AutoCreateIndex)
		}
	}
	return l, "", nil
}

// creates tells whether a bulk may create index. The setting is true, false, or
// patterns of which the first that matches decides by its sign; what none
// matches is not created.
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/docs-index_.html#index-creation
func (l limits) creates(index string) bool {
	if l.autoCreate == "true" || l.autoCreate == "false" {
		return l.autoCreate == "true"
	}
	for p := range strings.SplitSeq(l.autoCreate, ",") {
		p = strings.TrimSpace(p)
		if matches(strings.TrimLeft(p, "+-"), index) {
			return !strings.HasPrefix(p, "-")
		}
	}
	return false
}

// check finds out whether the missing indices can be created and documents
// written.
func (l limits) check(missing []string, templates survey) error {
	if f := l.blocks.clusterFault(len(missing) > 0); f != nil {
		return f
	}
	for _, index := range missing {
		allowed := l.creates(index)
		if t := templates.winner(index); t != nil && t.Body.AllowAutoCreate != nil {
			allowed = *t.Body.AllowAutoCreate
		}
		if !allowed {
			return &run.Fault{
				Name:   run.UnusableCluster,
				Reason: fmt.Sprintf("the index %s is not there and the cluster would not create it (action.auto_create_index is %q)", index, l.autoCreate),
				Remedy: "allow it to (action.auto_create_index: \"+" + index[:len(index)-len("2006-01-02")] + "*\"), or create the indices of the range",
			}
		}
	}
	return nil
}
