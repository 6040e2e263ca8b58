package report

import (
	"fmt"
	"slices"
	"strings"
)

// Short words for grave findings.
const (
	contradicting = "numbers that contradict one another"
	unreadable    = "results that are missing or cannot be read"
	lost          = "documents missing from the cluster"
	lostFiles     = "files missing from the run bucket"
)

// fault collects objects that share a fault: how many, and the first few.
type fault struct {
	n     int64
	first []string
}

// maxNamed is how many are named in a sentence.
const maxNamed = 3

// faults are contradictions met while joining.
type faults struct {
	listedTwice, nameless, strangers, twice, sums fault
}

func (*faults) add(f *fault, format string, args ...any) {
	f.n++
	if len(f.first) < maxNamed {
		f.first = append(f.first, fmt.Sprintf(format, args...))
	}
}

func (f fault) String() string {
	s := strings.Join(f.first, "; ")
	if left := f.n - int64(len(f.first)); left > 0 {
		s += fmt.Sprintf("; and %s more", number(left))
	}
	return s
}

// find adds what a person should know.
func (b *builder) find(format string, args ...any) {
	b.report.Findings = append(b.report.Findings, Finding{Text: fmt.Sprintf(format, args...)})
}

// findGrave adds what makes the run incomplete, with the words for the verdict.
func (b *builder) findGrave(short, format string, args ...any) {
	b.report.Findings = append(b.report.Findings, Finding{Grave: true, Short: short, Text: fmt.Sprintf(format, args...)})
}

// findFaults turns what was met while joining, and what the report's own numbers
// say about one another, into findings.
func (b *builder) findFaults() {
	for _, f := range []struct {
		fault
		text string
	}{
		{b.faults.sums, "The counters of %s contradict one another, so a loss cannot be ruled out: %s."},
		{b.faults.twice, "More than one result names %s: %s."},
		{b.faults.strangers, "Results name %s that the manifest does not: %s."},
		{b.faults.listedTwice, "The manifest names %s more than once: %s."},
	} {
		if f.n > 0 {
			b.findGrave(contradicting, f.text, plural(f.n, "object"), f.fault)
		}
	}
	if f := b.faults.nameless; f.n > 0 {
		b.findGrave(contradicting, "%s of Step Functions cannot be told to any object: %s.", plural(f.n, "result"), f)
	}
	if sums := b.report.audit(); len(sums) > 0 {
		b.findGrave(contradicting, "The sums of this report contradict one another, so a loss cannot be ruled out: %s.", strings.Join(sums, "; "))
	}
}

// findRest adds what a person should know besides.
func (b *builder) findRest() {
	r := b.report
	if r.Map.Error != "" {
		b.find("The map over the objects ended with %s: %s.", r.Map.Error, strings.TrimSuffix(cut(r.Map.Cause, maxReasonBytes), "."))
	}
	if n := r.Objects.UnknownAfter; n > 0 {
		b.find("%s counted only up to where a failure struck; what came after is unknown.", plural2(n, "object is", "objects are"))
	}
	if n := r.Effort.Unverified; n > 0 {
		b.find("%s from a part of an object whose checksum is wrong.", plural2(n, "event comes", "events come"))
	}
	if n := r.Effort.Repaired; n > 0 {
		b.find("%s bytes that are no UTF-8; each such byte is U+FFFD in its document.", plural2(n, "event held", "events held"))
	}
	if len(r.Gaps) > 0 && r.Plan.Retry == "" {
		var hours int64
		for _, g := range r.Gaps {
			hours += g.Hours
		}
		b.find("%s of the range no object arrived, the longest time from %s: nothing was logged then, or nothing was delivered.",
			plural2(hours, "In one hour", "In %s hours"), longest(r.Gaps).From.Format("2006-01-02 15:04"))
	}
	if h := r.HoursLeftOut; h.Objects+h.Events > 0 {
		b.find("%s and %s lie outside the hours shown.", plural(h.Objects, "object"), plural(h.Events, "event"))
	}
	for _, n := range slices.Concat(b.in.Notes, r.Plan.Notes) {
		b.find("%s", n)
	}
	if r.Cluster != nil {
		for _, w := range r.Cluster.Warnings {
			b.find("%s", w)
		}
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		switch {
		case a.Grave == b.Grave:
			return 0
		case a.Grave:
			return -1
		}
		return 1
	})
}

func longest(gaps []Gap) Gap {
	return slices.MaxFunc(gaps, func(a, b Gap) int { return int(a.Hours - b.Hours) })
}
