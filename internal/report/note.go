package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Note writes the report as a Markdown text that is short enough for a
// notification, whatever the run came to.
func (r *Report) Note(w io.Writer) error {
	const most = 5
	var b strings.Builder
	fmt.Fprintf(&b, "# rehydrate %s\n\n%s\n", mark(r.Run), mark(cut(r.Verdict, maxSentence)))
	if r.Chain != nil {
		fmt.Fprintf(&b, "\n%s\n", mark(cut(r.Chain.Verdict, maxSentence)))
	}
	e := r.Events
	b.WriteString("\n| | |\n|---|--:|\n")
	for _, row := range [][2]string{
		{"range", r.rangeText()},
		{"objects", number(r.Objects.Listed)},
		{"events", number(e.Decoded)},
		{"created", number(e.Created)},
		{"already there", number(e.AlreadyThere)},
		{"malformed", number(e.Malformed)},
		{"rejected", number(e.Rejected)},
		{"damaged", number(r.Objects.Classes[Damaged])},
	} {
		fmt.Fprintf(&b, "| %s | %s |\n", row[0], mark(row[1]))
	}
	if len(r.Findings) > 0 {
		b.WriteString("\n")
	}
	for i, f := range r.Findings {
		if i == most {
			fmt.Fprintf(&b, "- and %s\n", plural(int64(len(r.Findings)-most), "more finding"))
			break
		}
		fmt.Fprintf(&b, "- %s\n", mark(cut(f.Text, maxReasonBytes)))
	}
	if len(r.Errors) > 0 {
		b.WriteString("\n")
	}
	for i, g := range r.Errors {
		if i == most {
			fmt.Fprintf(&b, "- and %s\n", plural(int64(len(r.Errors)-most), "more reason"))
			break
		}
		fmt.Fprintf(&b, "- %s %s: %s\n", plural(g.Objects, "object"), g.Class.text(), mark(cut(g.headline(), 300)))
	}
	if retry := r.retry(); retry != "" {
		fmt.Fprintf(&b, "\n%s\n", mark(retry))
	}
	fmt.Fprintf(&b, "\n%s\n", mark(run.Location{Bucket: r.Settings.RunBucket, Key: run.PageKey(r.Run)}.URI()))
	_, err := io.WriteString(w, b.String())
	return err
}

// mark makes text from outside plain text in Markdown: one line, none of its
// characters a mark.
func mark(s string) string {
	return strings.NewReplacer(
		`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;",
		"|", `\|`, "#", `\#`, "~", `\~`, "!", `\!`,
	).Replace(visible(s))
}
