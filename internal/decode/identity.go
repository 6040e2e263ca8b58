package decode

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
	"github.com/rehydrate/rehydrate/internal/run"
)

// How derived ids begin. CloudWatch Logs' own are numbers, and never do.
const (
	contentID = run.DerivedIDPrefix + "e" // of the event itself
	placeID   = run.DerivedIDPrefix + "p" // of its place
)

// idBytes of a hash are in an id: 160 bits.
const idBytes = 20

// ContentID is the id of an event that the archive gives none, by what it is: the
// SHA-256 of its log stream (with - for /, as export tasks write it), its time in
// milliseconds, its message without line ends at its end, and how many equal ones
// stand before it in its object.
func ContentID(stream string, ms int64, message string, before uint32) string {
	var d Decoder
	sum := d.contentSum(stream, ms, []byte(message))
	return string(appendID(nil, contentID, numbered(sum, before)))
}

// PlaceID is the id of an event that cannot be told from others by what it is: the
// SHA-256 of its object's key, its place in it, and its message.
func PlaceID(key string, place run.Place, message string) string {
	var d Decoder
	return string(appendID(nil, placeID, d.placeSum(key, place, []byte(message))))
}

func (d *Decoder) contentSum(stream string, ms int64, text []byte) [sha256.Size]byte {
	b := binary.BigEndian.AppendUint64(d.hashed[:0], uint64(ms))
	b = binary.BigEndian.AppendUint32(b, uint32(len(stream)))
	from := len(b)
	b = append(b, stream...)
	for i := from; i < len(b); i++ {
		if b[i] == '/' {
			b[i] = '-'
		}
	}
	b = append(b, bytes.TrimRight(text, "\r\n")...)
	d.hashed = b
	return sha256.Sum256(b)
}

func numbered(sum [sha256.Size]byte, before uint32) [sha256.Size]byte {
	if before == 0 {
		return sum
	}
	return sha256.Sum256(binary.BigEndian.AppendUint32(sum[:], before))
}

func (d *Decoder) placeSum(key string, at run.Place, text []byte) [sha256.Size]byte {
	b := binary.BigEndian.AppendUint64(d.hashed[:0], uint64(at.Offset))
	b = binary.BigEndian.AppendUint64(b, uint64(at.Events))
	b = binary.BigEndian.AppendUint32(b, uint32(len(key)))
	d.hashed = append(append(b, key...), text...)
	return sha256.Sum256(d.hashed)
}

func appendID(dst []byte, begin string, sum [sha256.Size]byte) []byte {
	return base64.RawURLEncoding.AppendEncode(append(dst, begin...), sum[:idBytes])
}

// derivedKind tells which kind an id is of that the archive holds: those that
// were derived before are, as in the files of a run.
func derivedKind(id []byte) IDKind {
	switch {
	case len(id) != len(contentID)+base64.RawURLEncoding.EncodedLen(idBytes):
	case bytes.HasPrefix(id, []byte(contentID)):
		return IDOfContent
	case bytes.HasPrefix(id, []byte(placeID)):
		return IDOfPlace
	}
	return IDGiven
}

// identify gives the event of a line its id, where it has none.
func (d *Decoder) identify(e *Event) {
	if e.Malformed != "" {
		return
	}
	if e.IDKind = derivedKind(e.ID); len(e.ID) > 0 && (!d.source.DeriveIDs || e.IDKind != IDGiven) {
		return
	}
	d.derive(e, d.messageText(e))
}

// deriveAgain gives an event of a record its id, where all are to be derived.
func (d *Decoder) deriveAgain(e *Event) {
	e.IDKind = derivedKind(e.ID)
	if !d.source.DeriveIDs || d.nested > 0 || e.IDKind != IDGiven || e.Malformed != "" {
		return
	}
	d.unescaped, _ = jsonscan.AppendUnescaped(d.unescaped[:0], e.Message[1:len(e.Message)-1])
	d.fine = true
	d.derive(e, d.unescaped)
}

// derive derives the event's id. By what it is, it can only be told from others
// where its stream and its time to the millisecond are known; what came far behind
// later ones neither, see ordinals.
func (d *Decoder) derive(e *Event, text []byte) {
	if stream := e.Header.LogStream; stream != "" && e.TimeKind == TimeGiven && d.fine {
		sum := d.contentSum(stream, e.Time, text)
		if before, ok := d.equal.next(binary.BigEndian.Uint64(sum[:]), e.Time); ok {
			d.id = appendID(d.id[:0], contentID, numbered(sum, before))
			e.ID, e.IDKind = d.id, IDOfContent
			return
		}
	}
	d.id = appendID(d.id[:0], placeID, d.placeSum(d.source.Key, e.Start, text))
	e.ID, e.IDKind = d.id, IDOfPlace
}

// ordinals count equal events, which have equal times. What was counted of the
// earlier half of times is forgotten when there is too much of it: an event of
// these that comes later still cannot be numbered. It takes more than maxEqual/2
// events of later times before it, in an object that is not in order of time.
type ordinals struct {
	slots  []equals // open addressing; a power of two, half full at most
	used   int
	forgot bool
	// until is the last time of which was forgotten.
	until int64
	rest  []equals // of what is not forgotten, kept for the next time
}

// equals are events of a time that have the same hash; none where n is 0.
type equals struct {
	hash uint64
	time int64
	n    uint32
}

// maxEqual bounds the memory to 4.5 MiB.
const maxEqual = 1 << 16

// next counts an event, and tells how many equal ones were before it.
func (o *ordinals) next(hash uint64, ms int64) (before uint32, ok bool) {
	if o.forgot && ms <= o.until {
		return 0, false
	}
	if o.used*2 >= len(o.slots) {
		o.makeRoom()
		if o.forgot && ms <= o.until {
			return 0, false
		}
	}
	s := o.slot(hash)
	if s.n == 0 {
		*s = equals{hash: hash, time: ms}
		o.used++
	}
	s.n++
	return s.n - 1, true
}

func (o *ordinals) slot(hash uint64) *equals {
	mask := uint64(len(o.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		if s := &o.slots[i]; s.n == 0 || s.hash == hash {
			return s
		}
	}
}

// makeRoom doubles the room or, where that is used up, forgets.
func (o *ordinals) makeRoom() {
	o.rest = o.rest[:0]
	for _, s := range o.slots {
		if s.n > 0 {
			o.rest = append(o.rest, s)
		}
	}
	if len(o.slots) < 2*maxEqual {
		o.slots = make([]equals, max(2*len(o.slots), 64))
	} else {
		slices.SortFunc(o.rest, func(a, b equals) int {
			switch {
			case a.time < b.time:
				return -1
			case a.time > b.time:
				return 1
			}
			return 0
		})
		o.forgot, o.until = true, max(o.until, o.rest[len(o.rest)/2].time)
		clear(o.slots)
	}
	o.used = 0
	for _, s := range o.rest {
		if !o.forgot || s.time > o.until {
			*o.slot(s.hash) = s
			o.used++
		}
	}
}
