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

// Products, as run.Prepared names them.
const (
	elasticsearch = "elasticsearch"
	openSearch    = "opensearch"
)

// info says what a cluster is.
type info struct{ product, version string }

// info asks the cluster what it is. One that is too old, or no cluster at all,
// is a fault.
func (c *Cluster) info(ctx context.Context) (info, error) {
	a, err := c.do(ctx, esapi.InfoRequest{})
	if err != nil {
		return info{}, err
	}
	var i info
	switch a.status {
	case http.StatusOK:
		if isCut(a.body) {
			return info{}, c.unsound(a, "say what it is")
		}
		i = readInfo(a.body)
	case http.StatusMethodNotAllowed:
		// Elasticsearch's bare core has no GET /, but tells of its nodes.
		if i, err = c.nodeInfo(ctx); err != nil {
			return info{}, err
		}
	case http.StatusNotFound, http.StatusBadRequest:
	default:
		return info{}, c.refusal(a, "say what it is")
	}
	if i.product == "" {
		return info{}, &run.Fault{
			Name: run.UnusableCluster, Reason: fmt.Sprintf("%s is neither Elasticsearch nor OpenSearch: it answers %d, %s", c.url, a.status, a.words()),
			Remedy: "give the URL of the cluster, not of Kibana, Dashboards or a proxy's own page",
		}
	}
	return i, i.check()
}

// isCut tells an answer that broke off, or never began, from one that is another
// product's.
func isCut(body []byte) bool {
	return len(body) == 0 || body[0] == '{' && !json.Valid(body)
}

// readInfo reads the answer to GET /; it is empty where that is no cluster's.
func readInfo(body []byte) info {
	var root struct {
		Version struct{ Number, Distribution string }
	}
	if json.Unmarshal(body, &root) != nil || root.Version.Number == "" {
		return info{}
	}
	// Elasticsearch names no distribution.
	if root.Version.Distribution == openSearch {
		return info{openSearch, root.Version.Number}
	}
	return info{elasticsearch, root.Version.Number}
}

func (c *Cluster) nodeInfo(ctx context.Context) (info, error) {
	doing := "ask for the version of a node"
	a, err := c.do(ctx, esapi.NodesInfoRequest{NodeID: []string{"_local"}, FilterPath: []string{"nodes.*.version"}})
	switch {
	case err != nil:
		return info{}, err
	case a.isDenied(), a.status == http.StatusTooManyRequests, a.status >= http.StatusInternalServerError:
		return info{}, c.refusal(a, doing)
	case a.status == http.StatusOK && isCut(a.body):
		return info{}, c.unsound(a, doing)
	}
	var local struct {
		Nodes map[string]struct{ Version string }
	}
	// What cannot be read is no cluster's, and leaves local empty.
	_ = json.Unmarshal(a.body, &local)
	for _, n := range local.Nodes {
		return info{elasticsearch, n.Version}, nil
	}
	return info{}, nil
}

// The oldest that are known to work: composable templates came with
// Elasticsearch 7.8, and 7.10 is the oldest that is tested.
const (
	oldestMajor = 7
	oldestMinor = 10
)

func (i info) check() error {
	if i.product == openSearch {
		return nil
	}
	// What is no number counts as 0.
	first, rest, _ := strings.Cut(i.version, ".")
	second, _, _ := strings.Cut(rest, ".")
	major, _ := strconv.Atoi(first)
	minor, _ := strconv.Atoi(second)
	if major > oldestMajor || major == oldestMajor && minor >= oldestMinor {
		return nil
	}
	return &run.Fault{
		Name: run.UnusableCluster, Reason: fmt.Sprintf("the cluster is Elasticsearch %s, which is too old", i.version),
		Remedy: "use Elasticsearch 7.10 or newer, or OpenSearch",
	}
}
