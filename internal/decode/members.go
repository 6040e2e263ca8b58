package decode

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/rehydrate/rehydrate/internal/inflate"
)

// members reads gzip members one after another, with padding between and behind
// them, which plain gzip readers trip over.
type members struct {
	in    *bufio.Reader
	mark  func()
	limit int64           // of padding
	zr    *inflate.Reader // of an earlier object, or nil
	open  bool
}

func (m *members) Read(p []byte) (int, error) {
	for {
		if !m.open {
			if err := m.next(); err != nil {
				return 0, err
			}
		}
		n, err := m.zr.Read(p)
		if err == io.EOF { //nolint:errorlint // as it is from this package
			m.open, err = false, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// next begins the next member. The one before has ended well.
func (m *members) next() error {
	m.mark()
	for padded := int64(0); ; padded++ {
		c, err := m.in.ReadByte()
		if err != nil {
			return err
		}
		if !padding(c) {
			break
		}
		if padded == m.limit {
			return fmt.Errorf("the padding between two members is larger than %s", size(m.limit))
		}
	}
	if err := m.in.UnreadByte(); err != nil {
		return err
	}
	switch begin, err := m.in.Peek(2); {
	case begin[0] != 0x1f || len(begin) == 2 && begin[1] != 0x8b:
		return errors.New("bytes follow a member that begin no other")
	case len(begin) < 2:
		return cut(err)
	}
	if m.zr == nil {
		m.zr = inflate.NewReader(m.in)
	} else {
		m.zr.Reset(m.in)
	}
	m.open = true
	return nil
}

// cut is err, where an end is no sound one.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
