package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Terminal writes the short form for a person at a terminal of width columns (0
// for unlimited): the verdict, a table, what is wrong, and where the rest is.
// Place is the folder where the report's files lie; empty stands for the run
// bucket.
func (r *Report) Terminal(w io.Writer, width int, place string) error {
	t := terminal{w: w, width: width}
	t.wrap("", visible(r.Verdict))
	if r.Chain != nil {
		t.wrap("", visible(r.Chain.Verdict))
	}
	t.line("")
	t.table(r.totalRows())
	if len(r.Days) > 0 {
		t.line("")
		t.table(r.dayRows())
	}
	if r.Files != nil {
		r.Files.terminal(&t, place)
	}
	if len(r.Findings) > 0 {
		t.line("")
		for _, f := range r.Findings {
			mark := "  - "
			if f.Grave {
				mark = "  ! "
			}
			t.wrap(mark, visible(f.Text))
		}
	}
	r.terminalErrors(&t)
	if retry := r.RetryText(); retry != "" {
		t.line("")
		t.wrap("  ", retry)
	}
	if r.Cost != nil {
		t.line("")
		t.wrap("  ", "By list prices this run took about "+CostText(*r.Cost)+".")
	}
	t.line("")
	if place == "" {
		place = run.Location{Bucket: r.Settings.RunBucket, Key: run.Folder(r.Run)}.URI()
	}
	place = strings.TrimSuffix(place, "/")
	t.line("  Report  " + place + "/report.json")
	t.line("  Page    " + place + "/report.html")
	if u := r.DiscoverURL(); u != "" {
		t.line("  Events  " + visible(u))
	}
	return t.err
}

// totalRows is the table of the whole run: what, how many, and a remark.
func (r *Report) totalRows() [][]string {
	e := r.Events
	rows := [][]string{
		{"objects", number(r.Objects.Listed), size(r.Objects.Bytes)},
		{"events", number(e.Decoded), ""},
	}
	if r.Files != nil {
		rows = append(rows, []string{"written", number(e.Written), plural(r.Files.Files, "file") + ", " + size(r.Files.Bytes)})
	} else {
		doubt := ""
		if e.InDoubt > 0 {
			doubt = number(e.InDoubt) + " in doubt"
		}
		rows = append(rows, []string{"created", number(e.Created), ""}, []string{"already there", number(e.AlreadyThere), doubt})
	}
	rows = append(rows, []string{"malformed", number(e.Malformed), ""})
	if r.Files == nil {
		rows = append(rows, []string{"rejected", number(e.Rejected), ""})
	}
	rows = append(rows, []string{"out of range", number(e.OutOfRange), ""})
	if e.Filtered > 0 {
		rows = append(rows, []string{"filtered", number(e.Filtered), ""})
	}
	for _, c := range run.Ends() {
		if n := r.Objects.Classes[c]; c != run.Indexed && (n > 0 || c == run.Damaged) {
			rows = append(rows, []string{r.endText(c), number(n), ""})
		}
	}
	if r.Effort.WaitedMs > 0 || r.Effort.Retries > 0 {
		rows = append(rows, []string{"retries", number(r.Effort.Retries), "waited " + duration(r.Effort.WaitedMs)})
	}
	return rows
}

// dayRows has a heading and one row for each index.
func (r *Report) dayRows() [][]string {
	const most = 40
	rows := [][]string{{"index", "objects", "created", "already there", "rejected", "in cluster"}}
	for i, d := range r.Days {
		if i == most {
			rows = append(rows, []string{fmt.Sprintf("… %d more", len(r.Days)-most), "", "", "", "", ""})
			break
		}
		now := "unknown"
		if d.Now != nil {
			now = number(*d.Now)
		}
		if d.Answer == Fewer || d.Answer == More {
			now += " (" + d.Answer + ")"
		}
		rows = append(rows, []string{visible(d.Index), number(d.Objects), number(d.Created), number(d.AlreadyThere), number(d.Rejected), now})
	}
	return rows
}

// terminalErrors shows the most frequent reasons.
func (r *Report) terminalErrors(t *terminal) {
	const most = 5
	if len(r.Errors)+len(r.Rejections)+len(r.Malformations) == 0 {
		return
	}
	t.line("")
	for i, g := range r.Errors {
		if i == most {
			t.line(fmt.Sprintf("  … %s more", plural(int64(len(r.Errors)-most), "reason")))
			break
		}
		t.wrap("  ", fmt.Sprintf("%s %s: %s", plural(g.Objects, "object"), r.endText(g.Class), visible(g.Headline())))
		if len(g.Places) > 0 {
			t.line("      e.g. " + visible(g.Places[0].Object.Key))
			if where := g.Places[0].Where(); where != "" {
				t.wrap("           ", where)
			}
		}
	}
	for _, events := range []struct {
		what   string
		groups []ReasonGroup
	}{{"rejected", r.Rejections}, {"malformed", r.Malformations}} {
		for i, g := range events.groups {
			if i == most {
				t.line(fmt.Sprintf("  … %s more", plural(int64(len(events.groups)-most), "reason")))
				break
			}
			t.wrap("  ", fmt.Sprintf("%s %s: %s", plural(g.Events, "event"), events.what, visible(g.Reason)))
		}
	}
}

// Headline is the group in one line: the example, which has its numbers.
func (g ErrorGroup) Headline() string {
	if g.Error != "" {
		return g.Error + ": " + g.Example
	}
	return g.Example
}

// terminal writes lines of a width.
type terminal struct {
	w     io.Writer
	width int
	err   error
}

func (t *terminal) line(s string) {
	if t.err == nil {
		_, t.err = io.WriteString(t.w, strings.TrimRight(s, " ")+"\n")
	}
}

// wrap breaks s between words, with a mark before the first line and as much
// space before the others.
func (t *terminal) wrap(mark, s string) {
	line, indent := mark, strings.Repeat(" ", utf8.RuneCountInString(mark))
	empty := true
	for _, word := range strings.Fields(s) {
		if !empty && t.width > 0 && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > t.width {
			t.line(line)
			line, empty = indent, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	t.line(line)
}

// table aligns columns: the first left, numbers right up to the last, which is
// left. Rows have the same number of cells.
func (t *terminal) table(rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		line := " "
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			switch {
			case i == 0 || i == len(row)-1:
				line += " " + cell + pad
			default:
				line += " " + pad + cell
			}
			line += " "
		}
		t.line(line)
	}
}
