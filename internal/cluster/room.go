package cluster

import (
	"context"
	"strconv"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

const (
	// shardsPerGibibyte of heap are what Amazon advises at most.
	// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/bp-sharding.html
	shardsPerGibibyte = 25
	// storedPerByte is what an engine stored for a byte of a document's source, at most
	// of what was measured: 0.6 to 1.5, by mapping and codec.
	storedPerByte = 1.5
)

// room compares what a run will take of the cluster with what it has. What cannot be
// is a fault, before anything is indexed; what is unwise, a warning. It is nil where
// the cluster tells nothing of its nodes.
func (c *Cluster) room(ctx context.Context, s run.Settings, p run.Plan, limits capacity, t templates, b before) (*run.Room, []string, error) {
	nodes, denied, err := c.dataNodes(ctx)
	switch {
	case err != nil:
		return nil, nil, err
	case denied != "":
		return nil, []string{"we may not ask the cluster how its nodes are doing, so whether it has room for the run is not known: " + denied}, nil
	case len(nodes) == 0:
		return nil, nil, nil
	}
	var health struct {
		Active       *int64 `json:"active_shards"`
		Initializing int64  `json:"initializing_shards"`
		Unassigned   int64  `json:"unassigned_shards"`
	}
	if err := c.ask(ctx, esapi.ClusterHealthRequest{}, "tell its health", &health, func() bool { return health.Active != nil }); err != nil {
		return nil, nil, err
	}
	r := run.Room{DataNodes: len(nodes), Shards: *health.Active + health.Initializing + health.Unassigned, NewIndices: int64(len(b.missing))}
	var heap int64
	for _, n := range nodes {
		heap += n.JVM.Mem.HeapMax
		r.FreeBytes += max(0, n.FS.Total.Available-limits.floodFree(n.FS.Total.Total))
	}
	press(&r, nodes)
	r.MaxShards = limits.maxShards() * int64(len(nodes))
	r.AdvisedShards = max(1, heap*shardsPerGibibyte>>30)
	example := ""
	if len(b.missing) > 0 {
		example = b.missing[0]
	} else if len(b.counts) > 0 {
		example = b.counts[0].Index
	}
	primaries, copies, err := c.shape(ctx, s, t, example)
	if err != nil {
		return nil, nil, err
	}
	r.NewShards = r.NewIndices * primaries * (1 + copies)
	// Copies that no node is there for take neither disk nor heap.
	placed := 1 + min(copies, int64(len(nodes))-1)
	r.NewBytes = int64(float64(p.Expected.Bytes)*storedPerByte*missingShare(p, b)) * placed
	is := tight{Room: r, primaries: primaries, copies: copies, placed: *health.Active + health.Initializing + r.NewIndices*primaries*placed}
	return &r, is.warnings(), is.fault()
}

// missingShare is the share of what is expected that is not there yet.
func missingShare(p run.Plan, b before) float64 {
	if p.Expected.Documents == 0 {
		return 1
	}
	var there int64
	for _, c := range b.counts {
		if c.Documents != nil {
			there += *c.Documents
		}
	}
	return max(0, 1-float64(there)/float64(p.Expected.Documents))
}

// shape is how many primaries and copies of each a new index has: by the template
// that applies or will be put, or by the cluster's own default.
func (c *Cluster) shape(ctx context.Context, s run.Settings, t templates, index string) (primaries, copies int64, err error) {
	// Everybody's default is one primary and one copy but for Amazon's service.
	primaries, copies = 1, 1
	if s.Search.Auth == "sigv4" || strings.HasSuffix(c.url.Hostname(), ".es.amazonaws.com") {
		primaries = 5
	}
	var made indexConfig
	switch applying := t.applying(index); {
	case applying != nil && applying.Name != t.ours:
		if made, err = c.simulate(ctx, index); err != nil {
			return 0, 0, err
		}
	case applying == nil:
		var legacy string
		if legacy, made = t.legacyFor(index); legacy != "" {
			break
		}
		fallthrough
	default:
		if s.Shards > 0 {
			primaries = int64(s.Shards)
		}
		if s.Replicas >= 0 {
			copies = int64(s.Replicas)
		}
	}
	if n, err := strconv.ParseInt(made.Settings.Index.Shards, 10, 64); err == nil {
		primaries = n
	}
	if n, err := strconv.ParseInt(made.Settings.Index.Replicas, 10, 64); err == nil {
		copies = n
	}
	return primaries, copies, nil
}
