// Package document turns a log event into what the cluster is to hold: the name
// of its index, the two lines of a bulk body, and whether a run wants it at all.
// It knows nothing of a cluster and sends nothing.
package document

import (
	"time"

	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/jsonscan"
	"github.com/rehydrate/rehydrate/internal/run"
)

// Maker makes documents by the settings of a stack. It keeps what it made last
// for the next event, so that each goroutine needs one of its own.
type Maker struct {
	days   calendar
	fields fields
	parse  bool
	parser parser
}

// NewMaker makes a Maker for indices of s.IndexPrefix in s.Zone.
func NewMaker(s run.Settings) *Maker {
	return &Maker{
		days:   calendar{prefix: s.IndexPrefix, zone: s.Zone},
		fields: newFields(s.Fields, s.ArchiveRegion),
		parse:  s.Parse,
	}
}

// Fits tells whether a time in milliseconds since 1970 has a year from 0000 to
// 9999 in the zone of the indices. Any other has no RFC 3339 form: its event is
// malformed, and must not be given to Index or Append.
func (m *Maker) Fits(ms int64) bool {
	if ms < firstMs || ms > lastMs {
		return false
	}
	year := time.UnixMilli(ms).In(m.days.zone).Year()
	return 0 <= year && year <= 9999
}

// The years 0000 to 9999, a day wider on both sides: beyond these no zone helps.
const (
	firstMs = (-62167219200 - 86400) * 1000
	lastMs  = (253402300800 + 86400) * 1000
)

// Index is the name of the index for a time in milliseconds since 1970:
// PREFIX-YYYY-MM-DD by the day in the zone.
func (m *Maker) Index(ms int64) string { return m.days.find(ms).index }

// Append adds the two lines of a bulk body that create e's document.
func (m *Maker) Append(dst []byte, e *decode.Event) []byte {
	return m.AppendSource(AppendAction(dst, m.Index(e.Time), e.ID), e)
}

const (
	actionHead   = `{"create":{"_index":"`
	actionMiddle = `","_id":"`
	actionTail   = "\"}}\n"
)

// Of an action line, the bytes that are neither index nor id, and those of them
// that stand behind the id.
const (
	ActionFrame = len(actionHead) + len(actionMiddle) + len(actionTail)
	ActionTail  = len(actionTail)
)

// AppendAction adds the line {"create":{"_index":…,"_id":…}}. The index must be
// a valid index name, which needs no escapes; id is plain text.
func AppendAction(dst []byte, index string, id []byte) []byte {
	dst = append(dst, actionHead...)
	dst = append(dst, index...)
	dst = append(dst, actionMiddle...)
	dst = jsonscan.AppendEscaped(dst, id)
	return append(dst, actionTail...)
}

// AppendSource adds the line that is the document itself.
func (m *Maker) AppendSource(dst []byte, e *decode.Event) []byte {
	dst = append(dst, `{"@timestamp":"`...)
	dst = m.days.appendTime(dst, e.Time)
	dst = append(dst, `","message":`...)
	dst = append(dst, e.Message...)
	dst = m.fields.append(dst, e.Header)
	if m.parse {
		dst = m.parser.append(dst, e.Message)
	}
	return append(dst, "}\n"...)
}
