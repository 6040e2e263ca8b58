package list

import (
	"context"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/decode"
	"github.com/rehydrate/rehydrate/internal/document"
	"github.com/rehydrate/rehydrate/internal/run"
)

// sampler looks at the beginnings of objects.
type sampler struct {
	open     open
	settings run.Settings
	plan     run.Plan
}

// beginning is what the first bytes of an object told.
type beginning struct {
	// stands for so many bytes of the archive, beside those of the other objects.
	stands float64

	events, plain, read int64
	inRange             int64 // of the events
	unreadable          bool
	form                decode.Form
	malformed           int64
	inferred            run.Inferred
	// written events would be in files of packed bytes.
	written, packed int64
}

// peek decodes the beginning of an object. What is wrong with the object is no
// error: a run would report it.
func (s *sampler) peek(ctx context.Context, o run.Object) (beginning, error) {
	body, err := s.open(ctx, o)
	var unreadable *archive.Unreadable
	if errors.As(err, &unreadable) {
		return beginning{unreadable: true}, nil
	}
	if err != nil {
		return beginning{}, err
	}
	defer func() { _ = body.Close() }()
	out, err := newOutput(s.plan)
	if err != nil {
		return beginning{}, err
	}
	decoder := decode.New(body, decode.Options{
		RecordLimit: s.settings.RecordLimit, Size: o.Size, Source: decode.SourceOf(s.settings, o),
	})
	defer func() { _ = decoder.Close() }()
	var b beginning
	var e decode.Event
	for b.plain < sampleBytes {
		err := decoder.Next(&e)
		b.plain = decoder.Stats().PlainBytes
		if err == nil {
			b.events++
			e.Infer(&b.inferred)
			if e.Malformed != "" {
				b.malformed++
			}
			if s.inRange(&e) {
				b.inRange++
				out.add(&e)
			}
			continue
		}
		var damaged *decode.Damaged
		if errors.As(err, &damaged) {
			b.unreadable = true
		} else if !errors.Is(err, io.EOF) {
			return beginning{}, err
		}
		break
	}
	b.form = decoder.Form()
	b.read = decoder.Stats().ObjectBytes
	b.written, b.packed = out.end()
	return b, nil
}

// inRange tells whether a run would do more with an event than read it.
func (s *sampler) inRange(e *decode.Event) bool {
	return e.Malformed == "" && e.Time >= s.plan.From.UnixMilli() && e.Time < s.plan.To.UnixMilli()
}

// output measures what a run would write into files; nothing, where these are not
// its destination.
type output struct {
	filter *document.Filter
	lines  *document.Lines
	line   []byte
	packed counter
	gzip   *gzip.Writer
	events int64
}

func newOutput(p run.Plan) (*output, error) {
	if p.Destination != run.ToFiles {
		return &output{}, nil
	}
	filter, err := document.NewFilter(p.Include, p.Exclude)
	o := &output{filter: filter, lines: document.NewLines()}
	o.gzip, _ = gzip.NewWriterLevel(&o.packed, gzip.BestSpeed) // a level that there is
	return o, err
}

func (o *output) add(e *decode.Event) {
	if o.gzip == nil || !o.filter.Pass(e) {
		return
	}
	o.events++
	o.line = o.lines.Append(o.line[:0], e)
	_, _ = o.gzip.Write(o.line) // a counter takes everything
}

func (o *output) end() (events, packed int64) {
	if o.events > 0 {
		_ = o.gzip.Close()
	}
	return o.events, int64(o.packed)
}

// counter counts the bytes written to it.
type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
