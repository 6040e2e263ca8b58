package sample

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path"

	"github.com/rehydrate/rehydrate/internal/run"
)

// The forms an object's bytes can have.
const (
	formatMembers = "gzip members"        // compression off: a member each record
	formatTwice   = "gzip of gzips"       // compression GZIP
	formatPlain   = "concatenated JSON"   // decompression processor on
	formatLines   = "JSON lines"          // with AppendDelimiterToRecord
	formatGzip    = "gzip of JSON"        // decompressed, then GZIP
	formatSpaced  = "gzip members, lines" // members with a newline after each
	formatArray   = "JSON array"          // of people's own tools
	formatPretty  = "pretty-printed JSON"
	formatSnappy  = "Snappy"
	formatHadoop  = "Hadoop-Snappy"
	formatZip     = "ZIP"
	formatZstd    = "zstd"
	formatErrors  = "Firehose error records"
)

// formats are taken in turn, so that each occurs as often as it stands here.
func formats() []string {
	return []string{
		formatMembers, formatMembers, formatTwice, formatMembers, formatLines, formatMembers, formatPlain,
		formatMembers, formatGzip, formatMembers, formatSnappy, formatMembers, formatTwice, formatMembers,
		formatSpaced, formatMembers, formatZip, formatMembers, formatArray, formatMembers, formatHadoop,
		formatMembers, formatPretty, formatMembers, formatZstd,
	}
}

// unreadable is what a Lambda transformation may leave in an error record that
// was never a CloudWatch Logs record.
const unreadable = "not a record of CloudWatch Logs"

// object makes the bytes of an object, and what reading them must come to.
func (d draft) object(rng *rand.Rand) (Object, []byte, error) {
	o := Object{Key: d.key, Modified: d.modified, Begun: d.begun, Format: d.format, Skipped: d.skipped, End: run.Indexed}
	body := d.body
	switch {
	case d.lines != nil:
		var err error
		if body, err = d.pack(&o); err != nil {
			return o, nil, fmt.Errorf("make %s: %w", d.key, err)
		}
	case body == nil:
		parts, err := d.encode()
		if err != nil {
			return o, nil, fmt.Errorf("make %s: %w", d.key, err)
		}
		var whole int
		body, whole = d.damage.apply(parts, d, rng)
		d.count(&o, whole)
	}
	if d.damage != undamaged {
		o.End = run.Damaged
	}
	o.Size = len(body)
	return o, body, nil
}

// count tells what is in the object, whose first whole records can be read.
func (d draft) count(o *Object, whole int) {
	for i, r := range d.records {
		readable := i < whole
		switch {
		case !readable:
		case r.control:
			o.ControlRecords++
		default:
			o.Records++
		}
		if readable && r.wrapped && !r.control {
			o.Recovered++
		}
		for j, e := range r.entries {
			switch {
			case r.control:
			case !readable && !d.damage.spares(d, i, j):
				if !e.malformed {
					o.Lost = append(o.Lost, e.Event)
				}
			case e.malformed:
				o.Malformed++
				o.Decoded++
			default:
				o.Events = append(o.Events, e.Event)
				o.Decoded++
				if e.repaired {
					o.Repaired++
				}
			}
			if readable && i == whole-1 && d.damage == damageFlipped && !r.control {
				o.Unverified++
			}
		}
	}
	if d.format == formatErrors {
		o.Malformed++
		o.Decoded++
	}
}

// encode gives the object's bytes; where each record stands for itself, one part
// each.
func (d draft) encode() ([][]byte, error) {
	gz, err := newGzipper()
	if err != nil {
		return nil, err
	}
	parts := make([][]byte, 0, len(d.records))
	for _, r := range d.records {
		part := appendRecord(nil, r)
		switch d.format {
		case formatMembers, formatTwice, formatSpaced, formatErrors:
			if part, err = gz.append(nil, part); err != nil {
				return nil, err
			}
		case formatPretty:
			part = indent(part)
		}
		if d.format == formatErrors {
			part = appendWrapped(nil, part, d.modified.UnixMilli())
		}
		parts = append(parts, part)
	}
	plain := bytes.Join(parts, nil)
	whole := func(b []byte, err error) ([][]byte, error) { return [][]byte{b}, err }
	switch d.format {
	case formatTwice, formatGzip:
		return whole(gz.append(nil, plain))
	case formatLines, formatSpaced:
		for i := range parts {
			parts[i] = append(parts[i], '\n')
		}
	case formatArray:
		return whole(fmt.Appendf(nil, "[%s]\n", bytes.Join(parts, []byte(",\n"))), nil)
	case formatSnappy:
		return whole(packSnappy(plain))
	case formatHadoop:
		return whole(packHadoop(plain), nil)
	case formatZip:
		return whole(packZip(path.Base(d.key), plain))
	case formatZstd:
		return whole(packZstd(plain))
	case formatErrors:
		parts = append(parts, appendWrapped(nil, []byte(unreadable), d.modified.UnixMilli()))
	}
	return parts, nil
}
