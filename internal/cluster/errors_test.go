package cluster

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/bulk"
	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/document"
	"github.com/rehydrate/rehydrate/internal/run"
)

// wantFault checks that err is a fault of that name, whose sentences have the
// given parts.
func wantFault(t *testing.T, err error, name string, parts ...string) {
	t.Helper()
	var f *run.Fault
	if !errors.As(err, &f) {
		t.Fatalf("%v is no fault, want %s", err, name)
	}
	if f.Name != name {
		t.Errorf("%s: %v, want %s", f.Name, f, name)
	}
	for _, part := range parts {
		if !strings.Contains(f.Error(), part) {
			t.Errorf("%q does not say %q", f, part)
		}
	}
	if f.Remedy == "" {
		t.Errorf("%q does not say what to do", f)
	}
}

func connect(t *testing.T, search run.Search) *Cluster {
	t.Helper()
	c, err := Connect(t.Context(), search, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Each way in which a cluster cannot be reached has a sentence of its own.
func TestUnreachable(t *testing.T) {
	for _, c := range []struct {
		what  string
		reach func(t *testing.T) error
		fault string
		says  []string
	}{
		{"nothing listens", nothingListens, run.Unavailable, []string{"nothing listens at 127.0.0.1:"}},
		{"name does not resolve", unresolved, run.UnusableCluster, []string{"the cluster's name search.example.internal does not resolve", "VPC"}},
		{"connecting times out", noConnection, run.Unavailable, []string{"timed out", "VPC", "security group"}},
		{"no answer", noAnswer, run.Unavailable, []string{"takes connections but does not answer in time"}},
		{"closed", closesConnection, run.Unavailable, []string{"closed the connection", "https"}},
		{"unknown CA", reaching(unknownCA), run.UnusableCluster, []string{"signed by nobody we trust", "CA"}},
		{"another name", reaching(anotherName), run.UnusableCluster, []string{"is for another name"}},
		{"expired", expired, run.UnusableCluster, []string{"has expired"}},
		{"asks for a certificate of ours", wantsClientCertificate, run.UnusableCluster, []string{"no TLS connection"}},
		{"https to a port of http", reaching(tlsToPlain), run.UnusableCluster, []string{"does not speak TLS", "http://"}},
	} {
		t.Run(c.what, func(t *testing.T) { wantFault(t, c.reach(t), c.fault, c.says...) })
	}
}

// The cause of a fault stays in it for whoever acts on it.
func TestConnectionRefusedIsFound(t *testing.T) {
	err := nothingListens(t)
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v has lost its cause", err)
	}
	c := connect(t, run.Search{URL: "http://127.0.0.1:1"})
	_, counting := c.Count(t.Context(), []string{"a"}, noonOf(9), noonOf(10))
	_, preparing := c.Prepare(t.Context(), run.Settings{IndexPrefix: "p", Zone: time.UTC}, run.Plan{From: noonOf(9), To: noonOf(10)})
	for _, err := range []error{counting, preparing, send(t, c)} {
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%v has lost its cause", err)
		}
	}
}

// send sends one document by package bulk.
func send(t *testing.T, c *Cluster) error {
	t.Helper()
	s := bulk.NewSender(bulk.Config{Transport: c, Jitter: func(int64) int64 { return int64(time.Hour) }})
	p := bulk.NewPipe(s, 1, 1<<10, func(_ *bulk.Batch, _ bulk.Result, err error) error { return err })
	b := p.Batch()
	maker := document.NewMaker(run.Settings{IndexPrefix: "p", Zone: time.UTC})
	event := &decode.Event{Header: &decode.Header{}, ID: []byte("1"), Time: noonOf(9).UnixMilli(), Message: []byte(`"m"`)}
	if err := b.Add(maker, event, false); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Submit(t.Context(), b, time.Now().Add(time.Minute)); err != nil {
		return err
	}
	return p.Drain()
}

// Whoever meets what is wrong with TLS, preparing or sending documents, says the
// same of it.
func TestOneSentenceForTLS(t *testing.T) {
	for what, of := range map[string]func(*testing.T) run.Search{"unknown CA": unknownCA, "another name": anotherName, "http": tlsToPlain} {
		t.Run(what, func(t *testing.T) {
			c := connect(t, of(t))
			_, err := c.info(t.Context())
			var prepared, sent *run.Fault
			if !errors.As(err, &prepared) || !errors.As(send(t, c), &sent) {
				t.Fatal("no fault")
			}
			if sent.Name != prepared.Name || !strings.HasSuffix(sent.Reason, prepared.Reason) || sent.Remedy != prepared.Remedy {
				t.Errorf("preparing says %s: %q; sending %s: %q", prepared.Name, prepared, sent.Name, sent)
			}
		})
	}
}

// reaching asks what is reached at such settings.
func reaching(search func(*testing.T) run.Search) func(*testing.T) error {
	return func(t *testing.T) error { return reach(t, search(t)) }
}

func reach(t *testing.T, search run.Search) error {
	t.Helper()
	_, err := connect(t, search).info(t.Context())
	return err
}

func nothingListens(t *testing.T) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return reach(t, run.Search{URL: "http://" + l.Addr().String()})
}

// unresolved asks a real name server, on loopback, that knows no names.
func unresolved(t *testing.T) error {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		query := make([]byte, 512)
		for {
			n, from, err := server.ReadFrom(query)
			if err != nil {
				return
			}
			query[2], query[3] = 0x81, 0x83 // a response: no such domain (RFC 1035, 4.1.1)
			_, _ = server.WriteTo(query[:n], from)
		}
	}()
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	return reachBy(t, "http://search.example.internal:9200", &net.Dialer{Resolver: resolver})
}

func reachBy(t *testing.T, url string, dialer *net.Dialer) error {
	t.Helper()
	wire, err := newTransport("")
	if err != nil {
		t.Fatal(err)
	}
	wire.DialContext = dialer.DialContext
	c, err := newCluster(url, wire)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.info(t.Context())
	return err
}

func noConnection(t *testing.T) error {
	return reachBy(t, "http://"+blackHole(t), &net.Dialer{Timeout: 50 * time.Millisecond})
}

// blackHole is an address that swallows connections, as a security group does: a
// socket whose queue is full.
func blackHole(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	for {
		conn, err := net.DialTimeout("tcp", address, 100*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { conn.Close() })
	}
}

func noAnswer(t *testing.T) error {
	done := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	defer s.Close()
	defer close(done)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := connect(t, run.Search{URL: s.URL}).info(ctx)
	return err
}

func closesConnection(t *testing.T) error {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			conn.Close()
		}
	}))
	defer s.Close()
	return reach(t, run.Search{URL: s.URL})
}

// tlsServer answers as a cluster, quietly.
func tlsServer(t *testing.T, config *tls.Config) *httptest.Server {
	s := httptest.NewUnstartedServer(engine("7.10.2"))
	s.TLS = config
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func engine(version string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"version":{"number":%q},"tagline":"You Know, for Search"}`, version)
	}
}

func bundle(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

func unknownCA(t *testing.T) run.Search { return run.Search{URL: tlsServer(t, nil).URL} }

func anotherName(t *testing.T) run.Search {
	s := tlsServer(t, nil)
	return run.Search{URL: strings.Replace(s.URL, "127.0.0.1", "localhost", 1), CA: bundle(s.Certificate())}
}

func expired(t *testing.T) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s := tlsServer(t, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	return reach(t, run.Search{URL: s.URL, CA: bundle(s.Certificate())})
}

func wantsClientCertificate(t *testing.T) error {
	s := tlsServer(t, &tls.Config{ClientAuth: tls.RequireAnyClientCert})
	return reach(t, run.Search{URL: s.URL, CA: bundle(s.Certificate())})
}

func tlsToPlain(t *testing.T) run.Search {
	s := httptest.NewServer(engine("7.10.2"))
	t.Cleanup(s.Close)
	return run.Search{URL: strings.Replace(s.URL, "http:", "https:", 1)}
}

func TestPrivateCA(t *testing.T) {
	s := tlsServer(t, nil)
	if err := reach(t, run.Search{URL: s.URL, CA: bundle(s.Certificate())}); err != nil {
		t.Error(err)
	}
	_, err := Connect(t.Context(), run.Search{URL: s.URL, CA: "nonsense"}, nil, nil)
	wantFault(t, err, run.UnusableCluster, "private CA", "PEM")
}

// A service that cannot be reached from a subnet is told apart from one that
// answers with a fault.
func TestEndpointFault(t *testing.T) {
	_, err := (&net.Dialer{Timeout: 50 * time.Millisecond}).Dial("tcp", blackHole(t))
	wantFault(t, endpointFault("Secrets Manager", err), run.Unavailable, "Secrets Manager cannot be reached", "interface endpoint", "NAT")
	for _, err := range []error{errors.New("AccessDenied"), context.Canceled, syscall.ECONNREFUSED} {
		if f := endpointFault("Secrets Manager", err); f != nil {
			t.Errorf("%v became %v", err, f)
		}
	}
}
