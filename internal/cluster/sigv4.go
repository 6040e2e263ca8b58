package cluster

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/encoding/httpbinding"
)

// signingName is that of Amazon OpenSearch Service, for Elasticsearch domains too.
const signingName = "es"

// signing signs each request by Signature Version 4 as it goes out, compressed
// and with everything else done to it, and so anew on every attempt.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/request-signing.html
type signing struct {
	next        http.RoundTripper
	region      string
	credentials aws.CredentialsProvider
	signer      *v4.Signer
}

func (s *signing) RoundTrip(req *http.Request) (*http.Response, error) {
	signed, err := s.sign(req)
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	return s.next.RoundTrip(signed)
}

func (s *signing) sign(req *http.Request) (*http.Request, error) {
	if s.credentials == nil {
		return nil, &credentialsError{fmt.Errorf("there are none")}
	}
	credentials, err := s.credentials.Retrieve(req.Context())
	if err != nil {
		return nil, &credentialsError{err}
	}
	c := req.Clone(req.Context())
	hash, err := hashBody(c)
	if err != nil {
		return nil, err
	}
	// The service encodes the path that it receives once more; what was sent
	// plain, such as a comma between index names, it would have encoded twice.
	c.URL.RawPath = httpbinding.EscapePath(c.URL.Path, false)
	c.Header.Set("X-Amz-Content-Sha256", hash)
	if err := s.signer.SignHTTP(c.Context(), credentials, c, hash, signingName, s.region, time.Now()); err != nil {
		return nil, fmt.Errorf("sign %s %s: %w", c.Method, c.URL.Path, err)
	}
	return c, nil
}

// credentialsError says that there is nothing to sign with.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return "AWS credentials: " + e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

// hashBody returns the hex SHA-256 of the body, which it leaves to be sent.
func hashBody(req *http.Request) (string, error) {
	h := sha256.New()
	if req.Body == nil || req.Body == http.NoBody {
		return hex.EncodeToString(h.Sum(nil)), nil
	}
	if req.GetBody == nil {
		if err := keepBody(req); err != nil {
			return "", err
		}
	}
	body, err := req.GetBody()
	if err != nil {
		return "", fmt.Errorf("read the body to sign: %w", err)
	}
	defer body.Close()
	if _, err := io.Copy(h, body); err != nil {
		return "", fmt.Errorf("read the body to sign: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// keepBody reads a body that can be read once into memory.
func keepBody(req *http.Request) error {
	b, err := io.ReadAll(req.Body)
	req.Body.Close()
	if err != nil {
		return fmt.Errorf("read the body to sign: %w", err)
	}
	req.ContentLength = int64(len(b))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
	req.Body, err = req.GetBody()
	return err
}
