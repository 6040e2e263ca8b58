package bulk

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
)

// workspace is what sending a batch needs beside its lines, kept for the next.
type workspace struct {
	unresolved []int      // documents without an outcome
	verdicts   []verdict  // of each document
	answers    []answered // of the documents of the last request
	answer     []byte     // the last answer
	gathered   []byte     // lines of documents that do not stand together
	packed     *bytes.Buffer
	gzip       *gzip.Writer
	readers    *atomic.Int32 // request bodies that are not closed yet
}

func newWorkspace() workspace { return workspace{readers: new(atomic.Int32)} }

// stillRead tells whether a connection may still read what was sent last.
func (w *workspace) stillRead() bool { return w.readers.Load() != 0 }

// letGo makes gathered and packed free to be written again.
func (w *workspace) letGo() {
	if w.stillRead() {
		w.gathered, w.packed = nil, nil
	}
}

// compress packs body. Level 1: beyond it the bytes saved cost more time than
// they take to send within a data centre.
func (w *workspace) compress(body []byte) []byte {
	w.letGo()
	if w.packed == nil {
		w.packed = new(bytes.Buffer)
	}
	w.packed.Reset()
	if w.gzip == nil {
		w.gzip, _ = gzip.NewWriterLevel(w.packed, gzip.BestSpeed) // a level that exists is no error
	} else {
		w.gzip.Reset(w.packed)
	}
	// Writing to a bytes.Buffer cannot fail.
	_, _ = w.gzip.Write(body)
	_ = w.gzip.Close()
	return w.packed.Bytes()
}

// read reads an answer whole into w.answer.
func (w *workspace) read(body io.Reader) error {
	w.answer = w.answer[:0]
	for {
		if cap(w.answer)-len(w.answer) < 4<<10 {
			w.answer = append(make([]byte, 0, max(64<<10, 2*cap(w.answer))), w.answer...)
		}
		n, err := body.Read(w.answer[len(w.answer):cap(w.answer)])
		w.answer = w.answer[:len(w.answer)+n]
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case len(w.answer) > maxAnswer:
			return fmt.Errorf("the answer has more than %d bytes", maxAnswer)
		}
	}
}
