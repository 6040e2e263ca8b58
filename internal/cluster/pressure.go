package cluster

import (
	"context"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Pressure tells how hard the nodes work: of a run.Room, heap and write queue. It is
// nil where the cluster tells nothing of its nodes. Its error is a fault, also where we
// may not ask.
func (c *Cluster) Pressure(ctx context.Context) (*run.Room, error) {
	nodes, denied, err := c.dataNodes(ctx)
	switch {
	case err != nil:
		return nil, err
	case denied != "":
		return nil, &run.Fault{
			Name: run.Denied, Reason: "we may not ask the cluster how its nodes are doing: " + denied,
			Remedy: "grant the cluster privilege monitor (or cluster:monitor/nodes/stats)",
		}
	case len(nodes) == 0:
		return nil, nil //nolint:nilnil // as told above
	}
	r := run.Room{DataNodes: len(nodes)}
	press(&r, nodes)
	return &r, nil
}

// press tells r how hard nodes work: of each number that of the node that has most,
// since a bulk request waits for the slowest, but for refusals, which are summed.
func press(r *run.Room, nodes []node) {
	for _, n := range nodes {
		w := n.ThreadPool.Write
		r.HeapPercent = max(r.HeapPercent, n.JVM.Mem.HeapPercent)
		r.Rejected += w.Rejected
		if w.Active+w.Queue >= r.WriteActive+r.WriteQueue {
			r.WriteQueue, r.WriteActive, r.WriteThreads = w.Queue, w.Active, w.Threads
		}
	}
}
