package inflate_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/rehydrate/rehydrate/internal/inflate"
	"github.com/rehydrate/rehydrate/local/sample"
)

// BenchmarkInflate reads an object as Firehose leaves it, a member for each record,
// beside the library that is the fastest otherwise, by turns: compare the ratio.
func BenchmarkInflate(b *testing.B) {
	members, err := sample.Members(1, 34<<20)
	if err != nil {
		b.Fatal(err)
	}
	object, err := io.ReadAll(members)
	if err != nil {
		b.Fatal(err)
	}
	ours, library := time.Hour, time.Hour // the best of all rounds: others may use the machine
	r, scratch := inflate.NewReader(bufio.NewReader(nil)), make([]byte, 256<<10)
	theirs := new(gzip.Reader)
	size, rounds := 0, int64(0)
	for b.Loop() {
		rounds++
		start := time.Now()
		in := bufio.NewReaderSize(bytes.NewReader(object), 64<<10)
		if err := theirs.Reset(in); err != nil {
			b.Fatal(err)
		}
		if _, err := io.CopyBuffer(io.Discard, onlyReader{theirs}, scratch); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		in.Reset(bytes.NewReader(object))
		for size = 0; ; {
			if _, err := in.Peek(1); errors.Is(err, io.EOF) {
				break
			}
			r.Reset(in)
			for err = nil; err == nil; {
				var n int
				n, err = r.Read(scratch)
				size += n
			}
			if !errors.Is(err, io.EOF) {
				b.Fatal(err)
			}
		}
		library = min(library, middle.Sub(start))
		ours = min(ours, time.Since(middle))
	}
	b.ReportMetric(float64(size)/1e6/library.Seconds(), "library-MB/s")
	b.ReportMetric(float64(size)/1e6/ours.Seconds(), "MB/s")
	b.ReportMetric(library.Seconds()/ours.Seconds(), "times-the-library")
}

type onlyReader struct{ io.Reader }
