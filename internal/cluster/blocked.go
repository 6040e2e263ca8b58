package cluster

import (
	"fmt"
	"strings"

	"github.com/rehydrate/rehydrate/internal/run"
)

// blocked is the fault of a cluster or index that takes no writes; words are its
// own. Blocks that a person has set stay until a person lifts them. All others
// come and go by themselves.
func blocked(words string) *run.Fault {
	f := &run.Fault{Name: run.Unavailable, Reason: "the cluster is read-only for now: " + words, Remedy: remedyWait}
	// The numbers are those of the blocks: ClusterBlock in Elasticsearch's and
	// OpenSearch's sources.
	if strings.Contains(words, "FORBIDDEN/6/") || strings.Contains(words, "FORBIDDEN/5/") {
		f.Name = run.UnusableCluster
		f.Reason = "the cluster is read-only: " + words
		f.Remedy = remedyLift
	}
	return f
}

const (
	remedyLift = "lift the block (set it to null in the settings of the cluster or index) and start again"
	remedyWait = "free disk or memory on its nodes: it lifts such a block by itself"
)

// blocks are those of an index or cluster by name, such as read_only.
type blocks map[string]any

func (b blocks) has(name string) bool { return fmt.Sprint(b[name]) == "true" }

// indexFault says why nothing can be written to indices that have these blocks;
// nil where it can.
func (b blocks) indexFault(index string) *run.Fault {
	f := &run.Fault{Name: run.Unavailable, Remedy: remedyWait}
	switch {
	case b.has("read_only"):
		f.Name = run.UnusableCluster
		f.Reason = fmt.Sprintf("the index %s is read-only (index.blocks.read_only)", index)
		f.Remedy = remedyLift
	case b.has("read_only_allow_delete"):
		f.Reason = fmt.Sprintf("the index %s is read-only for now (index.blocks.read_only_allow_delete): a disk is over its flood stage", index)
	case b.has("write"):
		f.Reason = fmt.Sprintf("the index %s takes no writes (index.blocks.write): Amazon's service sets that under memory pressure, people set it on old indices", index)
		f.Remedy = "give the nodes memory and wait, or lift the block where a person has set it"
	default:
		return nil
	}
	return f
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
