package report

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/rehydrate/rehydrate/internal/runs"
)

// Write puts report.html and report.json into the run's folder. A page that
// cannot be written is told in report.json, which has all that it shows.
func (r *Report) Write(ctx context.Context, folder runs.Folder) error {
	var page bytes.Buffer
	if err := r.Page(&page); err != nil {
		return err
	}
	if err := folder.PutPage(ctx, page.Bytes()); err != nil {
		r.Findings = append(r.Findings, Finding{Text: fmt.Sprintf("The report's page could not be written: %v.", err)})
	}
	// Last, for who sees it may look for the page.
	whole, err := r.encode()
	if err != nil {
		return err
	}
	return folder.PutReport(ctx, whole)
}

// encode is the report as report.json has it.
func (r *Report) encode() ([]byte, error) {
	whole, err := json.MarshalIndent(r, "", " ")
	return append(whole, '\n'), err
}
