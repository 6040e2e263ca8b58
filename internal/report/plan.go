package report

import (
	"encoding/json"
	"fmt"

	"github.com/rehydrate/rehydrate/internal/run"
)

// ClusterLines say what a look at the cluster found for a plan, each in a sentence;
// none where no cluster was to be looked at.
func ClusterLines(p run.Planned) []string {
	found := p.Cluster.Prepared
	if found == nil {
		if p.Cluster.Error == "" {
			return nil
		}
		var failed struct{ ErrorMessage string }
		if json.Unmarshal([]byte(p.Cluster.Cause), &failed) != nil || failed.ErrorMessage == "" {
			failed.ErrorMessage = p.Cluster.Error + " " + p.Cluster.Cause
		}
		return []string{"As the cluster is, this could not be indexed: " + failed.ErrorMessage}
	}
	lines := []string{fmt.Sprintf("The cluster, %s %s, can be written to", found.Product, found.Version)}
	if r := found.Room; r != nil {
		lines = append(lines,
			fmt.Sprintf("%s would make %s; there are %s of the %s that its limit allows, its heap is good for %s",
				plural2(r.NewIndices, "new index", "new indices"), plural(r.NewShards, "shard"), number(r.Shards), number(r.MaxShards), number(r.AdvisedShards)),
			fmt.Sprintf("about %s of disk would be taken, of %s before its nodes' flood stage", size(r.NewBytes), size(r.FreeBytes)))
	}
	return append(lines, found.Warnings...)
}
