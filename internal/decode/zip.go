package decode

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zip"
)

const (
	// pieceSize is how much is read at once where access is random.
	pieceSize = 1 << 20
	// maxDirectory bounds the memory for a ZIP's directory: Firehose's have one
	// entry.
	maxDirectory = 8 << 20
)

// enterZip reads a ZIP's files, one after another. Its directory is at the end:
// it takes random access to the whole object, or all of it in memory.
func (s *stack) enterZip(in *bufio.Reader, mark func()) (io.Reader, func(), error) {
	var whole io.ReaderAt
	length := s.size
	if in == s.in && s.whole != nil {
		whole = &pieces{r: s.whole, size: s.size, object: s.object}
	} else {
		b, err := io.ReadAll(io.LimitReader(in, s.limit+1))
		if err != nil {
			return nil, nil, err
		}
		if length = int64(len(b)); length > s.limit {
			return nil, nil, fmt.Errorf("without random access it can be read up to %s", size(s.limit))
		}
		whole = bytes.NewReader(b)
	}
	budget := &budget{r: whole, left: maxDirectory}
	r, err := zip.NewReader(budget, length)
	if err != nil {
		return nil, nil, cut(err)
	}
	budget.left = -1
	return &entries{files: r.File, mark: mark}, nil, nil
}

// entries reads the files of a ZIP, one after another.
type entries struct {
	files []*zip.File
	mark  func()
	now   io.ReadCloser
}

func (e *entries) Read(p []byte) (int, error) {
	for {
		if e.now == nil {
			if len(e.files) == 0 {
				return 0, io.EOF
			}
			f := e.files[0]
			e.files = e.files[1:]
			if f.Flags&1 != 0 {
				return 0, errors.New("it is encrypted")
			}
			now, err := f.Open()
			if err != nil {
				return 0, cut(err)
			}
			e.mark()
			e.now = now
		}
		n, err := e.now.Read(p)
		if err == io.EOF { //nolint:errorlint // as it is from this library
			err = e.now.Close()
			e.now = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// budget lets only so many bytes be read; a negative one, all.
type budget struct {
	r    io.ReaderAt
	left int64
}

func (b *budget) ReadAt(p []byte, off int64) (int, error) {
	if b.left >= 0 {
		if b.left -= int64(len(p)); b.left < 0 {
			return 0, fmt.Errorf("its directory is larger than %s", size(maxDirectory))
		}
	}
	return b.r.ReadAt(p, off)
}

// pieces reads in large pieces: each ReadAt below may be a request to S3.
type pieces struct {
	r      io.ReaderAt
	size   int64
	object *object
	piece  []byte
	from   int64
}

func (s *pieces) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, zip.ErrFormat // a changed directory can say so
	}
	total := 0
	for total < len(p) {
		at := off + int64(total)
		if at >= s.size {
			return total, io.EOF
		}
		if at < s.from || at >= s.from+int64(len(s.piece)) {
			if s.piece == nil {
				s.piece = make([]byte, min(pieceSize, s.size))
			}
			n, err := s.r.ReadAt(s.piece[:min(pieceSize, s.size-at)], at)
			s.piece, s.from = s.piece[:n], at
			s.object.note(n, err)
			if n == 0 || err != nil && err != io.EOF {
				return total, err
			}
		}
		total += copy(p[total:], s.piece[at-s.from:])
	}
	return total, nil
}
