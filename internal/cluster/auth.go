package cluster

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"

	"github.com/rehydrate/rehydrate/internal/run"
)

// authorize puts on top of next what search.Auth asks for.
func authorize(ctx context.Context, next http.RoundTripper, search run.Search, secrets Secrets, credentials aws.CredentialsProvider) (http.RoundTripper, error) {
	switch search.Auth {
	case "", "none":
		return next, nil
	case "basic", "apikey":
		s := &secret{arn: search.Secret, form: search.Auth, from: secrets}
		var err error
		if s.value, err = s.fetch(ctx); err != nil {
			return nil, err
		}
		return &authorization{next: next, secret: s}, nil
	case "sigv4":
		return &signing{next: next, region: search.Region, credentials: credentials, signer: v4.NewSigner()}, nil
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
	again, ok := replay(req)
	if !ok {
		return res, nil // the body is gone, so the 401 stands
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

// replay is req with its body from the start, where that can be had.
func replay(req *http.Request) (*http.Request, bool) {
	c := req.Clone(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return c, true
	}
	if req.GetBody == nil {
		return nil, false
	}
	var err error
	c.Body, err = req.GetBody()
	return c, err == nil
}

// Secrets is the part of Secrets Manager that is needed.
type Secrets interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

const (
	// secretTimeout is short, because a subnet without a way out does not refuse
	// but swallows, and the reason should be told before the Lambda's time is over.
	secretTimeout = 20 * time.Second
	// renewEvery limits how often a secret is read again while it is wrong.
	renewEvery = 30 * time.Second
)

// secret is an Authorization header made of a secret, read once and kept.
type secret struct {
	arn  string
	form string // basic or apikey
	from Secrets

	mu      sync.Mutex
	value   string
	renewed time.Time
}

func (s *secret) header() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value
}

// renew returns the header to use after one was refused: a newer one that is
// known already, or else what the secret holds now. It returns the refused one
// where there is no other.
func (s *secret) renew(ctx context.Context, refused string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.value != refused || time.Since(s.renewed) < renewEvery {
		return s.value
	}
	s.renewed = time.Now()
	if value, err := s.fetch(ctx); err == nil {
		s.value = value
	}
	return s.value
}

func (s *secret) fetch(ctx context.Context) (string, error) {
	if s.from == nil {
		return "", &run.Fault{Name: run.Denied, Reason: "there is no Secrets Manager to read " + s.arn + " from"}
	}
	ctx, cancel := context.WithTimeout(ctx, secretTimeout)
	defer cancel()
	out, err := s.from.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(s.arn)})
	if err != nil {
		return "", s.unreadable(err)
	}
	value := aws.ToString(out.SecretString)
	if s.form == "basic" {
		return s.basic(value)
	}
	return s.apiKey(value)
}

// basic makes the header of {"username":…,"password":…}. No part of the value,
// not even where its JSON breaks, goes into the error.
func (s *secret) basic(value string) (string, error) {
	var user struct{ Username, Password string }
	if err := json.Unmarshal([]byte(value), &user); err != nil || user.Username == "" || user.Password == "" {
		return "", s.malformed(`a JSON object with "username" and "password"`)
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username+":"+user.Password)), nil
}

// apiKey makes the header of an encoded API key, which is base64 of id:key.
func (s *secret) apiKey(value string) (string, error) {
	value = strings.TrimSpace(value)
	if _, err := base64.StdEncoding.DecodeString(value); err != nil || value == "" {
		return "", s.malformed(`the "encoded" API key alone, as Elasticsearch gave it`)
	}
	return "ApiKey " + value, nil
}

func (s *secret) malformed(wanted string) error {
	return &run.Fault{
		Name:   run.UnusableCluster,
		Reason: fmt.Sprintf("the secret %s has not the form that authentication by %s needs", s.arn, s.form),
		Remedy: "let it hold " + wanted,
	}
}

func (s *secret) unreadable(err error) error {
	if f := endpointFault("Secrets Manager", err); f != nil {
		return f
	}
	f := &run.Fault{
		Name: run.Unavailable, Reason: fmt.Sprintf("the secret %s cannot be read", s.arn),
		Remedy: "look at the state of Secrets Manager in this region", Err: err,
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return f
	}
	switch api.ErrorCode() {
	case "AccessDeniedException", "DecryptionFailure", "UnrecognizedClientException", "ExpiredTokenException":
		f.Name = run.Denied
		f.Remedy = "allow this Lambda's role secretsmanager:GetSecretValue on it, and kms:Decrypt on its key where it has one of its own"
	case "ResourceNotFoundException", "InvalidRequestException", "InvalidParameterException", "ValidationException":
		f.Name = run.UnusableCluster
		f.Remedy = "give the ARN of a secret that is there, in this region, and not marked for deletion"
	}
	return f
}
