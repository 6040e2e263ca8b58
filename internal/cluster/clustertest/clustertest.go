// Package clustertest is the conformance suite of clusters: everything that this
// program asks of one, sent through the real client. Real engines of every kind
// and the embedded store pass the same suite; where they may differ, the suite
// says so.
//
// It needs a cluster of its own: it makes and deletes indices and templates
// whose names begin with "conformance".
package clustertest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/cluster"
	"github.com/rehydrate/rehydrate/internal/run"
)

// Target is the cluster that the suite runs on, and in what it may differ.
type Target struct {
	URL string
	// Product and Version are what it is to be recognised as; empty leaves it open.
	Product string
	Version string
	// Parse is the type that it has for parsed messages, flattened or flat_object.
	// Empty says that it has none and must refuse a template that asks for one.
	Parse string
	// MatchOnly says that it has the type match_only_text.
	MatchOnly bool
	// Brief leaves out what is killed before each request in turn, which takes a
	// minute and asks nothing else of the cluster than the other parts.
	Brief bool
	// NoSizes says that it does not tell what an index takes on disk.
	NoSizes bool
}

// Run runs the suite.
func Run(t *testing.T, target Target) {
	for _, part := range []struct {
		name string
		test func(*testing.T, *suite)
	}{
		{"info", testInfo},
		{"template", testTemplate},
		{"exact", testExact},
		{"template of others", testTemplateOfOthers},
		{"template refused", testTemplateRefused},
		{"parsed messages", testParsed},
		{"bulk", testBulk},
		{"bulk with odd strings", testStrings},
		{"bulk that fails as a whole", testWholeBulk},
		{"count", testCount},
		{"refresh", testRefresh},
		{"prepare", testPrepare},
		{"loading", testLoading},
		{"loading killed", testLoadingKilled},
		{"views", testViews},
		{"views that are taken", testViewsTaken},
		{"expire", testExpire},
		{"expire killed", testExpireKilled},
		{"search", testSearch},
		{"documents", testDocuments},
		{"deleted indices", testDeleted},
	} {
		if target.Brief && strings.HasSuffix(part.name, " killed") {
			continue
		}
		t.Run(part.name, func(t *testing.T) { part.test(t, newSuite(t, target)) })
	}
}

// suite is a part of the suite: a connection, and an index prefix of its own.
type suite struct {
	*cluster.Cluster
	target Target
	prefix string
}

func newSuite(t *testing.T, target Target) *suite {
	t.Helper()
	c, err := cluster.Connect(t.Context(), run.Search{URL: target.URL}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	part := t.Name()[strings.LastIndex(t.Name(), "/")+1:]
	return &suite{Cluster: c, target: target, prefix: "conformance-" + strings.ReplaceAll(part, "_", "-")}
}

// index is the index of the day that most of the suite's documents are of.
func (s *suite) index() string { return s.prefix + "-2018-12-10" }

// settings are those of a stack with the part's prefix.
func (s *suite) settings() run.Settings {
	return run.Settings{IndexPrefix: s.prefix, Zone: tokyo(), Shards: 1, Replicas: 0, RefreshInterval: "-1"}
}

func tokyo() *time.Location { return time.FixedZone("JST", 9*60*60) }

// prepare puts the part's template and deletes what an earlier run left.
func (s *suite) prepare(t *testing.T) {
	t.Helper()
	s.delete(t, s.index())
	if _, err := s.Prepare(t.Context(), s.settings(), s.plan()); err != nil {
		t.Fatal(err)
	}
}

// plan is that of a run over the day of index.
func (s *suite) plan() run.Plan {
	from := time.Date(2018, 12, 10, 0, 0, 0, 0, tokyo())
	return run.Plan{From: from, To: from.AddDate(0, 0, 1)}
}

// reply is an answer of the cluster.
type reply struct {
	status int
	body   []byte
}

// decode reads the body, which must be JSON.
func (r reply) decode(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		t.Fatalf("answer %d: %v\n%s", r.status, err, r.body)
	}
}

func (s *suite) send(t *testing.T, req esapi.Request) reply {
	t.Helper()
	res, err := req.Do(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil {
		t.Fatalf("read the answer: %v", err)
	}
	return reply{res.StatusCode, body.Bytes()}
}

// must sends a request that has to be answered with 200.
func (s *suite) must(t *testing.T, req esapi.Request) reply {
	t.Helper()
	r := s.send(t, req)
	if r.status != http.StatusOK {
		t.Fatalf("%T was answered with %d\n%s", req, r.status, r.body)
	}
	return r
}

// delete deletes indices that may be missing.
func (s *suite) delete(t *testing.T, indices ...string) {
	t.Helper()
	yes := true
	s.must(t, esapi.IndicesDeleteRequest{Index: indices, IgnoreUnavailable: &yes})
}

func (s *suite) refresh(t *testing.T, indices ...string) {
	t.Helper()
	s.must(t, esapi.IndicesRefreshRequest{Index: indices})
}

// line is the two lines of a bulk body that create a document.
func line(index, id, source string) string {
	return fmt.Sprintf("{\"create\":{\"_index\":%q,\"_id\":%q}}\n%s\n", index, id, source)
}

// source is a document as runs make it; message is a JSON string.
func source(timestamp, message string) string {
	return fmt.Sprintf(`{"@timestamp":%q,"message":%s}`, timestamp, message)
}

const noon = "2018-12-10T12:57:44.183+09:00"

// item is what the cluster says of one document of a bulk body.
type item struct {
	Index  string `json:"_index"`
	ID     string `json:"_id"`
	Status int
	Result string
	Error  struct{ Type, Reason string }
}

type bulkReply struct {
	Took   *int64
	Errors bool
	Items  []map[string]item
}

// bulk sends a body and returns the whole reply.
func (s *suite) bulk(t *testing.T, body string, compress bool) reply {
	t.Helper()
	header := http.Header{"Content-Type": {"application/x-ndjson"}}
	b := []byte(body)
	if compress {
		header.Set("Content-Encoding", "gzip")
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		_, _ = w.Write(b)
		_ = w.Close() // a Buffer takes everything
		b = z.Bytes()
	}
	return s.send(t, esapi.BulkRequest{Body: bytes.NewReader(b), Header: header})
}

// items sends a body of creates and returns what is said of each, in order.
func (s *suite) items(t *testing.T, body string) []item {
	t.Helper()
	r := s.bulk(t, body, false)
	if r.status != http.StatusOK {
		t.Fatalf("bulk was answered with %d\n%s", r.status, r.body)
	}
	var whole bulkReply
	r.decode(t, &whole)
	var items []item
	for _, i := range whole.Items {
		create, ok := i["create"]
		if !ok {
			t.Fatalf("an item is no create: %s", r.body)
		}
		items = append(items, create)
	}
	return items
}
