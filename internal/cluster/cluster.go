// Package cluster speaks with Elasticsearch and OpenSearch: how they are
// reached, which product they are, whether they may be written to, the index
// template of a run, and what their indices hold.
//
// It knows nothing of archives and objects. Documents are sent by package bulk,
// through the Cluster's Perform.
package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/elastic/elastic-transport-go/v8/elastictransport"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Cluster is a connection to a cluster, safe for use by many goroutines. It
// never repeats a request by itself, but for one on a 401 with a secret that has
// changed meanwhile: whoever sends decides what is tried again.
type Cluster struct {
	url    *url.URL
	client *elastictransport.Client
}

// Connect makes a Cluster from its settings. It reads the secret, if there is
// one, but sends nothing to the cluster. credentials sign for SigV4; secrets and
// credentials may be nil where search.Auth has no use for them.
//
// Its errors are faults that tell what to do. No secret is ever part of them.
func Connect(ctx context.Context, search run.Search, secrets Secrets, credentials aws.CredentialsProvider) (*Cluster, error) {
	transport, err := newTransport(search.CA)
	if err != nil {
		return nil, err
	}
	authorized, err := authorize(ctx, transport, search, secrets, credentials)
	if err != nil {
		return nil, err
	}
	return newCluster(search.URL, authorized)
}

// newCluster does without the client of go-elasticsearch's root package: it
// would refuse OpenSearch, and compiles four times as much.
func newCluster(address string, next http.RoundTripper) (*Cluster, error) {
	u, err := url.Parse(strings.TrimRight(address, "/"))
	var client *elastictransport.Client
	if err == nil {
		client, err = elastictransport.NewClient(
			elastictransport.WithURLs(u),
			elastictransport.WithTransport(next),
			elastictransport.WithUserAgent("rehydrate"),
			// It repeats 502, 503 and 504 at once and without a pause.
			elastictransport.WithDisableRetry(),
		)
	}
	if err != nil {
		return nil, &run.Fault{
			Name: run.UnusableCluster, Reason: fmt.Sprintf("the cluster's URL %q cannot be used", address),
			Remedy: "give one such as https://search.example.com:9200", Err: err,
		}
	}
	return &Cluster{url: u, client: client}, nil
}

// Perform sends one request, once. It makes a Cluster an esapi.Transport. Its
// errors are faults, and mean that no whole answer came.
func (c *Cluster) Perform(req *http.Request) (*http.Response, error) {
	res, err := c.client.Perform(req)
	if err != nil {
		return nil, c.unreachable(err)
	}
	return res, nil
}

// How long parts of a request may take. A bulk body waits up to a minute for
// shards by Elasticsearch's own default before it is answered.
const (
	dialTimeout     = 10 * time.Second
	tlsTimeout      = 10 * time.Second
	responseTimeout = 2 * time.Minute
	// idleTimeout is below what load balancers keep: a connection that they have
	// dropped fails the request sent on it.
	idleTimeout = 30 * time.Second
	// idleConnections covers the most bodies that settings allow in flight.
	idleConnections = 64
	// writeBuffer holds the whole request of a small object, which is then written at
	// once, and with no buffer made for it.
	writeBuffer = 64 << 10
)

// newTransport is HTTP/1.1, one request a connection at a time, so that bodies
// in flight do not wait for each other's bytes. It trusts the system's roots and
// those of the PEM bundle ca.
func newTransport(ca string) (*http.Transport, error) {
	var roots *x509.CertPool // those of the system, read when there is something to verify
	if ca != "" {
		var err error
		if roots, err = x509.SystemCertPool(); err != nil {
			roots = x509.NewCertPool()
		}
		if !roots.AppendCertsFromPEM([]byte(ca)) {
			return nil, &run.Fault{
				Name: run.UnusableCluster, Reason: "the private CA of the cluster holds no certificate",
				Remedy: "give the certificates themselves in PEM form (-----BEGIN CERTIFICATE-----)",
			}
		}
	}
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   tlsTimeout,
		ResponseHeaderTimeout: responseTimeout,
		MaxIdleConnsPerHost:   idleConnections,
		IdleConnTimeout:       idleTimeout,
		WriteBufferSize:       writeBuffer,
		// Compressing answers would cost the engine time that it needs for documents.
		DisableCompression: true,
	}, nil
}
