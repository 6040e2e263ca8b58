package cluster

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// node is how one node of a cluster is doing.
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/cluster-nodes-stats.html
type node struct {
	Name  string
	Roles []string
	JVM   struct {
		Mem struct {
			HeapMax     int64 `json:"heap_max_in_bytes"`
			HeapPercent int64 `json:"heap_used_percent"`
		}
	}
	FS struct {
		Total struct {
			Total     int64 `json:"total_in_bytes"`
			Available int64 `json:"available_in_bytes"`
		}
	}
	ThreadPool struct {
		Write threadPool
	} `json:"thread_pool"`
}

// threadPool is one of a node's: how many threads it has, how many work, how many
// tasks wait for one, and how many were ever refused.
type threadPool struct{ Threads, Active, Queue, Rejected int64 }

// holdsData tells whether shards can lie on the node.
func (n node) holdsData() bool {
	return slices.ContainsFunc(n.Roles, func(role string) bool { return role == "data" || strings.HasPrefix(role, "data_") })
}

// dataNodes asks for the nodes that hold data. Who may not ask gets none, and denied
// says in the cluster's words why; a cluster without nodes that could be asked gives
// none either: Amazon's serverless collections, the embedded store.
func (c *Cluster) dataNodes(ctx context.Context) (nodes []node, denied string, err error) {
	doing := "tell how its nodes are doing"
	a, err := c.do(ctx, esapi.NodesStatsRequest{
		Metric: []string{"jvm", "fs", "thread_pool"},
		FilterPath: []string{
			"nodes.*.name", "nodes.*.roles", "nodes.*.jvm.mem.heap_max_in_bytes", "nodes.*.jvm.mem.heap_used_percent",
			"nodes.*.fs.total", "nodes.*.thread_pool.write",
		},
	})
	switch {
	case err != nil:
		return nil, "", err
	case a.isDenied():
		return nil, a.words(), nil
	case a.status == http.StatusBadRequest, a.status == http.StatusNotFound, a.status == http.StatusMethodNotAllowed:
		return nil, "", nil
	}
	var all struct{ Nodes map[string]node }
	if err := c.read(a, doing, &all, func() bool { return len(all.Nodes) > 0 }); err != nil {
		return nil, "", err
	}
	for _, id := range sortedKeys(all.Nodes) {
		if n := all.Nodes[id]; n.holdsData() {
			nodes = append(nodes, n)
		}
	}
	return nodes, "", nil
}
