package decode

import (
	"bytes"
	"net/http"
)

// Why an object, or what a Firehose error record holds, is not read at all.
const (
	notLogs    = "no logs of any form that is known"
	notRecords = "not CloudWatch Logs records"
)

// noRecord is the damage where text between records begins none.
func (d *Decoder) noRecord() error {
	at := d.offset(d.at)
	begins := d.snippet(at)
	if d.records > 0 || d.array != noArray {
		return d.damage(at, "no record begins here", " but "+begins)
	}
	return d.damage(at, d.notRead(), ": "+foreign(d.peek(at, 512))+", begins with "+begins)
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
	return d.damage(at, d.notRead(), ": JSON objects without logEvents, begins with "+begins)
}

func (d *Decoder) notRead() string {
	if d.nested > 0 {
		return notRecords
	}
	return notLogs
}

// foreign tells what bytes are that are no records, nor of any other form.
func foreign(b []byte) string {
	if known := knownBinary(b); known != "" {
		return known
	}
	return http.DetectContentType(b)
}

// knownBinary tells which format that is not read b begins with.
func knownBinary(b []byte) string {
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
	return ""
}

// breaksOff tells whether all of an object may be the beginning of a layer's first
// bytes.
func breaksOff(b []byte) bool {
	for _, l := range magics() {
		if len(b) < len(l.magic) && bytes.HasPrefix([]byte(l.magic), b) {
			return true
		}
	}
	return false
}
