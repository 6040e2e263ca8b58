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
	asksKMS             bool
	form                decode.Form
	malformed           int64
	inferred            run.Inferred
	output
}

// output is what a run would make of the events: the lines of those that are wanted,
// and the same in gzip, where they would be packed; their messages; of the lines for a
// cluster, what are documents.
type output struct{ wanted, messages, text, packed, documents int64 }

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
	out, err := newMaker(s.settings, s.plan)
	if err != nil {
		return beginning{}, err
	}
	decoder := decode.New(body, decode.Options{
		RecordLimit: s.settings.RecordLimit, Size: o.Size, Source: decode.SourceOf(s.settings, o),
	})
	defer func() { _ = decoder.Close() }()
	b := beginning{asksKMS: body.AsksKMS()}
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
	b.output = out.end()
	return b, nil
}

// inRange tells whether a run would do more with an event than read it.
func (s *sampler) inRange(e *decode.Event) bool {
	return e.Malformed == "" && e.Time >= s.plan.From.UnixMilli() && e.Time < s.plan.To.UnixMilli()
}

// maker makes what a run would, and measures it.
type maker struct {
	plan   run.Plan
	filter *document.Filter
	lines  *document.Lines // of files
	bulk   *document.Maker // of a cluster
	line   []byte
	made   output
	packed counter
	gzip   *gzip.Writer // nil where nothing would be packed
}

func newMaker(s run.Settings, p run.Plan) (*maker, error) {
	filter, err := document.NewFilter(p.Include, p.Exclude)
	m := &maker{plan: p, filter: filter, lines: document.NewLines(), bulk: document.NewMaker(s)}
	if p.Destination == run.ToFiles || s.BulkGzip {
		m.gzip, _ = gzip.NewWriterLevel(&m.packed, gzip.BestSpeed) // a level that there is
	}
	return m, err
}

func (m *maker) add(e *decode.Event) {
	if !m.filter.Pass(e) || !m.bulk.Fits(e.Time) {
		return
	}
	if m.line = m.line[:0]; m.plan.Destination == run.ToFiles {
		m.line = m.lines.Append(m.line, e)
	} else {
		m.line = document.AppendAction(m.line, m.bulk.Index(e.Time), e.ID)
		action := len(m.line)
		m.line = m.bulk.AppendSource(m.line, e)
		m.made.documents += int64(len(m.line) - action)
	}
	m.made.wanted++
	m.made.messages += int64(len(e.Message))
	m.made.text += int64(len(m.line))
	if m.gzip != nil {
		_, _ = m.gzip.Write(m.line) // a counter takes everything
	}
}

func (m *maker) end() output {
	if m.gzip != nil && m.made.wanted > 0 {
		_ = m.gzip.Close()
	}
	m.made.packed = int64(m.packed)
	return m.made
}

// counter counts the bytes written to it.
type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
