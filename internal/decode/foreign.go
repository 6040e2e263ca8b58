package decode

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
)

const notRecords = "not CloudWatch Logs records"

// noRecord is the damage where text between records begins none.
func (d *Decoder) noRecord() error {
	at := d.offset(d.at)
	begins := d.snippet(at)
	if d.records > 0 || d.array != noArray {
		return d.damage(at, "no record begins here", " but "+begins)
	}
	return d.damage(at, notRecords, ": "+foreign(d.peek(at, sniffed))+", begins with "+begins)
}

// foreignObject is the damage where the record at hand is whole JSON, but no
// record.
func (d *Decoder) foreignObject(h *heading) error {
	at := d.record.start
	begins := d.snippet(at)
	switch {
	case h.kind.Kind != 0:
		return d.damage(at, "a record has no logEvents", ": "+begins)
	case d.records > 0:
		return d.damage(at, "a JSON object without logEvents is no record", ": "+begins)
	}
	return d.damage(at, notRecords, ": JSON objects without logEvents, begins with "+begins+"; "+extraction)
}

// What is to be done about what people lay beside subscription records.
const (
	extraction = "if these are log messages alone, turn Firehose's DataMessageExtraction off: it drops the events' ids and times"
	export     = "lines of a CloudWatch Logs export task, which have no event ids; archive the log group by a subscription filter to Firehose instead"
)

// sniffed is how much http.DetectContentType looks at.
const sniffed = 512

// foreign tells what bytes are that are no records.
func foreign(b []byte) string {
	if ok, err := regexp.Match(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z `, b); err == nil && ok {
		return export
	}
	for _, known := range []struct{ magic, what string }{
		{"\x1f\x9d", "compress (.Z) data, which is not read"},
		{"BZh", "bzip2 data, which is not read"},
		{"\xfd7zXZ\x00", "xz data, which is not read"},
		{"\x04\x22\x4d\x18", "lz4 data, which is not read"},
		{"PAR1", "Parquet, made by Firehose's record format conversion"},
		{"ORC", "ORC, made by Firehose's record format conversion"},
	} {
		if bytes.HasPrefix(b, []byte(known.magic)) {
			return known.what
		}
	}
	kind := http.DetectContentType(b)
	if strings.HasPrefix(kind, "text/plain") {
		return "lines of text; " + extraction
	}
	return kind
}
