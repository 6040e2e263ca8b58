package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/rehydrate/rehydrate/internal/grep"
	"github.com/rehydrate/rehydrate/internal/run"
)

// shown shows a search: what it finds, what it could not read, and how far it is.
type shown struct {
	printer *grep.Printer
	quiet   bool
	stderr  io.Writer
	columns int // of the terminal that stderr is, or 0
	began   time.Time

	mu     sync.Mutex
	counts grep.Counts
	told   grep.Counts // by the last plain line
	drawn  bool        // the cursor stands behind a progress line
}

// printed is how a search is shown. Into a pipe events go as they are; what
// steers a terminal is escaped only on one.
func (o *grepOptions) printed(options grep.Options, stdout, stderr io.Writer) *shown {
	s := &shown{quiet: o.quiet, stderr: stderr, columns: width(stderr), began: time.Now()}
	form := grep.Form{Zone: o.settings.Zone, Fields: o.fields, JSON: o.json, Only: o.only, Color: o.color == "always"}
	var escape func(io.Writer) io.Writer
	if width(stdout) > 0 {
		escape = func(w io.Writer) io.Writer { return &escaper{out: w} }
		form.Color = form.Color || o.color == "auto"
	}
	s.printer = grep.NewPrinter(clearing{s, terminal(stdout)}, escape, options.Pattern, form)
	return s
}

// clearing writes to standard output, with no progress line in its way.
type clearing struct {
	shown *shown
	out   io.Writer
}

func (c clearing) Write(p []byte) (int, error) {
	c.shown.mu.Lock()
	defer c.shown.mu.Unlock()
	c.shown.clear()
	return c.out.Write(p)
}

// clear takes the progress line away.
func (s *shown) clear() {
	if s.drawn {
		fmt.Fprint(terminal(s.stderr), "\r\x1b[K")
		s.drawn = false
	}
}

// Found prints an event.
func (s *shown) Found(e *grep.Event) error { return s.printer.Print(e) }

// Unread tells what could not be read.
func (s *shown) Unread(o run.Object, reason error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	fmt.Fprintf(s.stderr, "rehydrate grep: %s: %v\n", o.Key, reason)
}

// Looked keeps the counts, and lets out what waits.
func (s *shown) Looked(c grep.Counts) error {
	s.mu.Lock()
	s.counts = c
	s.mu.Unlock()
	if s.printer.Buffered() == 0 {
		return nil
	}
	return s.printer.Flush()
}

// show shows the progress until stop is called.
func (s *shown) show() (stop func()) {
	end := repeatedly(s.columns, s.draw)
	return func() {
		end()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.clear()
	}
}

func (s *shown) draw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := progressOf(s.counts, time.Since(s.began))
	switch {
	case s.quiet:
	case s.columns > 0:
		fmt.Fprintf(terminal(s.stderr), "\r\x1b[K%s", text[:min(len(text), s.columns-1)])
		s.drawn = true
	case s.counts.Events != s.told.Events:
		fmt.Fprintln(s.stderr, text)
		s.told = s.counts
	}
}

// progressOf is how far a search is, in ASCII.
func progressOf(c grep.Counts, elapsed time.Duration) string {
	of := ""
	if !c.ListedAll {
		of = "at least "
	}
	text := fmt.Sprintf("%d of %s%d objects, %s of %s, %d events, %d found",
		c.Objects, of, c.Listed, megabytes(c.Bytes), megabytes(c.ListedBytes), c.Events, c.Selected-c.Duplicates)
	if seconds := elapsed.Seconds(); seconds >= 0.5 {
		text += fmt.Sprintf(", %.0f events/s", float64(c.Events)/seconds)
	}
	t := tally{objects: c.Objects, total: c.Listed, bytes: c.Bytes, size: c.ListedBytes}
	if left := t.remaining(elapsed); c.ListedAll && left > 0 {
		text += ", " + left.String() + " left"
	}
	return text
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// summary is what a search looked at, in one line that adds up.
func summary(c grep.Counts, o grep.Options, interrupted bool) string {
	var b strings.Builder
	switch {
	case interrupted:
		b.WriteString("interrupted; looked at ")
	case o.Most > 0 && c.Given == o.Most:
		fmt.Fprintf(&b, "stopped after %d; looked at ", o.Most)
	}
	fmt.Fprintf(&b, "%d objects", c.Objects)
	if c.Listed != c.Objects || !c.ListedAll {
		fmt.Fprintf(&b, " of the %d listed", c.Listed)
	}
	fmt.Fprintf(&b, " (%s, %d damaged, %d unread), ", megabytes(c.Bytes), c.Damaged, c.Unread)
	fmt.Fprintf(&b, "%d events = %d selected (%d of them duplicates, dropped) + %d not", c.Events, c.Selected, c.Duplicates, c.Unselected)
	if len(o.Groups)+len(o.Streams) > 0 {
		fmt.Fprintf(&b, " + %d of other groups or streams", c.Elsewhere)
	}
	fmt.Fprintf(&b, " + %d out of range + %d malformed", c.OutOfRange, c.Malformed)
	fmt.Fprintf(&b, "; hours without objects: %d", len(c.Gaps))
	if len(c.Gaps) > 0 {
		fmt.Fprintf(&b, " (UTC: %s)", few(c.Gaps))
	}
	if c.Unmatched > 0 {
		fmt.Fprintf(&b, "; keys or folders left out that do not fit --prefix: %d (%s)", c.Unmatched, few(c.UnmatchedKeys))
	}
	return b.String()
}
