package report

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed page.html
var pageText string

// Page writes the report as one self-contained HTML page: no script, nothing
// fetched from elsewhere.
func (r *Report) Page(w io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"number": number, "visible": visible, "size": size, "duration": duration,
	}).Parse(pageText)
	if err != nil {
		return err
	}
	return t.Execute(w, r)
}
