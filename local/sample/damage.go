package sample

import (
	"bytes"
	"math/rand/v2"
	"strings"
)

// damage is what was done to an object. Each kind is chosen so that what can
// still be read of it is known exactly.
type damage int

const (
	undamaged damage = iota
	// damageCut ends inside the header of the last record's gzip member.
	damageCut
	// damageFlipped has one bit of a checksum changed: the member's events can be
	// read but not verified, the members behind it are not read.
	damageFlipped
	// damageTorn ends inside the last event of plain JSON: the events before it
	// can be read.
	damageTorn
	// damageForeign holds something else altogether.
	damageForeign
)

// damageSome damages objects, at least one each day of the default archive.
func damageSome(drafts []draft) {
	for _, s := range []struct {
		at     int
		damage damage
		format string
	}{
		{len(drafts) / 8, damageCut, formatMembers},
		{len(drafts) / 2, damageFlipped, formatMembers},
		{len(drafts) * 5 / 6, damageTorn, formatPlain},
	} {
		d := &drafts[s.at]
		d.damage, d.format = s.damage, s.format
	}
}

// apply damages the parts of an object, one for each record, and says how many
// of the records stay whole.
func (k damage) apply(parts [][]byte, d draft, rng *rand.Rand) (body []byte, whole int) {
	last := len(parts) - 1
	switch k {
	case damageCut:
		const intoHeader = 6
		parts[last] = parts[last][:intoHeader]
		return bytes.Join(parts, nil), last
	case damageFlipped:
		const checksum = 8 // bytes from the member's end: CRC-32, then the length
		at := filled(d.records, len(parts)/2)
		parts[at][len(parts[at])-checksum] ^= 1 << rng.IntN(8)
		return bytes.Join(parts, nil), at + 1
	case damageTorn:
		const intoEnd = 5 // of `…"}]}`
		parts[last] = parts[last][:len(parts[last])-intoEnd]
		return bytes.Join(parts, nil), last
	default:
		return bytes.Join(parts, nil), len(d.records)
	}
}

// spares tells whether event j of record i, which is not whole, can be read.
func (k damage) spares(d draft, i, j int) bool {
	return k == damageTorn && i == len(d.records)-1 && j < len(d.records[i].entries)-1
}

// page is what an S3 website's proxy may have left in the place of an object.
const page = `<!DOCTYPE html>
<html><head><title>503 Service Unavailable</title></head>
<body><h1>503 Service Unavailable</h1><p>No server is available to handle this request.</p></body></html>
`

// parquet has the beginning and the end of what Firehose's format conversion makes.
func parquet() []byte {
	return []byte("PAR1" + strings.Repeat("\x15\x04\x15\x40\x00", 400) + "PAR1")
}
