package cluster

import (
	"fmt"

	"github.com/rehydrate/rehydrate/internal/run"
)

// tight is run.Room as this package judges it.
type tight struct {
	run.Room
	primaries, copies int64
	// placed are the shards that will lie on nodes, those of the run included.
	placed int64
}

// fault says why the run cannot be indexed, or is nil. The expected bytes are an
// estimate: they refuse a run of which not even half has room.
func (r tight) fault() error {
	if r.NewShards > 0 && r.Shards+r.NewShards > r.MaxShards {
		return &run.Fault{
			Name: run.UnusableCluster, Reason: fmt.Sprintf("%s, but the cluster has %d of the %d that its %d data nodes may have (cluster.max_shards_per_node)",
				r.needs(), r.Shards, r.MaxShards, r.DataNodes),
			Remedy: "give indices one shard (the setting shards), delete or shrink old ones, index fewer days, or add nodes",
		}
	}
	if r.NewBytes/2 > r.FreeBytes {
		return &run.Fault{
			Name: run.UnusableCluster, Reason: fmt.Sprintf("about %s are expected, copies included, but the disks have %s before their flood stage, at which indices become read-only",
				size(r.NewBytes), size(r.FreeBytes)),
			Remedy: "give the nodes more disk, delete old indices, or index fewer days",
		}
	}
	return nil
}

// warnings say what is unwise.
func (r tight) warnings() []string {
	var w []string
	if r.NewShards > 0 && r.placed > r.AdvisedShards {
		w = append(w, fmt.Sprintf("%s: with those that are there %d will lie on nodes whose heap is good for %d (%d a GiB); give indices one shard (the setting shards), or delete old ones",
			r.needs(), r.placed, r.AdvisedShards, shardsPerGibibyte))
	}
	if r.NewBytes > r.FreeBytes/2 {
		w = append(w, fmt.Sprintf("about %s are expected, copies included, of the %s that the disks have before their flood stage, at which indices become read-only",
			size(r.NewBytes), size(r.FreeBytes)))
	}
	return w
}

// needs says what the run will make.
func (r tight) needs() string {
	return fmt.Sprintf("%d new indices of %d shards and %d copies of each make %d shards", r.NewIndices, r.primaries, r.copies, r.NewShards)
}

// size is an amount of bytes for a person.
func size(bytes int64) string {
	const gb, mb = 1e9, 1e6
	if bytes < gb {
		return fmt.Sprintf("%.1f MB", float64(bytes)/mb)
	}
	return fmt.Sprintf("%.1f GB", float64(bytes)/gb)
}
