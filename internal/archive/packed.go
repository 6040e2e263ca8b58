package archive

import (
	"bytes"
	"encoding/binary"

	"github.com/rehydrate/rehydrate/internal/run"
)

// packed are the objects of a page of a listing as long as they wait: half of the
// memory, and nothing for the garbage collector to look through.
type packed []byte

// pack packs objects as listed, whose keys all begin with prefix.
func pack(prefix string, objects []run.Object, scratch *[]byte) packed {
	b := (*scratch)[:0]
	for _, o := range objects {
		b = appendText(b, o.Key[len(prefix):])
		b = binary.AppendVarint(b, o.Size)
		b = appendText(b, o.ETag)
		b = appendText(b, o.StorageClass)
		restored := byte(0)
		if o.Restored {
			restored = 1
		}
		b = append(b, restored)
	}
	*scratch = b
	return bytes.Clone(b)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// each unpacks the objects, until do returns an error, which it returns.
func (p packed) each(prefix string, do func(run.Object) error) error {
	text := func() string {
		n, width := binary.Uvarint(p)
		s := string(p[width : width+int(n)]) //nolint:gosec // the length of a string
		p = p[width+len(s):]
		return s
	}
	for len(p) > 0 {
		o := run.Object{Key: prefix + text()}
		size, width := binary.Varint(p)
		o.Size, p = size, p[width:]
		o.ETag, o.StorageClass = text(), text()
		o.Restored, p = p[0] == 1, p[1:]
		if err := do(o); err != nil {
			return err
		}
	}
	return nil
}
