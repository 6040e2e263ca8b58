package decode

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zip"
	"github.com/klauspost/compress/zstd"

	"github.com/rehydrate/rehydrate/internal/inflate"
)

// The layers, as people call them.
const (
	gzipName   = "gzip"
	zipName    = "zip"
	snappyName = "snappy"
	hadoopName = "hadoop-snappy"
	zstdName   = "zstd"
)

// peekSize is how many bytes it takes to know a layer.
const peekSize = 16

// magic is what a layer begins with.
type magic struct{ magic, name string }

func magics() []magic {
	return []magic{
		{"\x1f\x8b", gzipName},
		{"PK\x03\x04", zipName},
		{"PK\x05\x06", zipName}, // an empty one
		{"\xff\x06\x00\x00sNaPpY", snappyName},
		{"\x28\xb5\x2f\xfd", zstdName},
	}
}

// nameOf knows a layer by its first bytes; "" is none.
func nameOf(b []byte) string {
	for _, known := range magics() {
		if bytes.HasPrefix(b, []byte(known.magic)) {
			return known.name
		}
	}
	if isHadoop(b) {
		return hadoopName
	}
	return ""
}

// maxWindow is the most memory that a zstd frame may ask for: level 19 takes
// 8 MiB.
const maxWindow = 32 << 20

// enter gives the reader of what is inside a layer. It calls mark before it
// gives the first byte of each part that has a checksum of its own.
func (s *stack) enter(name string, in *bufio.Reader, mark func()) (io.Reader, func(), error) {
	switch name {
	case gzipName:
		kept := &s.buffers.layers[len(s.open)-1].gzip
		m := &members{in: in, mark: mark, limit: s.limit, zr: *kept}
		return m, func() { *kept = m.zr }, nil
	case snappyName:
		s.now.starts[len(s.open)-1] = math.MaxInt64 // verifies before it gives
		return newSnappy(in), nil, nil
	case hadoopName:
		return &hadoop{in: in, limit: s.limit}, nil, nil
	case zstdName:
		r, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, err
		}
		return r, r.Close, nil
	default:
		return s.enterZip(in, mark)
	}
}

// newSnappy reads Snappy's framing. A changed bit can turn a chunk into one that
// may be skipped, which nobody writes: these are refused.
// https://github.com/google/snappy/blob/main/framing_format.txt
func newSnappy(in io.Reader) io.Reader {
	const largest = 64 << 10
	options := []s2.ReaderOption{s2.ReaderMaxBlockSize(largest)}
	for id := 0x80; id <= 0xfd; id++ {
		options = append(options, s2.ReaderSkippableCB(uint8(id), func(io.Reader) error { return snappy.ErrCorrupt }))
	}
	return s2.NewReader(in, options...)
}

// explain says what an error of a layer means.
func explain(err error) string {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, inflate.ErrChecksum), errors.Is(err, zip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch), errors.Is(err, s2.ErrCRC):
		return "a checksum or length is wrong: bytes were changed or lost after they were written"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "it is cut off"
	case errors.Is(err, inflate.ErrHeader):
		return "a member has no valid header"
	case errors.Is(err, zip.ErrFormat):
		return "it has no valid directory at its end: it was cut off, or changed"
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return fmt.Sprintf("it was compressed with a window larger than %s", size(maxWindow))
	case errors.Is(err, inflate.ErrCorrupt), errors.As(err, &corrupt), errors.Is(err, snappy.ErrCorrupt):
		return "the compressed data is corrupt"
	}
	return err.Error()
}
