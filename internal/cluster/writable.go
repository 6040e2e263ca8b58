package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// limits are the settings of a cluster that say what may be written.
type limits struct {
	blocks     blocks
	autoCreate string
	capacity   capacity
}

type clusterSettings struct {
	Cluster struct {
		Blocks blocks
		capacity
	}
	Action struct {
		AutoCreateIndex any `json:"auto_create_index"`
	}
}

// limits asks for them. Who may not is told so by a warning: what they forbid
// then shows when documents are sent.
func (c *Cluster) limits(ctx context.Context) (l limits, warnings []string, err error) {
	doing := "read the cluster's settings"
	yes := true
	// Not filtered: an answer that may be empty could not be told from none.
	a, err := c.do(ctx, esapi.ClusterGetSettingsRequest{IncludeDefaults: &yes})
	if err != nil {
		return limits{}, nil, err
	}
	l = limits{blocks: blocks{}, autoCreate: "true"}
	if a.isDenied() {
		return l, []string{fmt.Sprintf("we may not %s, so whether it can be written to is not known yet: %s", doing, a.words())}, nil
	}
	var all struct {
		Defaults, Transient clusterSettings
		Persistent          *clusterSettings
	}
	if err := c.read(a, doing, &all, func() bool { return all.Persistent != nil }); err != nil {
		return limits{}, nil, err
	}
	// The later has precedence.
	for _, s := range []clusterSettings{all.Defaults, *all.Persistent, all.Transient} {
		maps.Copy(l.blocks, s.Cluster.Blocks)
		l.capacity.take(s.Cluster.capacity)
		if s.Action.AutoCreateIndex != nil {
			l.autoCreate = fmt.Sprint(s.Action.AutoCreateIndex)
		}
	}
	return l, nil, nil
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
func (l limits) check(missing []string, t templates) error {
	if f := l.blocks.clusterFault(len(missing) > 0); f != nil {
		return f
	}
	for _, index := range missing {
		allowed := l.creates(index)
		if t := t.applying(index); t != nil && t.Body.AllowAutoCreate != nil {
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

const (
	remedyLift = "lift the block (set it to null in the settings of the cluster or index) and start again"
	remedyWait = "free disk or memory on its nodes: it lifts such a block by itself"
)

// blocked is the fault of a cluster or index that takes no writes; words are its
// own. Blocks that a person has set stay until a person lifts them. All others
// come and go by themselves.
func blocked(words string) *run.Fault {
	// The numbers are those of the blocks: ClusterBlock in Elasticsearch's and
	// OpenSearch's sources.
	if strings.Contains(words, "FORBIDDEN/6/") || strings.Contains(words, "FORBIDDEN/5/") {
		return &run.Fault{Name: run.UnusableCluster, Reason: "the cluster is read-only: " + words, Remedy: remedyLift}
	}
	return &run.Fault{Name: run.Unavailable, Reason: "the cluster is read-only for now: " + words, Remedy: remedyWait}
}

// blocks are those of an index or cluster by name, such as read_only.
type blocks map[string]any

func (b blocks) has(name string) bool { return fmt.Sprint(b[name]) == "true" }

// indexFault says why nothing can be written to indices that have these blocks;
// nil where it can.
func (b blocks) indexFault(index string) *run.Fault {
	switch {
	case b.has("read_only"):
		return &run.Fault{
			Name: run.UnusableCluster, Remedy: remedyLift,
			Reason: fmt.Sprintf("the index %s is read-only (index.blocks.read_only)", index),
		}
	case b.has("read_only_allow_delete"):
		return &run.Fault{
			Name: run.Unavailable, Remedy: remedyWait,
			Reason: fmt.Sprintf("the index %s is read-only for now (index.blocks.read_only_allow_delete): a disk is over its flood stage", index),
		}
	case b.has("write"):
		return &run.Fault{
			Name: run.Unavailable, Remedy: "give the nodes memory and wait, or lift the block where a person has set it",
			Reason: fmt.Sprintf("the index %s takes no writes (index.blocks.write): Amazon's service sets that under memory pressure, people set it on old indices", index),
		}
	}
	return nil
}

// clusterFault says why nothing can be written to a cluster with these blocks, or
// no index created where that is needed; nil where it can.
func (b blocks) clusterFault(creates bool) *run.Fault {
	for _, name := range []string{"read_only", "read_only_allow_delete"} {
		if b.has(name) {
			return &run.Fault{Name: run.UnusableCluster, Reason: "the cluster is read-only (cluster.blocks." + name + ")", Remedy: remedyLift}
		}
	}
	if creates && b.has("create_index") {
		return &run.Fault{
			Name: run.Unavailable, Remedy: remedyWait,
			Reason: "the cluster creates no indices for now (cluster.blocks.create_index): its disks are nearly full",
		}
	}
	return nil
}

// privileges asks Elasticsearch's security whether we may do with index what a
// run does, and whether we may change its settings and mapping, where it manages them. Clusters that cannot be asked are passed over: there, what is missing
// shows when it is needed.
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/security-privileges.html
func (c *Cluster) privileges(ctx context.Context, index string, manages bool) error {
	doing := "tell our privileges on " + index
	needed := []string{"create_doc", "read", "maintenance"}
	if manages {
		needed = append(needed, "manage")
	}
	creating := []string{"auto_configure", "create_index"} // either will do
	body, err := json.Marshal(map[string]any{"index": []any{map[string]any{
		"names": []string{index}, "privileges": append(needed, creating...),
	}}})
	if err != nil {
		return fmt.Errorf("ask the cluster to %s: %w", doing, err)
	}
	a, err := c.do(ctx, esapi.SecurityHasPrivilegesRequest{Body: bytes.NewReader(body)})
	if err != nil || a.status != http.StatusOK {
		return err
	}
	var said struct {
		Username string
		Index    map[string]map[string]bool
	}
	if err := c.read(a, doing, &said, func() bool { return said.Index[index] != nil }); err != nil {
		return err
	}
	may := said.Index[index]
	var missing []string
	for _, p := range needed {
		if !may[p] {
			missing = append(missing, p)
		}
	}
	if !may["auto_configure"] && !may["create_index"] {
		missing = append(missing, "auto_configure")
	}
	if len(missing) == 0 {
		return nil
	}
	return &run.Fault{
		Name:   run.Denied,
		Reason: fmt.Sprintf("the user %s lacks on the index %s the privileges %s", said.Username, index, strings.Join(missing, ", ")),
		Remedy: "grant them to a role of that user or API key",
	}
}
