package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"

	"github.com/rehydrate/rehydrate/internal/run"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string
)

// page is what the template shows: the report, and what is worked out of it.
type page struct {
	*Report
	Style template.CSS
	Chart chart
	Parts []part
}

// part is one of the ways in which events ended.
type part struct {
	Name   string
	Path   string
	Class  string
	Events int64
}

// eventsOf is a group of events with the page that it is on.
type eventsOf struct {
	Page  page
	Group ReasonGroup
}

// Page writes the report as one self-contained HTML page: without a script, and
// with nothing fetched from elsewhere. Every string from outside is text there,
// in a direction of its own, its invisible characters shown as escapes.
//
// Each number that stands in report.json too is a data element with its path
// there and its value.
func (r *Report) Page(w io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"number": number, "visible": visible, "size": size, "duration": duration, "plural": plural, "stamp": stamp,
		"data": data, "share": share, "bucket": bucketText, "words": r.endText, "costText": func(c *run.Cost) string { return CostText(*c) },
		"in": func(p page, g ReasonGroup) eventsOf { return eventsOf{p, g} },
	}).Parse(pageText)
	if err != nil {
		return err
	}
	return t.Execute(w, page{
		Report: r, Style: template.CSS(pageStyle), Chart: newChart(r),
		Parts: r.parts(),
	})
}

// parts are all that events decoded can have come to.
func (r *Report) parts() []part {
	e := r.Events
	arrived := []part{
		{"created", "events.created", "created", e.Created},
		{"already there", "events.alreadyThere", "there", e.AlreadyThere},
		{"rejected by the cluster", "events.rejected", "rejected", e.Rejected},
	}
	if r.Files != nil {
		arrived = []part{{"written", "events.written", "created", e.Written}}
	}
	return append(arrived,
		part{"malformed in the archive", "events.malformed", "malformed", e.Malformed},
		part{"filtered out", "events.filtered", "filtered", e.Filtered},
		part{"out of range", "events.outOfRange", "out", e.OutOfRange},
	)
}

// data is a number with its path in report.json.
func data(path string, n any) (template.HTML, error) {
	var v int64
	switch n := n.(type) {
	case int64:
		v = n
	case int:
		v = int64(n)
	case *int64:
		if n == nil {
			return "unknown", nil
		}
		v = *n
	default:
		return "", fmt.Errorf("%T is no number", n)
	}
	return template.HTML(`<data data-of="` + template.HTMLEscapeString(path) + `" value="` +
		strconv.FormatInt(v, 10) + `">` + number(v) + `</data>`), nil
}

// share is n as a percentage of most.
func share(n, most int64) float64 {
	if most <= 0 {
		return 0
	}
	return 100 * float64(n) / float64(most)
}

// bucketText names a bucket of the lag.
func bucketText(i int, buckets []LagBucket) string {
	upTo := strings.NewReplacer("24h0m0s", "a day", "h0m0s", " h", "m0s", " min")
	switch {
	case i == 0:
		return "before its time"
	case buckets[i].UpTo == "":
		return "later than " + upTo.Replace(buckets[i-1].UpTo)
	}
	return "within " + upTo.Replace(buckets[i].UpTo)
}

// filterText is a member of the run's filters.
type filterText struct {
	Name     string
	Patterns []string
}

// FilterTexts are the filters of the run.
func (p page) FilterTexts() []filterText {
	var texts []filterText
	for _, f := range []filterText{
		{"only log groups", p.Plan.Include.LogGroup},
		{"only log streams", p.Plan.Include.LogStream},
		{"only messages", p.Plan.Include.Message},
		{"without log groups", p.Plan.Exclude.LogGroup},
		{"without log streams", p.Plan.Exclude.LogStream},
		{"without messages", p.Plan.Exclude.Message},
	} {
		if len(f.Patterns) > 0 {
			texts = append(texts, f)
		}
	}
	return texts
}

// BulkBytes is the size of a bulk body.
func (p page) BulkBytes() int64 { return int64(p.Settings.BulkBytes) }

// Expected are the bounds of what an index holds now.
func (d Day) Expected() string {
	switch {
	case d.Least == nil:
		return "unknown"
	case d.Most == nil:
		return "at least " + number(*d.Least)
	case *d.Least == *d.Most:
		return number(*d.Least)
	}
	return number(*d.Least) + "–" + number(*d.Most)
}

// AnswerText is the cluster's answer in words.
func (d Day) AnswerText() string {
	switch d.Answer {
	case AsExpected:
		return "as expected"
	case Fewer, More:
		return d.Answer + " than expected"
	}
	return d.Answer
}

// Did is what the run did to events: it indexed or wrote them.
func (p page) Did() string { return p.did() }

// MostLag is the fullest bucket.
func (p page) MostLag() int64 {
	var most int64
	for _, l := range p.Lag {
		most = max(most, l.Events)
	}
	return most
}

// KindText is the verdict in a word or two.
func (p page) KindText() string {
	switch p.Kind {
	case KindComplete:
		return "Complete"
	case KindMargin:
		return "Complete within the margin"
	case KindNothing:
		return "Nothing found"
	}
	return "Incomplete"
}

// Tone is how the verdict is coloured: a run that is complete, but not the end of
// the matter, is fair.
func (p page) Tone() string {
	switch {
	case !p.Complete:
		return "bad"
	case p.Kind == KindMargin || p.Chain != nil && !p.Chain.Complete:
		return "fair"
	}
	return "good"
}

// Unfinished are the classes of objects besides indexed that hold any.
func (p page) Unfinished() []run.End {
	var classes []run.End
	for _, c := range run.Ends() {
		if c != run.Indexed && p.Objects.Classes[c] > 0 {
			classes = append(classes, c)
		}
	}
	return classes
}

// Indexed are the objects that were read to their end.
func (o Objects) Indexed() int64 { return o.Classes[run.Indexed] }

// Indexed are the objects of the run that were read to their end.
func (r ChainRun) Indexed() int64 { return r.Classes[run.Indexed] }

// Where tells how far the object was read.
func (p Place) Where() string {
	switch d := p.Damage; {
	case d != nil && d.ObjectOffset >= 0:
		return fmt.Sprintf("record %s, event %s; byte %s of the object, %s of its plain text",
			number(d.Record), number(d.Event), number(d.ObjectOffset), number(d.Offset))
	case d != nil:
		return fmt.Sprintf("record %s, event %s; byte %s of its plain text", number(d.Record), number(d.Event), number(d.Offset))
	case p.Events > 0:
		return fmt.Sprintf("counted up to %s, byte %s of its plain text; unknown after", plural(p.Events, "event"), number(p.Offset))
	}
	return ""
}
