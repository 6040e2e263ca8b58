package report

import (
	"bytes"
	"context"
	"encoding/json"
	"io"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Write puts report.json, report.html and report.md into the run's folder.
func (r *Report) Write(ctx context.Context, files Files) error {
	var whole, page, note bytes.Buffer
	if err := r.JSON(&whole); err != nil {
		return err
	}
	if err := r.Page(&page); err != nil {
		return err
	}
	if err := r.Note(&note); err != nil {
		return err
	}
	for _, f := range []struct {
		key, contentType string
		body             []byte
	}{
		{run.PageKey(r.Run), "text/html; charset=utf-8", page.Bytes()},
		{run.NoteKey(r.Run), "text/markdown; charset=utf-8", note.Bytes()},
		// Last, for who sees it may look for the others.
		{run.ReportKey(r.Run), "application/json", whole.Bytes()},
	} {
		if err := files.Put(ctx, f.key, f.contentType, f.body); err != nil {
			return failed(f.key+" cannot be written", err)
		}
	}
	return nil
}

// JSON writes the report as report.json has it.
func (r *Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(r)
}
