package index

import (
	"context"
	"io"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
)

// flipping is S3 behind a network that changes the byte of each answer that its
// number among the answers names, as long as there are any.
type flipping struct {
	archive.Getter
	at []int
}

func (f *flipping) GetObject(ctx context.Context, in *s3.GetObjectInput, more ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	out, err := f.Getter.GetObject(ctx, in, more...)
	if err != nil || len(f.at) == 0 {
		return out, err
	}
	out.Body = &flippedBody{ReadCloser: out.Body, at: f.at[0]}
	f.at = f.at[1:]
	return out, nil
}

type flippedBody struct {
	io.ReadCloser
	at int // bytes from here
}

func (b *flippedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.at >= 0 && b.at < n {
		p[b.at] ^= 4
	}
	b.at -= n
	return n, err
}

// Bytes that were changed on the way are read again. Whatever byte it was, nothing
// that it would have made of an event comes into the index; not even where the
// second reading is changed, too.
func TestIndexReadsChangedBytesAgain(t *testing.T) {
	f := newFixture(t, nil)
	object := f.put(t, "k", records(1, 20))
	clean, _ := f.finish(t, f.work(object))
	want := f.server.Documents()
	size := int(object.Size)
	for at := 0; at < size; at += 7 {
		for _, flips := range [][]int{{at}, {at, at * 7 % size}} {
			f := newFixture(t, nil)
			object := f.put(t, "k", records(1, 20))
			s3 := &flipping{f.client, flips}
			f.objects = func(run.Object) archive.Getter { return s3 }
			work, _ := f.finish(t, f.work(object))
			if len(flips) == 1 && (work.Outcome.Counts != clean.Outcome.Counts || work.Outcome.End != run.Indexed) {
				t.Errorf("byte %d changed: %s, %+v, want %+v", at, work.Outcome.End, work.Outcome.Counts, clean.Outcome.Counts)
			}
			for index, documents := range f.server.Documents() {
				for id, source := range documents {
					if source != want[index][id] {
						t.Errorf("bytes %v changed: %s is %s, want %s", flips, id, source, want[index][id])
					}
				}
			}
		}
	}
}
