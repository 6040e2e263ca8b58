package archive

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// told answers each request with no object, and tells where it went to and how it was
// signed, but for what differs each time.
type told struct {
	mu    sync.Mutex
	calls []string
}

func (t *told) Do(r *http.Request) (*http.Response, error) {
	scope, _, _ := strings.Cut(r.Header.Get("Authorization"), ", Signature=")
	t.mu.Lock()
	t.calls = append(t.calls, r.Method+" "+r.URL.String()+" "+scope)
	t.mu.Unlock()
	return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// TestEndpointsAreTheSDKs asks for objects of buckets of all kinds, each twice, with
// and without the memory of endpoints: requests go to the same places, signed alike,
// many at once as well.
func TestEndpointsAreTheSDKs(t *testing.T) {
	client := func(to *told, remember bool, more func(*s3.Options)) *s3.Client {
		return s3.New(s3.Options{Region: "ap-northeast-1", HTTPClient: to, Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")}, more, func(o *s3.Options) {
			o.RetryMaxAttempts = 1
			if remember {
				o.EndpointResolverV2 = &endpoints{resolver: s3.NewDefaultEndpointResolverV2()}
			}
		})
	}
	for name, options := range map[string]func(*s3.Options){
		"of AWS":            func(*s3.Options) {},
		"in another region": InRegion("cn-north-1"),
		"with a path":       func(o *s3.Options) { o.UsePathStyle = true },
		"FIPS and dual stack": func(o *s3.Options) {
			o.EndpointOptions.UseFIPSEndpoint, o.EndpointOptions.UseDualStackEndpoint = aws.FIPSEndpointStateEnabled, aws.DualStackEndpointStateEnabled
		},
		"of another server": func(o *s3.Options) { o.BaseEndpoint, o.UsePathStyle = aws.String("http://127.0.0.1:9000/s3"), true },
	} {
		t.Run(name, func(t *testing.T) {
			var want, got told
			plain, remembers := client(&want, false, options), client(&got, true, options)
			ask := func(c *s3.Client) {
				for _, bucket := range []string{"logs", "logs.of.many", "arn:aws:s3:ap-northeast-1:123456789012:accesspoint/logs", "other"} {
					for _, key := range []string{"a/1", "b c/2", "a/1"} {
						_, _ = c.GetObject(context.Background(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
					}
					_, _ = c.ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: aws.String("a/")})
				}
			}
			ask(plain)
			ask(remembers)
			if g, w := strings.Join(got.calls, "\n"), strings.Join(want.calls, "\n"); g != w || w == "" {
				t.Fatalf("requests go to\n%s\nwant\n%s", g, w)
			}
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() { ask(remembers) })
			}
			all.Wait()
			known := map[string]bool{}
			for _, call := range want.calls {
				known[call] = true
			}
			for _, call := range got.calls {
				if !known[call] {
					t.Errorf("many at once: %s", call)
				}
			}
		})
	}
}
