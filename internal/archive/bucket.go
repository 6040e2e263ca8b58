package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/rehydrate/rehydrate/internal/run"
)

var (
	// ErrNotFound is returned for a key that is not there.
	ErrNotFound = errors.New("no such object")
	// ErrExists is returned by PutNew for a key that is there already.
	ErrExists = errors.New("the object exists already")
)

// partBytes is the size of the parts of a stream; 10,000 of them are 80 GB.
const partBytes = 8 << 20

// Bucket keeps the files of runs. Errors beside those named are Faults.
type Bucket struct {
	client *s3.Client
	name   string
}

// NewBucket is the bucket of that name.
func NewBucket(client *s3.Client, name string) *Bucket {
	return &Bucket{client: client, name: name}
}

// Name of the bucket.
func (b *Bucket) Name() string { return b.name }

// Get reads a whole object that is known to be small. A key that is not there
// is ErrNotFound.
func (b *Bucket) Get(ctx context.Context, key string) ([]byte, error) {
	body, err := b.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	return io.ReadAll(body)
}

// Open reads an object as a stream, with the promises of Body. A key that is not
// there is ErrNotFound.
func (b *Bucket) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	head, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(b.name), Key: aws.String(key)})
	if err != nil {
		if c := code(err); c == codeNotFound || c == codeNoSuchKey {
			// An answer to HEAD does not tell which of the two is missing.
			return nil, b.missing(ctx, key)
		}
		return nil, b.fault(ctx, "s3:GetObject", key, err)
	}
	if err := wrongHead(head, b.name, key); err != nil {
		return nil, err
	}
	body, err := Open(ctx, b.client, b.name, run.Object{
		Key: key, Size: aws.ToInt64(head.ContentLength), ETag: aws.ToString(head.ETag),
	})
	if err != nil {
		return nil, err
	}
	return body, nil
}

func (b *Bucket) missing(ctx context.Context, key string) error {
	if _, err := b.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(b.name)}); code(err) == codeNotFound {
		return &run.Fault{
			Name: run.UnusableArchive, Reason: "there is no bucket " + b.name, Err: err,
			Remedy: "give the name of a bucket that exists",
		}
	}
	return fmt.Errorf("%s: %w", where(b.name, key), ErrNotFound)
}

// Put writes an object, in the place of one that is there.
func (b *Bucket) Put(ctx context.Context, key string, body []byte, contentType string) error {
	return b.put(ctx, key, body, contentType, nil)
}

// PutNew writes an object unless there is one, which is ErrExists: of many at
// once, one wins. The caller has to look whose it is, because an answer that got
// lost is asked for again.
func (b *Bucket) PutNew(ctx context.Context, key string, body []byte, contentType string) error {
	err := b.put(ctx, key, body, contentType, aws.String("*"))
	// A conflict is a rival that is not done yet; the client has tried again.
	if c := code(err); c == codePreconditionFailed || c == "ConditionalRequestConflict" {
		return fmt.Errorf("%s: %w", where(b.name, key), ErrExists)
	}
	return err
}

func (b *Bucket) put(ctx context.Context, key string, body []byte, contentType string, ifNoneMatch *string) error {
	out, err := b.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(b.name), Key: aws.String(key), Body: bytes.NewReader(body),
		ContentType: aws.String(contentType), IfNoneMatch: ifNoneMatch,
	})
	if err != nil {
		return b.fault(ctx, "s3:PutObject", key, err)
	}
	return b.written(key, out.ETag)
}

// written is the Fault of a write that was answered without an ETag: not by S3,
// so that nothing may have been written.
func (b *Bucket) written(key string, etag *string) error {
	if aws.ToString(etag) == "" {
		return unbelievable(where(b.name, key) + " was answered as written but without an ETag, which S3 always gives: it may not be there")
	}
	return nil
}

// PutStream writes an object of any size from a stream, holding some 40 MiB of
// it. When body fails, its error is returned and no object appears.
func (b *Bucket) PutStream(ctx context.Context, key string, body io.Reader, contentType string) error {
	source := &failing{Reader: body}
	out, err := transfermanager.New(uploader{b.client}, func(o *transfermanager.Options) {
		o.PartSizeBytes, o.MultipartUploadThreshold, o.Concurrency = partBytes, partBytes, 2
		o.FailTimeout = 10 * time.Second // to throw the parts away
	}).UploadObject(ctx, &transfermanager.UploadObjectInput{
		Bucket: aws.String(b.name), Key: aws.String(key), Body: source, ContentType: aws.String(contentType),
	})
	switch {
	case source.err != nil:
		return source.err
	case err != nil:
		return b.fault(ctx, "s3:PutObject and s3:AbortMultipartUpload", key, err)
	}
	return b.written(key, out.ETag)
}

// uploader is a client whose answers to the beginning of an upload name it: the
// transfer manager would panic.
type uploader struct{ *s3.Client }

func (u uploader) CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, opts ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	out, err := u.Client.CreateMultipartUpload(ctx, in, opts...)
	if err == nil && aws.ToString(out.UploadId) == "" {
		return nil, unbelievable(where(*in.Bucket, *in.Key) + " was answered as an upload, but without an id")
	}
	return out, err
}

// failing remembers the error of a reader.
type failing struct {
	io.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// List calls each for every object under prefix, in key order, until it returns
// an error, which List returns.
func (b *Bucket) List(ctx context.Context, prefix string, each func(run.Object) error) error {
	for page, err := range pages(ctx, b.client, b.name, prefix, "") {
		if err != nil {
			return err
		}
		for _, o := range page.Contents {
			if err := each(listed(o)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Bucket) fault(ctx context.Context, permission, key string, err error) error {
	return fault(ctx, permission+" on "+where(b.name, key), b.name, key, err)
}
