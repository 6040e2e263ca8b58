package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// progress shows how far a run is: one line that redraws itself on a terminal,
// a plain line now and then elsewhere.
type progress struct {
	out   io.Writer
	width int // columns of the terminal, 0 where out is none
	now   func() time.Time

	mu   sync.Mutex
	seen tally
	// untold says that something has changed since the last plain line.
	untold bool
}

// tally is what a progress line tells.
type tally struct {
	stage          string
	objects, total int64
	bytes, size    int64 // of the objects done, of all
	events         int64
	failed         int64
	since          time.Time // when indexing began
	// waits is what is waited for, until then.
	waits string
	until time.Time
}

// stage says what the run does now.
func (p *progress) stage(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen.stage = name
	if p.width == 0 {
		p.tell()
		fmt.Fprintln(p.out, name)
	}
}

// listing says how many prefixes of an archive are listed.
func (p *progress) listing(prefixes, of int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen.stage = fmt.Sprintf("List objects: %d of %d prefixes", prefixes, of)
	if p.width == 0 {
		fmt.Fprintln(p.out, p.seen.stage)
	}
}

// planned says how much there is to do.
func (p *progress) planned(plan run.Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen.total, p.seen.size = plan.Objects, plan.Bytes
	p.seen.since = p.now()
}

// indexed counts an object of so many bytes that is done with, and its events.
func (p *progress) indexed(size, events int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done(size)
	p.seen.events += events
}

// failed counts an object whose child failed.
func (p *progress) failed(size int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done(size)
	p.seen.failed++
}

func (p *progress) done(size int64) {
	p.seen.objects++
	p.seen.bytes += size
	p.untold = true
}

// waiting says why something is tried again after a while. Many children may wait
// for the same; it is said once while any of them does.
func (p *progress) waiting(why string, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	why = visible(why)
	until := p.now().Add(wait)
	untold := why != p.seen.waits || p.now().After(p.seen.until)
	if until.After(p.seen.until) || untold {
		p.seen.waits, p.seen.until = why, until
	}
	if p.width == 0 && untold {
		p.tell()
		fmt.Fprintf(p.out, "waiting %s: %s\n", wait.Round(time.Second), why)
	}
}

// soFar says what a run without a report has done.
func (p *progress) soFar() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen.total == 0 {
		return "" // it did not come to indexing
	}
	return fmt.Sprintf("; %d of %d objects with %d events are indexed, and perhaps parts of others; start the same again to finish it, what is indexed stays as it is",
		p.seen.objects-p.seen.failed, p.seen.total, p.seen.events)
}

// show redraws until stop is called, which leaves the last state to be read.
func (p *progress) show() (stop func()) {
	end := repeatedly(p.width, func() { p.draw("") })
	return func() {
		end()
		p.draw("\n")
	}
}

// repeatedly draws as often as a person wants to see it, on a terminal of so many
// columns or, where that is 0, elsewhere, until stop is called.
func repeatedly(columns int, draw func()) (stop func()) {
	every := 5 * time.Second
	if columns > 0 {
		every = 100 * time.Millisecond
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				draw()
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

func (p *progress) draw(end string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.width > 0 {
		fmt.Fprintf(p.out, "\r\x1b[K%s%s", p.seen.line(p.now(), p.width), end)
		return
	}
	p.tell()
}

// tell writes a plain line if there is something new.
func (p *progress) tell() {
	if p.untold {
		fmt.Fprintln(p.out, p.seen.line(p.now(), 0))
		p.untold = false
	}
}

// line is the progress in words, with a bar where there are columns for one.
func (t tally) line(now time.Time, columns int) string {
	waits := ""
	if left := t.until.Sub(now); left > 0 && columns > 0 {
		waits = fmt.Sprintf(", waiting %s: %s", left.Round(time.Second), t.waits)
	}
	if t.total == 0 {
		return cut(t.stage+waits, columns)
	}
	elapsed := now.Sub(t.since)
	s := fmt.Sprintf("%d of %d objects, %d events", t.objects, t.total, t.events)
	if seconds := elapsed.Seconds(); seconds >= 0.5 {
		s += fmt.Sprintf(", %.0f events/s", float64(t.events)/seconds)
	}
	if t.failed > 0 {
		s += fmt.Sprintf(", %d not indexed", t.failed)
	}
	if left := t.remaining(elapsed); left > 0 {
		s += ", " + left.String() + " left"
	}
	s += waits
	const bar = 24
	switch {
	case columns == 0:
		return s
	case columns <= len(s):
		return cut(s, columns)
	case columns < len(s)+bar+3:
		return s
	}
	done := int(bar * t.objects / t.total)
	return strings.Repeat("█", done) + strings.Repeat("░", bar-done) + "  " + s
}

// remaining goes by bytes, which tell more of the work than objects do.
func (t tally) remaining(elapsed time.Duration) time.Duration {
	if t.bytes == 0 || t.objects == t.total || elapsed < time.Second {
		return 0
	}
	left := time.Duration(float64(elapsed) * float64(t.size-t.bytes) / float64(t.bytes))
	return max(left.Round(time.Second), time.Second)
}

// cut is s as far as a terminal's line holds it.
func cut(s string, columns int) string {
	if r := []rune(s); columns > 0 && len(r) >= columns {
		return string(r[:columns-1])
	}
	return s
}
