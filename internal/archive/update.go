package archive

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/rehydrate/rehydrate/internal/run"
)

// updatePause is the longest pause before a change is tried again that another was
// faster than.
const updatePause = 200 * time.Millisecond

// Update replaces a small object by what change makes of it, which is given nil where
// it is not there, and leaves it as it is where that gives nil. Of many at once each
// sees what the one before has made: a change whose object was replaced meanwhile is
// made anew, until ctx ends. One whose answer was lost may be made twice.
func (b *Bucket) Update(ctx context.Context, key, contentType string, change func(old []byte) ([]byte, error)) error {
	for {
		old, etag, err := b.read(ctx, key)
		if err != nil {
			return err
		}
		body, err := change(old)
		if err != nil || body == nil {
			return err
		}
		in := &s3.PutObjectInput{
			Bucket: aws.String(b.name), Key: aws.String(key), Body: bytes.NewReader(body),
			ContentType: aws.String(contentType), IfMatch: etag,
		}
		if etag == nil {
			in.IfNoneMatch = aws.String("*")
		}
		out, err := b.client.PutObject(ctx, in)
		if err == nil {
			return b.written(key, out.ETag)
		}
		if c := code(err); c != codePreconditionFailed && c != "ConditionalRequestConflict" {
			return b.fault(ctx, "s3:PutObject", key, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(rand.Int64N(int64(updatePause)))): //nolint:gosec // to keep rivals apart
		}
	}
}

// read is an object as it is now; nothing where it is not there.
func (b *Bucket) read(ctx context.Context, key string) (body []byte, etag *string, err error) {
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(b.name), Key: aws.String(key)})
	if code(err) == codeNoSuchKey {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, b.fault(ctx, "s3:GetObject", key, err)
	}
	defer func() { _ = out.Body.Close() }()
	if aws.ToString(out.ETag) == "" {
		return nil, nil, unbelievable(where(b.name, key) + " was answered without an ETag, which S3 always gives")
	}
	if body, err = io.ReadAll(out.Body); err != nil {
		return nil, nil, &run.Fault{Name: run.Unavailable, Reason: where(b.name, key) + " could not be read to its end", Err: err}
	}
	return body, out.ETag, nil
}
