package cluster

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/apierror"
	"github.com/rehydrate/rehydrate/internal/run"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 20

// answer is a whole answer of the cluster.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// words are the cluster's own: its reason, or the beginning of whatever it sent.
func (a *answer) words() string {
	e := apierror.Read(a.body)
	return cmp.Or(e.Reason, e.Type, "nothing")
}

// isDenied: we may not do what was asked for.
func (a *answer) isDenied() bool {
	return a.status == http.StatusUnauthorized || a.status == http.StatusForbidden
}

// do sends a request and returns its answer, whatever its status. Errors are
// faults.
func (c *Cluster) do(ctx context.Context, req esapi.Request) (*answer, error) {
	res, err := req.Do(ctx, c)
	if err != nil {
		return nil, c.unreachable(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, c.unreachable(fmt.Errorf("read the answer: %w", err))
	}
	if len(body) > maxAnswer {
		return nil, &run.Fault{
			Name: run.Unavailable, Reason: fmt.Sprintf("%s answered with over %d MiB", c.url, maxAnswer>>20),
			Remedy: "look for a proxy in between",
		}
	}
	return &answer{status: res.StatusCode, header: res.Header, body: body}, nil
}

// ask sends a request and reads its 200 into v; sound then tells whether that is
// what the API answers to such a request. doing says what was asked for, such as
// "put the index template x".
func (c *Cluster) ask(ctx context.Context, req esapi.Request, doing string, v any, sound func() bool) error {
	a, err := c.do(ctx, req)
	if err != nil {
		return err
	}
	return c.read(a, doing, v, sound)
}

// read is ask for an answer that is there.
func (c *Cluster) read(a *answer, doing string, v any, sound func() bool) error {
	if a.status != http.StatusOK {
		return c.refusal(a, doing)
	}
	if json.Unmarshal(a.body, v) != nil || !sound() {
		return c.unsound(a, doing)
	}
	return nil
}

// unsound is the fault of an answer that has the right status but is not what
// the API answers: a page of a proxy's, or one that was cut. The next may be.
func (c *Cluster) unsound(a *answer, doing string) *run.Fault {
	return &run.Fault{
		Name: run.Unavailable, Reason: fmt.Sprintf("asked to %s, %s answered with something that is no answer to it: %s", doing, c.url, a.words()),
		Remedy: "give the URL of the cluster itself, and look for a proxy in between",
	}
}

// refusal is the fault that an answer of the wrong status is.
func (c *Cluster) refusal(a *answer, doing string) *run.Fault {
	words := a.words()
	f := &run.Fault{
		Name: run.UnusableCluster, Reason: fmt.Sprintf("the cluster refused to %s (%d): %s", doing, a.status, words),
		Remedy: "look at the cluster's log for why",
	}
	switch {
	case strings.Contains(apierror.Read(a.body).Type, "cluster_block_exception"):
		return blocked(words)
	case a.status == http.StatusUnauthorized:
		f.Name = run.Denied
		f.Reason = fmt.Sprintf("the cluster does not know us (401): %s", words)
		f.Remedy = "give it credentials that it accepts: look at the way of authentication and at what the secret holds"
	case a.status == http.StatusForbidden:
		f.Name = run.Denied
		f.Reason = fmt.Sprintf("we may not %s (403): %s", doing, words)
		f.Remedy = "grant that to the user or role that this program uses; with SigV4 both the domain's access policy and its fine-grained roles must"
	case a.status == http.StatusTooManyRequests:
		f.Name = run.Throttled
		f.Remedy = "give the cluster time, or more nodes"
	case a.status >= http.StatusInternalServerError:
		f.Name = run.Unavailable
		f.Reason = fmt.Sprintf("the cluster could not %s (%d): %s", doing, a.status, words)
		f.Remedy = "look at its health"
	case a.status >= http.StatusMultipleChoices && a.status < http.StatusBadRequest:
		f.Reason = fmt.Sprintf("%s sends us on to %s (%d)", c.url, a.header.Get("Location"), a.status)
		f.Remedy = "give the URL of the cluster itself"
	}
	return f
}

// unreachable is the fault of a request that brought no whole answer. Its cause
// is err, so that errors.Is finds a syscall.ECONNREFUSED. A fault in err is
// returned as it is.
func (c *Cluster) unreachable(err error) *run.Fault {
	var f *run.Fault
	if errors.As(err, &f) {
		return f
	}
	f = &run.Fault{Name: run.Unavailable, Err: err}
	address := c.address()
	var unresolved *net.DNSError
	switch {
	case errors.As(err, new(*credentialsError)):
		f.Name = run.Denied
		f.Reason, f.Remedy = "there are no credentials to sign requests to the cluster with", "give this program a role, or the usual AWS variables"
	case errors.As(err, &unresolved):
		if unresolved.IsNotFound {
			f.Name = run.UnusableCluster
		}
		f.Reason = fmt.Sprintf("the cluster's name %s does not resolve", unresolved.Name)
		f.Remedy = "look for a typing error in the URL; a private name resolves only inside its own VPC or zone"
	case errors.Is(err, syscall.ECONNREFUSED):
		f.Reason, f.Remedy = "nothing listens at "+address, "look whether the cluster runs, and at the port (9200 by default, 443 at Amazon)"
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, new(tls.RecordHeaderError)):
		f.Name = run.UnusableCluster
		f.Reason, f.Remedy = address+" does not speak TLS", "give the URL with http:// or the port that speaks https"
	case isTLS(err):
		f.Name = run.UnusableCluster
		f.Reason, f.Remedy = untrusted(address, err)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		f.Reason, f.Remedy = "no route leads to "+address, "put this program into the cluster's VPC, or peer the two"
	case isTimeout(err) && isDial(err):
		f.Reason, f.Remedy = fmt.Sprintf("connecting to %s timed out", address),
			"let this program run in the cluster's VPC, and let the cluster's security group admit its own on that port"
	case isTimeout(err):
		f.Reason, f.Remedy = address+" takes connections but does not answer in time", "look at the cluster's health and load"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		f.Reason, f.Remedy = address+" closed the connection before it had answered",
			"look whether the cluster was restarted; where this happens at once, it may want https"
	default:
		f.Reason, f.Remedy = "the cluster at "+address+" cannot be reached", "look at the URL and the network between"
	}
	return f
}

func untrusted(address string, err error) (reason, remedy string) {
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, new(x509.UnknownAuthorityError)):
		return "the certificate of " + address + " is signed by nobody we trust", "give the CA that signed it as a setting (PEM)"
	case errors.As(err, new(x509.HostnameError)):
		return "the certificate of " + address + " is for another name", "give the URL with a name that the certificate has"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate of " + address + " has expired, or is not valid yet", "renew it"
	}
	return "no TLS connection to " + address + " can be made", "look at the certificate, and whether the cluster asks for one of ours (which is not supported)"
}

// address is the host and port of the cluster.
func (c *Cluster) address() string {
	switch {
	case c.url.Port() != "":
		return c.url.Host
	case c.url.Scheme == "https":
		return c.url.Host + ":443"
	}
	return c.url.Host + ":80"
}

// endpointFault is the fault of an AWS service that cannot be reached at all,
// which in a private subnet means that the way there is missing; nil where err is
// of another kind.
func endpointFault(service string, err error) *run.Fault {
	unreachable := isTimeout(err) || errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH)
	if !unreachable || errors.Is(err, context.Canceled) {
		return nil
	}
	return &run.Fault{
		Name: run.Unavailable, Reason: service + " cannot be reached from here",
		Remedy: "a Lambda in private subnets has no way out by itself: give these subnets a NAT gateway, or an interface endpoint for it that admits this Lambda's security group on port 443",
		Err:    err,
	}
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func isTLS(err error) bool {
	return errors.As(err, new(*tls.CertificateVerificationError)) || errors.As(err, new(tls.AlertError)) ||
		strings.Contains(err.Error(), "tls: ")
}
