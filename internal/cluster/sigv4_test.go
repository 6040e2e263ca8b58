package cluster

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// verifier is a domain that checks signatures by making them again with the
// SDK's own signer, from what has arrived.
type verifier struct {
	t           *testing.T
	credentials map[string]aws.Credentials // by access key
	failures    int                        // how many requests to answer with 503 first
	bodies      []string
	keys        []string
	paths       []string
}

func (v *verifier) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		v.t.Errorf("read the body: %v", err)
	}
	authorization := r.Header.Get("Authorization")
	_, rest, _ := strings.Cut(authorization, "Credential=")
	key, scope, _ := strings.Cut(rest, "/")
	if !strings.Contains(scope, "/ap-northeast-1/es/aws4_request") {
		v.t.Errorf("signed for the scope %s", scope)
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || time.Since(at) > time.Minute {
		v.t.Errorf("signed at %q: %v", r.Header.Get("X-Amz-Date"), err)
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if got := r.Header.Get("X-Amz-Content-Sha256"); got != hash {
		v.t.Errorf("the hash of the body is %s, of what arrived %s", got, hash)
	}
	if want := v.sign(r, key, scope, hash, at, int64(len(body))); authorization != want {
		v.t.Errorf("%s %s: signed\n%s\nwant\n%s", r.Method, r.RequestURI, authorization, want)
		w.WriteHeader(http.StatusForbidden)
		return
	}
	v.keys = append(v.keys, key)
	v.paths = append(v.paths, r.RequestURI)
	if v.failures > 0 {
		v.failures--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	v.bodies = append(v.bodies, string(body))
	_, _ = w.Write([]byte(`{"_shards":{"total":1,"successful":1,"failed":0}}`))
}

// sign makes the Authorization that a request with these signed headers has.
func (v *verifier) sign(r *http.Request, key, scope, hash string, at time.Time, length int64) string {
	again, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+r.Host+r.RequestURI, http.NoBody)
	if err != nil {
		v.t.Fatal(err)
	}
	again.ContentLength = length
	_, signed, _ := strings.Cut(scope, "SignedHeaders=")
	signed, _, _ = strings.Cut(signed, ",")
	for name := range strings.SplitSeq(signed, ";") {
		if values := r.Header.Values(name); values != nil && name != "x-amz-date" {
			again.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	if err := v4.NewSigner().SignHTTP(r.Context(), v.credentials[key], again, hash, "es", "ap-northeast-1", at); err != nil {
		v.t.Fatal(err)
	}
	return again.Header.Get("Authorization")
}

// rotating are credentials that change with every request, as a role's may.
type rotating struct{ all []aws.Credentials }

func (p *rotating) Retrieve(context.Context) (aws.Credentials, error) {
	c := p.all[0]
	p.all = append(p.all[1:], c)
	return c, nil
}

func TestSigning(t *testing.T) {
	roles := []aws.Credentials{
		{AccessKeyID: "AKIDONE", SecretAccessKey: "one", SessionToken: "token-one"},
		{AccessKeyID: "AKIDTWO", SecretAccessKey: "two", SessionToken: "token-two"},
	}
	v := &verifier{t: t, credentials: map[string]aws.Credentials{"AKIDONE": roles[0], "AKIDTWO": roles[1]}, failures: 1}
	s := httptest.NewServer(v)
	defer s.Close()
	c, err := Connect(t.Context(), run.Search{URL: s.URL, Auth: "sigv4", Region: "ap-northeast-1"}, nil, &rotating{roles})
	if err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write(bytes.Repeat([]byte("{\"create\":{}}\n"), 1000))
	_ = z.Close()
	bulk := func(body io.Reader) int {
		t.Helper()
		header := http.Header{"Content-Encoding": {"gzip"}, "Content-Type": {"application/x-ndjson"}}
		res, err := esapi.BulkRequest{Body: body, Header: header, FilterPath: []string{"errors", "items.*._id"}}.Do(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	// The first is answered with 503; what is sent again is signed anew.
	for _, want := range []int{503, 200} {
		if status := bulk(bytes.NewReader(zipped.Bytes())); status != want {
			t.Errorf("answered with %d, want %d", status, want)
		}
	}
	// A body that can be read only once is sent whole, too.
	if status := bulk(io.MultiReader(bytes.NewReader(zipped.Bytes()))); status != 200 {
		t.Errorf("answered with %d", status)
	}
	if err := c.refresh(t.Context(), []string{"ecs-task-2018-12-10", "ログ-*"}); err != nil {
		t.Error(err)
	}
	if got := strings.Join(v.keys, ","); got != "AKIDONE,AKIDTWO,AKIDONE,AKIDTWO" {
		t.Errorf("signed by %s, want the credentials of the moment", got)
	}
	if len(v.bodies) != 3 || v.bodies[0] != zipped.String() || v.bodies[1] != zipped.String() {
		t.Errorf("%d bodies arrived, or not as they were sent", len(v.bodies))
	}
	if path := v.paths[3]; strings.ContainsAny(strings.SplitN(path, "?", 2)[0], ",*") {
		t.Errorf("the path %s has characters that the service would encode differently", path)
	}
}

func TestSigningWithoutCredentials(t *testing.T) {
	for _, p := range []aws.CredentialsProvider{nil, aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("no role")
	})} {
		c, err := Connect(t.Context(), run.Search{URL: "http://127.0.0.1:1", Auth: "sigv4", Region: "ap-northeast-1"}, nil, p)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.info(t.Context())
		wantFault(t, err, run.Denied, "no credentials to sign")
	}
}
