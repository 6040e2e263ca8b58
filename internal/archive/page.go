package archive

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/rehydrate/rehydrate/internal/run"
)

// pages lists what lies under a prefix: all keys or, with a delimiter, those
// and the folders of one level. Its errors are Faults, or the end of ctx. A page
// that is not what S3 says to the request is one: believed, it would be an empty
// hour.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
func pages(ctx context.Context, client Pager, bucket, prefix, delimiter string) iter.Seq2[*s3.ListObjectsV2Output, error] {
	in := &s3.ListObjectsV2Input{
		Bucket: aws.String(bucket), Prefix: aws.String(prefix),
		EncodingType:             "url", // a key may hold what XML cannot
		OptionalObjectAttributes: []types.OptionalObjectAttributes{types.OptionalObjectAttributesRestoreStatus},
	}
	if delimiter != "" {
		in.Delimiter = aws.String(delimiter)
	}
	tokens := map[string]bool{}
	return func(yield func(*s3.ListObjectsV2Output, error) bool) {
		for {
			page, err := client.ListObjectsV2(ctx, in)
			if err != nil {
				permission := "s3:ListBucket on arn:aws:s3:::" + bucket + " for the prefix " + prefix
				yield(nil, fault(ctx, permission, bucket, prefix, err))
				return
			}
			token := aws.ToString(page.NextContinuationToken)
			wrong := wrongPage(page, bucket, prefix)
			if wrong == "" && aws.ToBool(page.IsTruncated) && (token == "" || tokens[token]) {
				wrong = "says that more follows, but not where"
			}
			if wrong != "" {
				yield(nil, unbelievable("the list of "+where(bucket, prefix)+" "+wrong))
				return
			}
			if !yield(page, nil) || !aws.ToBool(page.IsTruncated) {
				return
			}
			tokens[token] = true
			in.ContinuationToken = page.NextContinuationToken
		}
	}
}

// wrongPage says what is wrong with a page; empty if nothing is.
func wrongPage(page *s3.ListObjectsV2Output, bucket, prefix string) string {
	name, count := aws.ToString(page.Name), len(page.Contents)+len(page.CommonPrefixes)
	// An access point may answer with the name of its bucket.
	alias := strings.HasPrefix(bucket, "arn:") || strings.HasSuffix(bucket, "-s3alias")
	switch {
	case page.IsTruncated == nil || name == "":
		return "is no answer of S3: it names no bucket or does not say whether more follows"
	case name != bucket && !alias:
		return "is that of bucket " + name
	case aws.ToString(page.Prefix) != prefix && decoded(page.Prefix) != prefix:
		return fmt.Sprintf("is that of the prefix %q", decoded(page.Prefix))
	case int(aws.ToInt32(page.KeyCount)) != count:
		return fmt.Sprintf("says that it has %d entries, but has %d", aws.ToInt32(page.KeyCount), count)
	}
	for _, o := range page.Contents {
		if !strings.HasPrefix(decoded(o.Key), prefix) {
			return fmt.Sprintf("holds %q", decoded(o.Key))
		}
	}
	for _, p := range page.CommonPrefixes {
		if !strings.HasPrefix(decoded(p.Prefix), prefix) {
			return fmt.Sprintf("holds %q", decoded(p.Prefix))
		}
	}
	return ""
}

// unbelievable is the Fault of an answer that S3 does not give.
func unbelievable(reason string) *run.Fault {
	return &run.Fault{
		Name: run.Unavailable, Reason: reason,
		Remedy: "check the endpoint and what stands between here and S3, then start again",
	}
}

// listed is an object as S3 lists it.
func listed(o types.Object) run.Object {
	object := run.Object{
		Key: decoded(o.Key), Size: aws.ToInt64(o.Size), ETag: aws.ToString(o.ETag),
		// A copy that can be read has a date when it goes.
		Restored: o.RestoreStatus != nil && o.RestoreStatus.RestoreExpiryDate != nil,
	}
	if o.StorageClass != types.ObjectStorageClassStandard {
		object.StorageClass = string(o.StorageClass)
	}
	return object
}

// decoded undoes the encoding of a key in a listing; one that was not encoded
// after all stays as it is.
func decoded(s *string) string {
	plain, err := url.QueryUnescape(aws.ToString(s))
	if err != nil {
		return aws.ToString(s)
	}
	return plain
}
