package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

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
)

// newTransport is HTTP/1.1, one request a connection at a time, so that bodies
// in flight do not wait for each other's bytes.
func newTransport(ca string) (*http.Transport, error) {
	roots, err := trusted(ca)
	if err != nil {
		return nil, err
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
		// Compressing answers would cost the engine time that it needs for documents.
		DisableCompression: true,
	}, nil
}

// trusted are the system's roots and those of the PEM bundle.
func trusted(ca string) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if ca == "" {
		return roots, nil
	}
	if !roots.AppendCertsFromPEM([]byte(ca)) {
		return nil, &run.Fault{
			Name: run.UnusableCluster, Reason: "the private CA of the cluster holds no certificate",
			Remedy: "give the certificates themselves in PEM form (-----BEGIN CERTIFICATE-----)",
		}
	}
	return roots, nil
}

// product lets OpenSearch and Elasticsearch before 7.14 pass the client, which
// refuses answers that do not name its own product. What the cluster really is,
// Info asks.
type product struct{ next http.RoundTripper }

const productHeader = "X-Elastic-Product"

func (p *product) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := p.next.RoundTrip(req)
	if err == nil {
		res.Header.Set(productHeader, "Elasticsearch")
	}
	return res, err
}
