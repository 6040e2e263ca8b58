package archive

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/rehydrate/rehydrate/internal/run"
)

// tailSize is how much of an object's end is kept: a ZIP file's directory.
const tailSize = 128 << 10

// gapLimit is how many bytes are rather read and thrown away than asked anew.
const gapLimit = 256 << 10

// ReaderAt reads an object at any place, with the promises of Body. The end of
// the object is kept in memory, and reading on where the last call stopped is
// one request: made for ZIP, whose directory stands at the end.
type ReaderAt struct {
	ctx    context.Context // obeyed by Read, which is given none
	source source

	mu     sync.Mutex
	tail   []byte
	stream *Body
	count  run.Outcome // of streams that are done: BytesIn and Retries
}

// NewReaderAt is a ReaderAt; nothing is asked of S3 yet.
func NewReaderAt(ctx context.Context, client Getter, bucket string, o run.Object) *ReaderAt {
	return &ReaderAt{ctx: ctx, source: source{client, bucketOf(bucket, o), o}}
}

// Size is the object's, as listed.
func (r *ReaderAt) Size() int64 { return r.source.object.Size }

// ReadAt implements io.ReaderAt. Its errors are as those of Open.
func (r *ReaderAt) ReadAt(p []byte, offset int64) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case offset < 0:
		return 0, fmt.Errorf("read %s at byte %d", where(r.source.bucket, r.source.object.Key), offset)
	case offset >= r.Size():
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	start := max(0, r.Size()-tailSize)
	if offset >= start {
		if err := r.loadTail(start); err != nil {
			return 0, err
		}
		n := copy(p, r.tail[offset-start:])
		if n < len(p) {
			return n, io.EOF
		}
		return n, nil
	}
	if err := r.seek(offset); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(r.stream, p)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	return n, err
}

// Bytes read from S3 so far.
func (r *ReaderAt) Bytes() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stream == nil {
		return r.count.BytesIn
	}
	return r.count.BytesIn + r.stream.Bytes()
}

// Retries counts the requests that took up a body which the network cut.
func (r *ReaderAt) Retries() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stream == nil {
		return r.count.Retries
	}
	return r.count.Retries + r.stream.Retries()
}

// Close ends the request under way.
func (r *ReaderAt) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop()
	return nil
}

func (r *ReaderAt) loadTail(start int64) error {
	if r.tail != nil {
		return nil
	}
	b, err := patient().open(r.ctx, r.source, start)
	if err != nil {
		return err
	}
	defer func() { _ = b.Close() }()
	tail := make([]byte, r.Size()-start)
	_, err = io.ReadFull(b, tail)
	r.count.BytesIn += b.Bytes()
	r.count.Retries += b.Retries()
	if err != nil {
		return err
	}
	r.tail = tail
	return nil
}

// seek brings the stream to offset.
func (r *ReaderAt) seek(offset int64) error {
	if r.stream != nil && offset >= r.stream.offset && offset-r.stream.offset <= gapLimit {
		_, err := io.CopyN(io.Discard, r.stream, offset-r.stream.offset)
		return err
	}
	r.drop()
	b, err := patient().open(r.ctx, r.source, offset)
	r.stream = b
	return err
}

func (r *ReaderAt) drop() {
	if r.stream == nil {
		return
	}
	_ = r.stream.Close()
	r.count.BytesIn += r.stream.Bytes()
	r.count.Retries += r.stream.Retries()
	r.stream = nil
}
