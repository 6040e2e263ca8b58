package document

import (
	"time"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/jsonscan"
)

// Lines writes events as lines of JSON that stand for themselves, for a run whose
// destination is files. It keeps what it made last for the next event, so that
// each goroutine needs one of its own.
type Lines struct {
	days   calendar
	header *decode.Header
	origin []byte // the members of header's events
}

// NewLines makes Lines.
func NewLines() *Lines { return &Lines{days: calendar{zone: time.UTC}} }

// Append adds e, a good event, as
//
//	{"@timestamp":"2018-12-10T03:57:44.183Z","id":…,"logGroup":…,"logStream":…,"message":…}
//
// and a newline. The message is as it stands in the archive.
func (l *Lines) Append(dst []byte, e *decode.Event) []byte {
	if l.header != e.Header || e.Header == nil {
		l.header, l.origin = e.Header, appendOrigin(l.origin[:0], e.Header)
	}
	dst = append(dst, `{"@timestamp":"`...)
	dst = l.days.appendTime(dst, e.Time)
	dst = append(dst, `","id":"`...)
	dst = append(dst, e.ID...)
	dst = append(dst, l.origin...)
	dst = append(dst, e.Message...)
	return append(dst, "}\n"...)
}

func appendOrigin(dst []byte, h *decode.Header) []byte {
	if h == nil {
		h = &decode.Header{}
	}
	dst = jsonscan.AppendEscaped(append(dst, `","logGroup":"`...), h.LogGroup)
	dst = jsonscan.AppendEscaped(append(dst, `","logStream":"`...), h.LogStream)
	return append(dst, `","message":`...)
}
