package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Open opens an object of the archive (or of its own bucket, if it names one)
// as it was listed. Its error is an Unreadable where the object is archived,
// gone or changed, a Fault where S3 cannot be used, or the end of ctx.
func Open(ctx context.Context, client Getter, bucket string, o run.Object) (*Body, error) {
	return patient().open(ctx, source{client, bucketOf(bucket, o), o}, 0)
}

// Body reads an object to the end it was listed with. A body that the network
// cuts or stalls is taken up where it stopped, under the same ETag, so that
// io.EOF is the end of the object and nothing else. Other errors are as those
// of Open, and stay.
type Body struct {
	ctx      context.Context // obeyed by Read, which is given none
	source   source
	patience patience

	stream io.ReadCloser // nil between two requests
	cancel context.CancelFunc
	stall  *time.Timer
	offset int64
	err    error

	failures int // in a row, without a byte between them
	bytes    int64
	retries  int64
	asksKMS  bool
}

// patience says how long a body may fail.
type patience struct {
	stall time.Duration // for one Read
	tries int           // requests in a row that brought no byte
	wait  func(failures int) time.Duration
}

func patient() patience {
	return patience{stall: 30 * time.Second, tries: 8, wait: func(failures int) time.Duration {
		most := min(100*time.Millisecond<<failures, 10*time.Second)
		return most/2 + rand.N(most/2)
	}}
}

func (p patience) open(ctx context.Context, s source, offset int64) (*Body, error) {
	if offset < 0 || offset > s.object.Size {
		return nil, fmt.Errorf("open %s at byte %d: it has %d", where(s.bucket, s.object.Key), offset, s.object.Size)
	}
	b := &Body{ctx: ctx, source: s, patience: p, offset: offset}
	if offset > 0 && offset == s.object.Size {
		b.err = io.EOF // no range can ask for this
		return b, nil
	}
	if err := b.connect(); err != nil {
		return nil, err
	}
	return b, nil
}

// Bytes read so far.
func (b *Body) Bytes() int64 { return b.bytes }

// AsksKMS tells whether S3 has to ask KMS for each read of the object: it is
// encrypted with a KMS key, and its bucket keeps none of its own.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
func (b *Body) AsksKMS() bool { return b.asksKMS }

// Retries counts the requests after the first.
func (b *Body) Retries() int64 { return b.retries }

// Close ends the request under way.
func (b *Body) Close() error {
	b.drop()
	if b.err == nil {
		b.err = errors.New("read of a closed object")
	}
	return nil
}

func (b *Body) Read(p []byte) (int, error) {
	if len(p) == 0 || b.err != nil {
		return 0, b.err
	}
	for {
		n, err := b.read(p)
		b.offset += int64(n)
		b.bytes += int64(n)
		if n > 0 {
			b.failures = 0
		}
		if err == nil && n > 0 {
			return n, nil
		}
		if err != nil {
			b.err = b.resume(err)
		}
		if n > 0 || b.err != nil {
			return n, b.err
		}
	}
}

// read reads once, and no longer than the patience lasts.
func (b *Body) read(p []byte) (int, error) {
	b.stall.Reset(b.patience.stall)
	defer b.stall.Stop()
	return b.stream.Read(p)
}

// resume decides what the error of a read means: nil if the object can be read
// on.
func (b *Body) resume(err error) error {
	b.drop()
	switch {
	case b.ctx.Err() != nil:
		return fmt.Errorf("%s: %w", b.at(), b.ctx.Err())
	case corrupted(err):
		return &run.Fault{Name: run.Unavailable, Reason: b.at() + " did not arrive as S3 keeps it", Err: err, Remedy: "start again"}
	case b.offset == b.source.object.Size:
		return io.EOF
	}
	if b.failures >= b.patience.tries {
		return &run.Fault{
			Name:   run.Unavailable,
			Reason: fmt.Sprintf("%s could not be read beyond byte %d in %d requests", b.at(), b.offset, b.failures+1),
			Err:    err, Remedy: "check the network to S3, then start again",
		}
	}
	select {
	case <-b.ctx.Done():
		return fmt.Errorf("%s: %w", b.at(), b.ctx.Err())
	case <-time.After(b.patience.wait(b.failures)):
	}
	b.failures++
	b.retries++
	return b.connect()
}

// connect asks for the rest of the object. The client has tried again by itself
// before this fails.
func (b *Body) connect() error {
	ctx, cancel := context.WithCancel(b.ctx)
	out, err := b.source.get(ctx, b.offset)
	if err != nil {
		cancel()
		return err
	}
	b.stream, b.cancel = out.Body, cancel
	b.asksKMS = strings.HasPrefix(string(out.ServerSideEncryption), "aws:kms") && !aws.ToBool(out.BucketKeyEnabled)
	b.stall = time.AfterFunc(b.patience.stall, cancel)
	b.stall.Stop()
	return nil
}

func (b *Body) drop() {
	if b.stream == nil {
		return
	}
	b.stall.Stop()
	b.cancel()
	_ = b.stream.Close()
	b.stream = nil
}

func (b *Body) at() string { return where(b.source.bucket, b.source.object.Key) }

// corrupted tells whether the SDK found another checksum than S3 named; it has
// no exported error for this.
func corrupted(err error) bool { return strings.Contains(err.Error(), "checksum did not match") }
