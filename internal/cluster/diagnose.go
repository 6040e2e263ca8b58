package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Fault says what an error of Perform means, in a sentence for a person, and
// what to do about it. A fault in err is returned as it is.
func (c *Cluster) Fault(err error) *run.Fault {
	var f *run.Fault
	if errors.As(err, &f) {
		return f
	}
	f = &run.Fault{Name: run.Unavailable, Err: err}
	f.Reason, f.Remedy = c.unreachable(err)
	var unresolved *net.DNSError
	switch {
	case errors.As(err, new(*credentialsError)):
		f.Name = run.Denied
	case errors.As(err, &unresolved) && unresolved.IsNotFound, isTLS(err), errors.Is(err, http.ErrSchemeMismatch):
		f.Name = run.UnusableCluster
	}
	return f
}

func (c *Cluster) unreachable(err error) (reason, todo string) {
	var unresolved *net.DNSError
	switch {
	case errors.As(err, new(*credentialsError)):
		return "there are no credentials to sign requests to the cluster with", "give this program a role, or the usual AWS variables"
	case errors.As(err, &unresolved):
		return fmt.Sprintf("the cluster's name %s does not resolve", unresolved.Name),
			"look for a typing error in the URL; a private name resolves only inside its own VPC or zone"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens at " + c.address(),
			"look whether the cluster runs, and at the port (9200 by default, 443 at Amazon)"
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, new(tls.RecordHeaderError)):
		return c.address() + " does not speak TLS", "give the URL with http:// or the port that speaks https"
	case isTLS(err):
		return c.untrusted(err)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "no route leads to " + c.address(), "put this program into the cluster's VPC, or peer the two"
	case isTimeout(err) && isDial(err):
		return fmt.Sprintf("connecting to %s timed out", c.address()),
			"let this program run in the cluster's VPC, and let the cluster's security group admit its own on that port"
	case isTimeout(err):
		return c.address() + " takes connections but does not answer in time", "look at the cluster's health and load"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return c.address() + " closed the connection before it had answered",
			"look whether the cluster was restarted; where this happens at once, it may want https"
	}
	return "the cluster at " + c.address() + " cannot be reached", "look at the URL and the network between"
}

func (c *Cluster) untrusted(err error) (reason, todo string) {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &authority):
		return "the certificate of " + c.address() + " is signed by nobody we trust", "give the CA that signed it as a setting (PEM)"
	case errors.As(err, &host):
		return "the certificate of " + c.address() + " is for another name", "give the URL with a name that the certificate has"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate of " + c.address() + " has expired, or is not valid yet", "renew it"
	}
	return "no TLS connection to " + c.address() + " can be made", "look at the certificate, and whether the cluster asks for one of ours (which is not supported)"
}

// address is the host and port of the cluster.
func (c *Cluster) address() string {
	u, err := url.Parse(c.url)
	switch {
	case err != nil:
		return c.url
	case u.Port() != "":
		return u.Host
	case u.Scheme == "https":
		return u.Host + ":443"
	}
	return u.Host + ":80"
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
		errors.As(err, new(tls.RecordHeaderError)) || strings.Contains(err.Error(), "tls: ")
}
