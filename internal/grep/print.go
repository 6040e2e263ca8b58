package grep

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
)

// Form is how events are printed.
type Form struct {
	// Zone of the times in lines.
	Zone *time.Location
	// Fields are printed between time and message, any of logGroup, logStream and
	// account.
	Fields []string
	// JSON prints what `rehydrate inspect --events` does.
	JSON bool
	// Only prints the parts that match, a line each.
	Only bool
	// Color marks, for a terminal, what matches.
	Color bool
}

// Printer prints events.
type Printer struct {
	form    Form
	pattern *Pattern
	out     *bufio.Writer
	lines   bytes.Buffer // of the event at hand
	text    io.Writer    // to lines, for what comes from the archive
	message []byte
}

// NewPrinter prints to w; what comes from the archive goes through escape first,
// which may be nil.
func NewPrinter(w io.Writer, escape func(io.Writer) io.Writer, p *Pattern, f Form) *Printer {
	printer := &Printer{form: f, pattern: p, out: bufio.NewWriterSize(w, 64<<10)}
	printer.text = &printer.lines
	if escape != nil {
		printer.text = escape(&printer.lines)
	}
	return printer
}

// Buffered is how many bytes wait for Flush.
func (p *Printer) Buffered() int { return p.out.Buffered() }

// Flush writes what is buffered.
func (p *Printer) Flush() error { return p.out.Flush() }

const timeForm = "2006-01-02T15:04:05.000Z07:00"

// Colors as grep has them.
const (
	red   = "\x1b[1;31m"
	green = "\x1b[32m"
	cyan  = "\x1b[36m"
	reset = "\x1b[0m"
)

// Print prints an event.
func (p *Printer) Print(e *Event) error {
	p.lines.Reset()
	if p.form.JSON {
		p.object(e)
	} else {
		p.plain(e)
	}
	_, err := p.out.Write(p.lines.Bytes())
	return err
}

// object prints an event as a line of JSON. Its id needs no escapes.
func (p *Printer) object(e *Event) {
	b := p.message[:0]
	b = append(b, `{"id":"`...)
	b = append(b, e.ID...)
	b = append(b, `","time":"`...)
	b = time.UnixMilli(e.Time).UTC().AppendFormat(b, timeForm)
	b = append(b, `","group":"`...)
	b = jsonscan.AppendEscaped(b, e.Header.LogGroup)
	b = append(b, `","stream":"`...)
	b = jsonscan.AppendEscaped(b, e.Header.LogStream)
	b = append(b, `","message":`...)
	b = append(b, e.Message...)
	b = append(b, "}\n"...)
	p.message = b
	fmt.Fprintf(p.text, "%s", b)
}

// plain prints an event as a line of text.
func (p *Printer) plain(e *Event) {
	p.message, _ = jsonscan.AppendUnescaped(p.message[:0], e.Message[1:len(e.Message)-1])
	var matches [][2]int
	if e.Selected && (p.form.Color || p.form.Only) {
		matches = p.pattern.Matches(p.message)
	}
	if e.Apart {
		p.mark(cyan, func() { p.lines.WriteString("--") })
		p.lines.WriteByte('\n')
	}
	if !p.form.Only {
		p.begin(e)
		p.end(p.message, matches)
		return
	}
	for _, m := range matches {
		p.begin(e)
		p.end(p.message[m[0]:m[1]], [][2]int{{0, m[1] - m[0]}})
	}
}

// begin prints what stands before a message.
func (p *Printer) begin(e *Event) {
	at := time.UnixMilli(e.Time).In(p.form.Zone)
	p.mark(green, func() { p.lines.Write(at.AppendFormat(p.lines.AvailableBuffer(), timeForm)) })
	for _, f := range p.form.Fields {
		value := e.Header.Owner
		switch f {
		case "logGroup":
			value = e.Header.LogGroup
		case "logStream":
			value = e.Header.LogStream
		}
		fmt.Fprint(p.text, " ", value)
	}
	p.lines.WriteByte(' ')
}

// end prints a message or a part of it, and ends its line.
func (p *Printer) end(message []byte, matches [][2]int) {
	at := 0
	if p.form.Color {
		for _, m := range matches {
			fmt.Fprintf(p.text, "%s", message[at:m[0]])
			p.mark(red, func() { fmt.Fprintf(p.text, "%s", message[m[0]:m[1]]) })
			at = m[1]
		}
	}
	fmt.Fprintf(p.text, "%s", message[at:])
	if !bytes.HasSuffix(message, []byte("\n")) {
		p.lines.WriteByte('\n')
	}
}

// mark writes in a color, where there are colors.
func (p *Printer) mark(color string, write func()) {
	if p.form.Color {
		p.lines.WriteString(color)
		defer p.lines.WriteString(reset)
	}
	write()
}
