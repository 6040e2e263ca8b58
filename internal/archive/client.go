package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/s3page"
)

const (
	// attempts at one request. The wait after each is up to twice as long as after the
	// one before, from firstWait on: together 15 s at most, so that a short outage, or a
	// laptop that changes its network, ends nothing. Where S3 asks for less they begin
	// at 1 s, and none is longer than 20 s.
	attempts  = 6
	firstWait = 500 * time.Millisecond
	// answerLimit is how long a server may take to begin its answer.
	answerLimit = 30 * time.Second
	// connections kept open: as many as List uses at once.
	connections = 64
)

// NewClient is a client of S3 in the default AWS configuration or, where
// endpoint is not empty, of the S3 server at that URL, with the bucket's name in
// the path. A server on this computer gets made-up credentials when none are
// configured. Its error is a Fault.
func NewClient(ctx context.Context, endpoint string, more ...func(*s3.Options)) (*s3.Client, error) {
	here := loopback(endpoint)
	options := []func(*config.LoadOptions) error{
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.BaseDelay = attempts, firstWait // the SDK's own is 50 ms
				// By default retries are from a purse that all calls share and that is slow to
				// fill: after a short outage, calls would fail at the first hitch.
				o.RateLimiter = ratelimit.None
			})
		}),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.ResponseHeaderTimeout = answerLimit
			t.MaxIdleConnsPerHost = connections
		})),
	}
	if here { // asking the EC2 metadata service would take seconds
		options = append(options, config.WithEC2IMDSClientEnableState(imds.ClientDisabled))
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, &run.Fault{
			Name: run.Denied, Reason: "the AWS configuration cannot be used", Err: err,
			Remedy: cmp.Or(SignIn(err), "correct it (AWS_PROFILE, AWS_CONFIG_FILE, ~/.aws)"),
		}
	}
	if c.Region == "" && endpoint == "" {
		return nil, &run.Fault{
			Name: run.UnusableArchive, Reason: "no AWS region is configured",
			Remedy: "set AWS_REGION to the region of the bucket",
		}
	}
	if c.Region == "" {
		c.Region = "us-east-1" // only signed with
	}
	if here && !hasCredentials(ctx, c) {
		c.Credentials = credentials.NewStaticCredentialsProvider("local", "local", "")
	}
	ours := func(o *s3.Options) {
		// Objects written in parts carry no checksum of the whole.
		o.DisableLogOutputChecksumValidationSkipped = true
		o.EndpointResolverV2 = &endpoints{resolver: s3.NewDefaultEndpointResolverV2()}
		if endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
			o.UsePathStyle = true
		}
	}
	return s3.NewFromConfig(c, append([]func(*s3.Options){ours, s3page.Read}, more...)...), nil
}

// InRegion is for a bucket that lies in another region than this program runs in;
// empty for the same.
func InRegion(region string) func(*s3.Options) {
	return func(o *s3.Options) {
		if region != "" {
			o.Region = region
		}
	}
}

// RequesterPays says, where pays is set, that who asks bears the cost: a bucket of
// requester pays denies everything else.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html
func RequesterPays(pays bool) func(*s3.Options) {
	return func(o *s3.Options) {
		if pays {
			o.APIOptions = append(o.APIOptions, smithyhttp.AddHeaderValue("X-Amz-Request-Payer", "requester"))
		}
	}
}

func loopback(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func hasCredentials(ctx context.Context, c aws.Config) bool {
	if c.Credentials == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	_, err := c.Credentials.Retrieve(ctx)
	return err == nil
}

// where names what a request was about, for a person.
func where(bucket, key string) string { return fmt.Sprintf("s3://%s/%s", bucket, key) }

// stopped tells whether err came from ctx and not from S3.
func stopped(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded))
}
