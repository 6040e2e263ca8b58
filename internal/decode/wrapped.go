package decode

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
)

// maxNested is how many Firehose error records may be inside of one another:
// what fails again when it is sent again is wrapped again.
const maxNested = 4

// unwrap begins the error record at hand, whose original record is its rawData.
// https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
func (d *Decoder) unwrap(b []byte, h *heading) {
	d.state = wrapped
	d.inner, d.seen = nil, Stats{}
	switch {
	case d.nested == maxNested:
		d.record.fault = errNested
		return
	case h.differs.Kind != 0:
		d.record.fault = errDiffers
		return
	}
	encoded := h.raw.Of(b)
	if h.raw.Traits != 0 {
		encoded = []byte(h.raw.Text(b))
	}
	payload := make([]byte, base64.StdEncoding.DecodedLen(len(encoded)))
	n, err := base64.StdEncoding.Decode(payload, encoded)
	if err != nil {
		d.record.fault = errNotBase64
		return
	}
	original := bytes.NewReader(payload[:n])
	d.inner = New(original, Options{RecordLimit: int(d.limit), ReaderAt: original, Size: int64(n), Source: d.source})
	d.inner.nested = d.nested + 1
	d.inner.form = Records
}

// readWrapped gives the next event of the error record at hand. What cannot be
// read of its original is one malformed event.
func (d *Decoder) readWrapped(e *Event) (given bool, err error) {
	if d.record.told {
		return false, d.leaveWrapped()
	}
	end := d.record.fault
	if d.inner != nil {
		end = d.inner.Next(e)
		d.countInner()
	}
	if end == nil {
		d.place(e, d.record.end)
		d.deriveAgain(e)
		return true, nil
	}
	if errors.Is(end, io.EOF) {
		if d.inner.records > 0 {
			return false, d.leaveWrapped()
		}
		end = errEmpty
	}
	if d.inner != nil && d.fresh() {
		d.stats.Unverified += d.inner.stats.Unverified
	}
	*e = Event{Form: Records, Header: &Header{}, Raw: d.buf[d.at:d.record.end], Malformed: "in a Firehose error record: " + reasonOf(end)}
	d.record.told = true
	d.place(e, d.record.end)
	return true, nil
}

func (d *Decoder) leaveWrapped() error {
	d.at = d.record.end
	return d.leaveRecord()
}

var (
	errNotBase64 = errors.New("rawData is no base64")
	errNested    = errors.New("it is inside of too many others")
	errEmpty     = errors.New("rawData is empty")
	errDiffers   = errors.New(recordTwice)
)

// reasonOf is short, for reasons are counted.
func reasonOf(end error) string {
	var damaged *Damaged
	if errors.As(end, &damaged) {
		return damaged.kind
	}
	return end.Error()
}

// countInner counts what the decoder of the original met since it was counted
// last.
func (d *Decoder) countInner() {
	now := d.inner.stats
	if d.fresh() {
		d.stats.Records += now.Records - d.seen.Records
		d.stats.ControlRecords += now.ControlRecords - d.seen.ControlRecords
		d.stats.Recovered += now.Records - d.seen.Records
	}
	d.seen = now
}
