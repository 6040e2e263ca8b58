package archive

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Stater is the part of an S3 client that Stat needs.
type Stater interface {
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
}

// Stat gives an object as it is now, whatever it was when it was listed. Its
// error is an Unreadable where it is gone, a Fault where S3 cannot be used.
func Stat(ctx context.Context, client Stater, bucket string, o run.Object) (run.Object, error) {
	o, _, err := stat(ctx, client, bucket, o)
	return o, err
}

// stat is Stat, with what S3 answered.
func stat(ctx context.Context, client Stater, bucket string, o run.Object) (run.Object, *s3.HeadObjectOutput, error) {
	bucket = bucketOf(bucket, o)
	head, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(o.Key)})
	switch c := code(err); {
	case c == codeNotFound, c == codeNoSuchKey:
		return run.Object{}, nil, &Unreadable{End: run.Gone, Reason: where(bucket, o.Key) + " is not there"}
	case err != nil:
		return run.Object{}, nil, fault(ctx, "s3:GetObject on arn:aws:s3:::"+bucket+"/*", bucket, o.Key, err)
	}
	if err := wrongHead(head, bucket, o.Key); err != nil {
		return run.Object{}, nil, err
	}
	o.Size, o.ETag = aws.ToInt64(head.ContentLength), aws.ToString(head.ETag)
	o.StorageClass = string(head.StorageClass) // none for STANDARD
	// The header of a restored copy is: ongoing-request="false", expiry-date="…"
	// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
	o.Restored = strings.Contains(aws.ToString(head.Restore), `ongoing-request="false"`)
	return o, head, nil
}

// wrongHead is the Fault of an answer to HEAD that lacks what S3 always says.
func wrongHead(head *s3.HeadObjectOutput, bucket, key string) error {
	if aws.ToString(head.ETag) == "" || head.ContentLength == nil {
		return unbelievable(where(bucket, key) + " was answered without an ETag or a length, which S3 always gives")
	}
	return nil
}
