package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Products.
const (
	Elasticsearch = "elasticsearch"
	OpenSearch    = "opensearch"
)

// Info says what a cluster is.
type Info struct {
	// Product is Elasticsearch or OpenSearch, Version its number.
	Product string
	Version string
}

// Info asks the cluster what it is. One that is too old, or no cluster at all,
// is a fault.
func (c *Cluster) Info(ctx context.Context) (Info, error) {
	a, err := c.do(ctx, esapi.InfoRequest{})
	if err != nil {
		return Info{}, err
	}
	var i Info
	switch a.status {
	case http.StatusOK:
		i = readInfo(a)
	case http.StatusMethodNotAllowed:
		// Elasticsearch's bare core has no GET /, but tells of its nodes.
		if i, err = c.nodeInfo(ctx); err != nil {
			return Info{}, err
		}
	case http.StatusNotFound, http.StatusBadRequest:
	default:
		return Info{}, c.refusal(a, "say what it is")
	}
	if i.Product == "" {
		return Info{}, &run.Fault{
			Name: run.UnusableCluster, Reason: fmt.Sprintf("%s is neither Elasticsearch nor OpenSearch: it answers %d, %s", c.url, a.status, a.words()),
			Remedy: "give the URL of the cluster, not of Kibana, Dashboards or a proxy's own page",
		}
	}
	return i, i.check()
}

// readInfo reads the answer to GET /; it is empty where that is no cluster's.
func readInfo(a *answer) Info {
	var root struct {
		Version struct{ Number, Distribution string }
	}
	if json.Unmarshal(a.body, &root) != nil || root.Version.Number == "" {
		return Info{}
	}
	// Elasticsearch names no distribution.
	if root.Version.Distribution == OpenSearch {
		return Info{Product: OpenSearch, Version: root.Version.Number}
	}
	return Info{Product: Elasticsearch, Version: root.Version.Number}
}

func (c *Cluster) nodeInfo(ctx context.Context) (Info, error) {
	a, err := c.do(ctx, esapi.NodesInfoRequest{NodeID: []string{"_local"}, FilterPath: []string{"nodes.*.version"}})
	if err != nil {
		return Info{}, err
	}
	if a.status == http.StatusUnauthorized || a.status == http.StatusForbidden {
		return Info{}, c.refusal(a, "ask for the version of a node")
	}
	var local struct {
		Nodes map[string]struct{ Version string }
	}
	// What cannot be read is no cluster's, and leaves local empty.
	_ = json.Unmarshal(a.body, &local)
	for _, n := range local.Nodes {
		return Info{Product: Elasticsearch, Version: n.Version}, nil
	}
	return Info{}, nil
}

// The oldest that are known to work: composable templates came with
// Elasticsearch 7.8, and 7.10 is the oldest that is tested.
const (
	oldestMajor = 7
	oldestMinor = 10
)

func (i Info) check() error {
	if i.Product == OpenSearch {
		return nil
	}
	major, minor := i.number()
	if major > oldestMajor || major == oldestMajor && minor >= oldestMinor {
		return nil
	}
	return &run.Fault{
		Name: run.UnusableCluster, Reason: fmt.Sprintf("the cluster is Elasticsearch %s, which is too old", i.Version),
		Remedy: "use Elasticsearch 7.10 or newer, or OpenSearch",
	}
}

// number is the major and minor version; 0 where they cannot be read.
func (i Info) number() (major, minor int) {
	parts := strings.SplitN(i.Version, ".", 3)
	if len(parts) < 2 {
		return 0, 0
	}
	major, err := strconv.Atoi(parts[0])
	if err != nil {
		return 0, 0
	}
	minor, err = strconv.Atoi(parts[1])
	if err != nil {
		return 0, 0
	}
	return major, minor
}
