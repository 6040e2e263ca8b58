package decode

import (
	"bufio"
	"io"

	"github.com/rehydrate/rehydrate/internal/inflate"
)

// Buffers is the memory of a decoder, which the next one takes over once it is
// closed: most objects of an archive are small, and to make it anew for each
// costs as much as to read them. The zero value is ready. It belongs to one
// decoder at a time.
type Buffers struct {
	text   []byte
	chunks []*chunk
	in     *bufio.Reader
	layers [maxLayers]layerBuffers
}

// layerBuffers are those of a layer and of what is inside of it.
type layerBuffers struct {
	gzip *inflate.Reader
	in   *bufio.Reader
}

// maxKept is how large a text buffer is kept, in bytes: it only grows for an
// unusual record.
const maxKept = 1 << 20

// buffered gives a buffered reader of from, which is the one at kept where there is
// one, and is kept there.
func buffered(kept **bufio.Reader, from io.Reader, size int) *bufio.Reader {
	if *kept == nil {
		*kept = bufio.NewReaderSize(from, size)
	} else {
		(*kept).Reset(from)
	}
	return *kept
}

// takeText gives an empty buffer for text.
func (b *Buffers) takeText() []byte {
	if b.text == nil {
		return make([]byte, 0, firstRead)
	}
	text := b.text
	b.text = nil
	return text[:0]
}

func (b *Buffers) giveText(text []byte) {
	if cap(text) <= maxKept {
		b.text = text
	}
}

// takeChunk gives a chunk without state.
func (b *Buffers) takeChunk() *chunk {
	n := len(b.chunks) - 1
	if n < 0 {
		return &chunk{}
	}
	c := b.chunks[n]
	b.chunks = b.chunks[:n]
	return &chunk{text: c.text[:0]}
}
