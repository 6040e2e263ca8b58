// Package decode turns the bytes of an archive object into log events: it peels
// layers of compression, tells in which Form the events are laid down, and gives
// them one by one. Nothing is lost in silence: whatever is no event is counted,
// given as malformed with its reason, or is damage with its place.
//
// # Telling the form
//
// An object has one form, told by its first value (docs/forms.md has the facts):
//
//  1. A JSON object with logEvents, rawData or the messageType of a subscription is
//     a record: so is all of the object, and anything else in it is damage. An
//     object that breaks off before it has said what it is, is taken for one.
//  2. A whole JSON object that tells its time, and its log group or stream (or an id
//     as CloudWatch Logs makes them): all are Events.
//  3. One that begins with a date, names its container, or is a line of Docker's:
//     FluentBit.
//  4. Any other whole JSON object, behind which the line ends or another begins:
//     Messages. So an application's JSON is never taken for an event, and all of it
//     is the message; the same of one that looks like an event but comes later.
//  5. A line that begins as an export task's do, in an object whose key ends as
//     theirs (000000.gz) or is unknown: Export. Key and content decide together, as
//     many programs begin their messages like that.
//  6. Time, tab, tag, tab, JSON object: Fluentd.
//  7. Any other text: Messages. No text are control characters, the beginnings of
//     known formats, and a first line in which a subscription record can be seen:
//     that is damage.
//
// In Events, FluentBit and Fluentd a line that is not of the form is malformed, in
// Messages every line is a message, in Export a line without a time goes on with
// the message before it. Empty lines are padding but in an export's messages. A
// JSON object that says more than the form does is the message as a whole, so that
// nothing of it is lost.
//
// It knows nothing of S3, of documents or of a cluster. Its memory does not
// depend on the object's size, and giving an event of a record allocates nothing.
package decode

import (
	"errors"
	"io"
	"slices"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Header is what a record says of all its events.
type Header struct {
	Owner, LogGroup, LogStream string
	SubscriptionFilters        []string
}

// Event is one log event. Its byte slices are valid until the next call of
// Next; Header may be kept, and must not be changed.
type Event struct {
	Header *Header
	// Form is that of the object, but Records for those in an object of Events.
	Form Form
	// ID is the event id's text, 1 to 512 bytes of UTF-8, and may stand between
	// quotes in JSON as it is: ids with anything that needs an escape, and ids that
	// were written with escapes, are malformed in a record.
	ID     []byte
	IDKind IDKind
	// Time is in milliseconds since the epoch; its year is within 0 to 9999.
	Time     int64
	TimeKind TimeKind
	// Message is a JSON string with its quotes, its escapes as in the archive
	// (halves of surrogate pairs included). It is valid UTF-8: bytes that were not
	// are U+FFFD each, and Repaired says so.
	Message  []byte
	Repaired bool
	// Coded says that Message holds \u escapes or escaped slashes, which may stand
	// for characters that mostly stand for themselves.
	Coded bool
	// Malformed is why the event cannot be used, one of a small number of
	// sentences; ID, Time and Message are then empty. It is empty for a good event.
	Malformed string
	// Raw is the event as it stands in the record: a JSON value, mostly an object,
	// perhaps with bytes that are not UTF-8; of a line of text a JSON string. For a Firehose error record whose
	// original cannot be read it is that whole error record. Where a record says
	// something of its events and something else behind them, it is the latter.
	Raw []byte
	// Start is the place of this event, End the one behind it.
	Start, End run.Place
}

// Options of a Decoder.
type Options struct {
	// RecordLimit is how many bytes a record may have (and the padding between
	// two); 0 means DefaultRecordLimit.
	RecordLimit int
	// From is the End of the last event that earlier calls took: events before it
	// are read again, but neither given nor counted.
	From run.Place
	// ReadAhead reads and decompresses in a goroutine of its own.
	ReadAhead bool
	// ReaderAt and Size (in bytes) give random access to the same object. A ZIP's
	// directory is at its end: without it, ZIP files of up to RecordLimit are read.
	ReaderAt io.ReaderAt
	Size     int64
	// Buffers are those of an earlier decoder that is closed; nil for new ones.
	Buffers *Buffers
	// Source is what is known of the object beside its bytes.
	Source
}

// Source is what makes events of forms that lack something of them.
type Source struct {
	// Key is the object's, empty where it is unknown.
	Key string
	// Begun is the time in its key in milliseconds since the epoch, 0 where it has
	// none.
	Begun int64
	// TimeFields are the members of JSON messages that tell their time, the first
	// choice first.
	TimeFields []string
	// AssumeZone is that of times without one; nil is UTC.
	AssumeZone *time.Location
	// DeriveIDs derives the ids of all events, those that have one included.
	DeriveIDs bool
}

// UsualTimeFields are the members by which most loggers tell a message's time.
func UsualTimeFields() []string {
	return []string{"timestamp", "@timestamp", "time", "ts", "date", "datetime", "eventTime", "asctime", "@t"}
}

// SourceOf is the Source of an object of a stack's archive.
func SourceOf(s run.Settings, o run.Object) Source {
	source := Source{
		Key: o.Key, TimeFields: slices.Concat(s.TimeFields, UsualTimeFields()), AssumeZone: s.AssumeZone, DeriveIDs: s.IDs == run.DerivedIDs,
	}
	if o.Time != nil {
		source.Begun = o.Time.UnixMilli()
	}
	return source
}

// DefaultRecordLimit is 64 MiB: Firehose takes records of up to 1 MB, and a
// record of CloudWatch Logs is one of these, decompressed.
const DefaultRecordLimit = 64 << 20

// Stats say what was met, apart from the events that were given. They count
// what lies between Options.From and the End of the last event given, or the
// end: of calls that go on from one another, each counts its own part.
// Unverified is counted whole by the call that meets the damage.
type Stats struct {
	// Records with log events; ControlRecords only check the destination;
	// Recovered records were inside Firehose error records and count in Records.
	Records, ControlRecords, Recovered int64
	// Unverified events came from a compressed member that broke off or whose
	// checksum was wrong. Repaired events held bytes that are not UTF-8.
	Unverified, Repaired int64
	// PlainBytes of text were decoded, up to the start of the record at hand.
	PlainBytes int64
	// ObjectBytes were read from the object, those read again included.
	ObjectBytes int64
}

// Damaged ends an object whose bytes are not what they should be. Every event
// before the damage was given.
type Damaged struct {
	run.Damage

	kind string // the part of Reason that is not about this one object
}

func (d *Damaged) Error() string { return d.Reason }

// New returns a Decoder of the object whose own bytes, compressed or not, r
// gives. An error of r other than io.EOF is never taken for damage: Next
// returns it as it is.
func New(r io.Reader, o Options) *Decoder {
	if o.RecordLimit <= 0 {
		o.RecordLimit = DefaultRecordLimit
	}
	d := &Decoder{from: o.From, limit: int64(o.RecordLimit), known: meanings{}}
	d.source = o.Source
	layers := newStack(r, o)
	d.object, d.buffers = layers.object, layers.buffers
	d.plain = layers
	if o.ReadAhead {
		d.plain = readAhead(layers)
	}
	return d
}

// Next gives the next event. It returns io.EOF at the end of an object that is
// whole, a *Damaged at damage, and errors of the reader as they are; what it
// returned last it returns again.
func (d *Decoder) Next(e *Event) error {
	for d.err == nil {
		given := false
		switch d.state {
		case between:
			d.err = d.find()
		case heads:
			given, d.err = d.readHead(e)
		case lines:
			given, d.err = d.readLine(e)
		case behind:
			d.err = d.endRecord()
		case inEvents:
			given, d.err = d.readEvent(e)
		case wrapped:
			given, d.err = d.readWrapped(e)
		case rest:
			given, d.err = d.readRest(e)
		}
		if given && !e.Start.Before(d.from) {
			if e.Repaired {
				d.stats.Repaired++
			}
			d.tell()
			return nil
		}
		if d.err != nil && d.ends() {
			d.tell()
		}
	}
	return d.err
}

// find goes to what comes next.
func (d *Decoder) find() error {
	switch {
	case d.form == "":
		return d.tellForm()
	case d.form == Records || d.array != noArray:
		return d.findRecord()
	}
	return d.findLine()
}

// readHead reads what begins at the brace at hand.
func (d *Decoder) readHead(e *Event) (given bool, err error) {
	if d.form == Records || d.form == Events {
		if given, err = d.readSingle(e); given || err != nil {
			return given && err == nil, err
		}
	}
	if d.form == Records {
		return false, d.readHeading()
	}
	return d.readObject(e)
}

// ends tells whether err is an end of the object, and not of the reading.
func (d *Decoder) ends() bool {
	var damaged *Damaged
	return errors.Is(d.err, io.EOF) || errors.As(d.err, &damaged)
}

// tell settles what Stats says.
func (d *Decoder) tell() {
	d.told = d.stats
	d.told.PlainBytes = max(0, d.reached-d.from.Offset)
}

// Stats are those at the End of the last event given or, once Next has returned
// io.EOF or a *Damaged, at the end. An error of the reader's changes nothing.
func (d *Decoder) Stats() Stats {
	s := d.told
	s.ObjectBytes = d.object.read.Load()
	return s
}

// Layers names the layers of compression, the outermost first. It is known once
// Next has returned.
func (d *Decoder) Layers() []string { return d.plain.state().names }

// Close ends what reads ahead, once its present Read of the object returns. It
// does not close the reader: to not wait, end that first.
func (d *Decoder) Close() error {
	if d.err == nil {
		d.err = errClosed
	}
	if d.buf != nil {
		d.buffers.giveText(d.buf)
		d.buf = nil
	}
	return d.plain.close()
}

var errClosed = errors.New("the decoder was closed")
