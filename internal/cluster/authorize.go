package cluster

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/rehydrate/rehydrate/internal/run"
)

// authorize puts on top of next what search.Auth asks for.
func authorize(ctx context.Context, next http.RoundTripper, search run.Search, secrets Secrets, credentials aws.CredentialsProvider) (http.RoundTripper, error) {
	switch search.Auth {
	case "", "none":
		return next, nil
	case "basic", "apikey":
		s := &secret{arn: search.Secret, form: search.Auth, from: secrets}
		if err := s.read(ctx); err != nil {
			return nil, err
		}
		return &authorization{next: next, secret: s}, nil
	case "sigv4":
		return newSigning(next, search.Region, credentials), nil
	}
	return nil, &run.Fault{
		Name: run.UnusableCluster, Reason: fmt.Sprintf("%q is no way to authenticate", search.Auth),
		Remedy: "give none, basic, apikey or sigv4",
	}
}

// authorization sends a secret along. On a 401 it reads the secret anew and, if
// it has changed, sends the request once more: it may have been rotated.
type authorization struct {
	next   http.RoundTripper
	secret *secret
}

func (a *authorization) RoundTrip(req *http.Request) (*http.Response, error) {
	sent := a.secret.header()
	res, err := a.next.RoundTrip(withHeader(req, sent))
	if err != nil || res.StatusCode != http.StatusUnauthorized {
		return res, err
	}
	again, err := replay(req)
	if err != nil {
		return res, nil //nolint:nilerr // the body is gone, so the 401 stands
	}
	renewed := a.secret.renew(req.Context(), sent)
	if renewed == sent {
		return res, nil
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer)) // so that the connection can be used again
	res.Body.Close()
	return a.next.RoundTrip(withHeader(again, renewed))
}

// withHeader is req with an Authorization; a RoundTripper must not change the
// request that it was given.
func withHeader(req *http.Request, value string) *http.Request {
	c := req.Clone(req.Context())
	c.Header.Set("Authorization", value)
	return c
}

// replay is req with its body from the start.
func replay(req *http.Request) (*http.Request, error) {
	c := req.Clone(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return c, nil
	}
	if req.GetBody == nil {
		return nil, fmt.Errorf("the body of %s %s cannot be sent again", req.Method, req.URL.Path)
	}
	body, err := req.GetBody()
	c.Body = body
	return c, err
}
