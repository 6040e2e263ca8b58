// Package cluster speaks with Elasticsearch and OpenSearch: how they are
// reached, which product they are, whether they may be written to, the index
// template of a run, and what their indices hold.
//
// It knows nothing of archives and objects. Documents are sent by package bulk,
// through the Cluster's Perform.
package cluster

import (
	"context"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v8"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Cluster is a connection to a cluster, safe for use by many goroutines. It
// never repeats a request by itself, but for one on a 401 with a secret that has
// changed meanwhile: whoever sends decides what is tried again.
type Cluster struct {
	url    string
	client *elasticsearch.BaseClient
}

// Connect makes a Cluster from its settings. It reads the secret, if there is
// one, but sends nothing to the cluster. credentials sign for SigV4; secrets and
// credentials may be nil where search.Auth has no use for them.
//
// Its errors are faults that tell what to do. No secret is ever part of them.
func Connect(ctx context.Context, search run.Search, secrets Secrets, credentials aws.CredentialsProvider) (*Cluster, error) {
	wire, err := newTransport(search.CA)
	if err != nil {
		return nil, err
	}
	authorized, err := authorize(ctx, wire, search, secrets, credentials)
	if err != nil {
		return nil, err
	}
	return newCluster(search.URL, authorized)
}

func newCluster(url string, next http.RoundTripper) (*Cluster, error) {
	client, err := elasticsearch.NewBase(
		elasticsearch.WithAddresses(url),
		// Its header tells Elastic which client this is; AWS signs one header less.
		elasticsearch.WithDisableMetaHeader(),
		elasticsearch.WithTransportOptions(
			elastictransport.WithTransport(&product{next: next}),
			// It repeats 502, 503 and 504 at once and without a pause.
			elastictransport.WithDisableRetry(),
		),
	)
	if err != nil {
		return nil, &run.Fault{
			Name: run.UnusableCluster, Reason: fmt.Sprintf("the cluster's URL %q cannot be used", url),
			Remedy: "give one such as https://search.example.com:9200", Err: err,
		}
	}
	return &Cluster{url: url, client: client}, nil
}

// Perform sends one request, once. It makes a Cluster an esapi.Transport. An
// error means that no whole answer came; see Fault for what it says to a person.
func (c *Cluster) Perform(req *http.Request) (*http.Response, error) {
	return c.client.Perform(req)
}

// URL is where the cluster is reached.
func (c *Cluster) URL() string { return c.url }

// do sends a request and returns its answer, whatever its status. The error is a
// fault already.
func (c *Cluster) do(ctx context.Context, req esapi.Request) (*answer, error) {
	res, err := req.Do(ctx, c)
	if err != nil {
		return nil, c.Fault(err)
	}
	defer res.Body.Close()
	a, err := readAnswer(res)
	if err != nil {
		return nil, c.Fault(err)
	}
	return a, nil
}

// ask sends a request and reads its 200 into v; any other status is a fault.
func (c *Cluster) ask(ctx context.Context, req esapi.Request, doing string, v any) error {
	a, err := c.do(ctx, req)
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return c.refusal(a, doing)
	}
	return c.decode(a, doing, v)
}
