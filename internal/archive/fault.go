package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Error codes of S3 by what they mean here.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const (
	codeNoSuchBucket       = "NoSuchBucket"
	codeNoSuchKey          = "NoSuchKey"
	codeNotFound           = "NotFound" // an answer to HEAD has no body to tell more
	codePreconditionFailed = "PreconditionFailed"
	codeInvalidObjectState = "InvalidObjectState"
	codeInvalidRange       = "InvalidRange"
)

// code is S3's word for err; empty if S3 did not answer.
func code(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return ""
	}
	return api.ErrorCode()
}

// fault says which of the surroundings failed, when what was asked of S3
// ("list", "read", "write") failed with err, and what to do about it. The end of
// ctx is no fault.
func fault(ctx context.Context, permission, bucket, key string, err error) error {
	at := where(bucket, key)
	if stopped(ctx, err) {
		return fmt.Errorf("%s: %w", at, ctx.Err())
	}
	var known *run.Fault
	if errors.As(err, &known) {
		return known
	}
	f := &run.Fault{Err: err}
	status, region := answer(err)
	switch c := code(err); {
	case c == codeNoSuchBucket:
		f.Name, f.Reason = run.UnusableArchive, "there is no bucket "+bucket
		f.Remedy = "give the name of a bucket that exists"
	case redirects(c), status == http.StatusMovedPermanently:
		f.Name, f.Reason = run.UnusableArchive, "bucket "+bucket+" lies in another region"
		f.Remedy = elsewhere(region)
	case strings.HasPrefix(c, "KMS."), status == http.StatusForbidden && strings.Contains(err.Error(), "kms:"):
		f.Name, f.Reason = run.Denied, at+" is encrypted with a KMS key that may not be used"+deniedBy(err)
		f.Remedy = "allow kms:Decrypt (and kms:GenerateDataKey to write) on that key, and see that it is enabled" + denialRemedy(err)
	case status == http.StatusForbidden, status == http.StatusUnauthorized, badCredentials(c):
		f.Name, f.Reason = run.Denied, "S3 denies access to "+at+deniedBy(err)
		f.Remedy = cmp.Or(SignIn(err), "allow "+permission+denialRemedy(err))
	case throttles(c), status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests:
		f.Name, f.Reason = run.Throttled, "S3 asks to slow down at "+at
		f.Remedy = "lower maxConcurrency"
	case c == "" && noCredentials(err):
		f.Name, f.Reason = run.Denied, "no AWS credentials were found to reach "+at
		f.Remedy = SignIn(err)
	case c != "" && status >= 400 && status < 500:
		f.Name, f.Reason = run.UnusableArchive, "S3 refuses the request for "+at
	case status != 0:
		f.Name, f.Reason = run.Unavailable, "S3 failed for "+at
		f.Remedy = "start again"
	default:
		f.Name, f.Reason = run.Unavailable, "S3 did not answer for "+at
		f.Remedy = "check the network and the endpoint, then start again; a Lambda in private subnets without NAT needs a gateway endpoint for S3 in their route tables"
	}
	return f
}

// answer is the HTTP status of S3's answer and the region it names; zero where
// there was none.
func answer(err error) (status int, region string) {
	var r *smithyhttp.ResponseError
	if !errors.As(err, &r) || r.Response == nil {
		return 0, ""
	}
	return r.HTTPStatusCode(), r.Response.Header.Get("X-Amz-Bucket-Region")
}

func redirects(code string) bool {
	switch code {
	case "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "MovedPermanently":
		return true
	}
	return false
}

func badCredentials(code string) bool {
	switch code {
	case "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired",
		"RequestTimeTooSkewed", "AccountProblem", "AllAccessDisabled":
		return true
	}
	return false
}

func throttles(code string) bool {
	switch code {
	case "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "ServiceUnavailable":
		return true
	}
	return false
}
