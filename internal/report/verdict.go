package report

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/rehydrate/rehydrate/internal/run"
)

// finish fills in what follows from the sums, and the verdict.
func (b *builder) finish() {
	r, t := b.report, b.tally
	r.Objects, r.Events, r.Effort = t.Objects, t.events, t.effort
	r.Forms, r.Inferred = t.forms, t.inferred
	r.Objects.Classes = b.ledger.counts
	t.setHours(r)
	r.Errors = t.errors.sorted()
	r.Rejections = t.rejections.sorted()
	r.Malformations = t.malformations.sorted()
	r.Slowest = t.slowest
	if r.Slowest == nil {
		r.Slowest = []Slow{}
	}
	r.Problems.Objects, r.Problems.Files = b.problems.Lines, some(b.problems.Files)
	b.findFaults()
	b.findDays()
	b.findFiles()
	b.findForms()
	b.findRest()
	r.decide()
	r.closeChain(t.replayed)
}

// decide sets the verdict.
func (r *Report) decide() {
	because := r.shortfalls()
	switch {
	case len(because) > 0:
		r.Kind = KindIncomplete
		r.Verdict = "Incomplete, because of " + list(because) + "."
	case r.Objects.Listed == 0 && r.Plan.Retry != "":
		r.Kind, r.Complete = KindComplete, true
		r.Verdict = fmt.Sprintf("Nothing to do: run %s left no object and no rejected event that could be tried again.", r.Plan.Retry)
	case r.Objects.Listed == 0:
		r.Kind = KindNothing
		r.Verdict = "Nothing found under " + r.prefixes() + "."
	case r.Edge != nil:
		r.Kind, r.Complete = KindMargin, true
		r.Verdict = "Complete within the margin, more may lie beyond: " + r.Edge.text()
	case r.Plan.Retry != "":
		r.Kind, r.Complete = KindComplete, true
		r.Verdict = fmt.Sprintf("Complete: what was tried again of run %s is %s, %s and %s.", r.Plan.Retry, r.did(),
			plural(r.Objects.Listed, "object"), plural(r.arrived(), "event"))
	default:
		r.Kind, r.Complete = KindComplete, true
		where := "the cluster"
		if r.Files != nil {
			where = plural(r.Files.Files, "file")
		}
		r.Verdict = fmt.Sprintf("Complete: %s to %s and %s in %s.",
			plural2(r.Objects.Listed, "object was read", "objects were read"), ends(r.Objects.Listed),
			plural2(r.arrived(), "event of the range is", "events of the range are"), where)
	}
}

// arrived are the events of the range that are where the run was to bring them.
func (r *Report) arrived() int64 {
	return r.Events.Created + r.Events.AlreadyThere + r.Events.Written
}

// did is what the run did to events.
func (r *Report) did() string {
	if r.Files != nil {
		return "written"
	}
	return "indexed"
}

// endText is that of the class in this run.
func (r *Report) endText(c run.End) string {
	if c == run.NotIndexed {
		return "not " + r.did()
	}
	return endText(c)
}

func ends(objects int64) string {
	if objects == 1 {
		return "its end"
	}
	return "their ends"
}

// shortfalls are the reasons why the run is incomplete, the gravest first.
func (r *Report) shortfalls() []string {
	var because []string
	for _, f := range r.Findings {
		if f.Grave && !slices.Contains(because, f.Short) {
			because = append(because, f.Short)
		}
	}
	for _, c := range run.Ends() {
		if n := r.Objects.Classes[c]; n > 0 && c != run.Indexed {
			because = append(because, plural(n, "object")+" "+r.endText(c)+r.names(c))
		}
	}
	if n := r.Events.Rejected; n > 0 {
		because = append(because, plural(n, "event")+" rejected by the cluster")
	}
	if n := r.Events.Malformed; n > 0 {
		because = append(because, plural(n, "malformed event"))
	}
	return because
}

// names are those of the errors in a class, in brackets.
func (r *Report) names(c run.End) string {
	var names []string
	for _, g := range r.Errors {
		if g.Class == c && isErrorName(g.Error) && !slices.Contains(names, g.Error) {
			names = append(names, g.Error)
		}
	}
	if len(names) == 0 {
		return ""
	}
	if len(names) > maxNamed {
		names = append(names[:maxNamed], "…")
	}
	return " (" + strings.Join(names, ", ") + ")"
}

// isErrorName tells whether a name is one as AWS and this program give them.
func isErrorName(s string) bool {
	return s != "" && len(s) <= 64 && strings.IndexFunc(s, func(c rune) bool {
		return c != '.' && (c > unicode.MaxASCII || !unicode.IsLetter(c) && !unicode.IsDigit(c))
	}) < 0
}

// text is the class as it stands after "objects".
func endText(c run.End) string {
	switch c {
	case run.NotIndexed:
		return "not indexed"
	case run.NeverStarted:
		return "never started"
	case run.NoResult:
		return "without a result"
	case run.Twice:
		return "reported twice"
	case run.Capped:
		return "cut short by maxEvents"
	}
	return string(c)
}

func (r *Report) prefixes() string {
	const most = 4
	p := r.Plan.Prefixes
	switch {
	case len(p) == 0:
		return "the archive's prefixes"
	case len(p) <= most:
		return strings.Join(p, ", ")
	}
	return strings.Join(p[:2], ", ") + " … " + strings.Join(p[len(p)-2:], ", ")
}

// text is what the edge says, as the end of a sentence.
func (e *Edge) text() string {
	var parts, try []string
	if e.Before > 0 {
		parts = append(parts, plural(e.Before, "event")+" of the range in the first hour")
	}
	if e.After > 0 {
		parts = append(parts, plural(e.After, "event")+" of the range in the last hour")
	}
	if e.TryBefore != "" {
		try = append(try, "marginBefore "+e.TryBefore)
	}
	if e.TryAfter != "" {
		try = append(try, "marginAfter "+e.TryAfter)
	}
	s := "there were " + list(parts) + " that was looked at"
	if len(try) > 0 {
		s += "; try " + list(try)
	}
	if e.Open {
		s += "; the archive was still being written when the run started, so start it again later"
	}
	return s + "."
}

// list joins words as a sentence does.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// maxFindings is how many sentences a summary carries, maxSentence how many
// characters of each, as run.Cut counts them: it goes through the state machine.
const (
	maxFindings = 10
	maxSentence = 1000
)

// Summary is what the state machine ends with.
func (r *Report) Summary() run.Summary {
	s := run.Summary{
		Run: r.Run, Complete: r.Complete, Verdict: run.Cut(r.Verdict, maxSentence), Objects: r.Objects.Listed,
		Ends: map[string]int64{}, Counts: r.Events,
		Report: run.Location{Bucket: r.Settings.RunBucket, Key: run.ReportKey(r.Run)}.URI(),
		Page:   run.Location{Bucket: r.Settings.RunBucket, Key: run.PageKey(r.Run)}.URI(),
	}
	if r.Files != nil {
		s.Files = r.Files.summary()
	}
	for c, n := range r.Objects.Classes {
		if n > 0 {
			s.Ends[string(c)] = n
		}
	}
	if r.Chain != nil {
		s.Findings = append(s.Findings, run.Cut(r.Chain.Verdict, maxSentence))
	}
	for _, f := range r.Findings {
		if len(s.Findings) < maxFindings {
			s.Findings = append(s.Findings, run.Cut(f.Text, maxSentence))
		}
	}
	return s
}

// RetryText says what to do about what a retry can resolve; empty where there is nothing
// of that kind.
func (r *Report) RetryText() string {
	if r.Objects.Listed == r.Objects.Classes[run.Indexed]+r.Objects.Classes[run.Twice] && r.Events.Rejected == 0 && r.Problems.Earlier == 0 {
		return ""
	}
	does := "index"
	if r.Files != nil {
		does = "write"
	}
	restore := ""
	if r.Objects.Classes[run.Archived] > 0 {
		restore = `, "restore": "Standard"`
	}
	return fmt.Sprintf(`Correct the causes, then start a run with {"retry": %q%s}: it takes what this one did not %s, and nothing else.`, r.Run, restore, does)
}

// RangeText is the range as a person would say it: days where it has whole ones.
func (r *Report) RangeText() string { return RangeText(r.Plan.From, r.Plan.To) }

// RangeText is a range as a person would say it: days where it has whole ones, in the
// zone of from.
func RangeText(from, to time.Time) string {
	if from.IsZero() {
		return ""
	}
	if midnight(from) && midnight(to) {
		last := to.Add(-time.Nanosecond)
		if from.Format(time.DateOnly) == last.Format(time.DateOnly) {
			return from.Format(time.DateOnly)
		}
		return from.Format(time.DateOnly) + " to " + last.Format(time.DateOnly)
	}
	return from.Format(time.RFC3339) + " to " + to.Format(time.RFC3339)
}

func midnight(t time.Time) bool {
	return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0
}
