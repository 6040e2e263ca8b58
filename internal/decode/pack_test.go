package decode

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zip"
	"github.com/klauspost/compress/zstd"
)

func closed(t testing.TB, w io.WriteCloser, p []byte) {
	t.Helper()
	if _, err := w.Write(p); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func gzipped(t testing.TB, p []byte) []byte {
	var b bytes.Buffer
	closed(t, gzip.NewWriter(&b), p)
	return b.Bytes()
}

func snapped(t testing.TB, p []byte) []byte {
	var b bytes.Buffer
	closed(t, snappy.NewBufferedWriter(&b), p)
	return b.Bytes()
}

func zstded(t testing.TB, p []byte) []byte {
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	closed(t, w, p)
	return b.Bytes()
}

func zipped(t testing.TB, files ...[]byte) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, p := range files {
		f, err := w.Create("records")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hadooped packs blocks of n plain bytes, each as two Snappy blocks.
func hadooped(p []byte, n int) []byte {
	var out []byte
	for len(p) > 0 {
		block := p[:min(len(p), n)]
		p = p[len(block):]
		out = binary.BigEndian.AppendUint32(out, uint32(len(block)))
		for _, part := range [][]byte{block[:len(block)/2], block[len(block)/2:]} {
			if len(part) > 0 {
				packed := snappy.Encode(nil, part)
				out = binary.BigEndian.AppendUint32(out, uint32(len(packed)))
				out = append(out, packed...)
			}
		}
	}
	return out
}
