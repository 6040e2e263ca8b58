package report

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

// Write puts report.html and report.json into the run's folder, and the run into the
// history. A page or an entry that cannot be written is told in report.json, which has
// all that they show.
func (r *Report) Write(ctx context.Context, folder runs.Folder) error {
	var page bytes.Buffer
	if err := r.Page(&page); err != nil {
		return err
	}
	if err := folder.PutPage(ctx, page.Bytes()); err != nil {
		r.Findings = append(r.Findings, Finding{Text: fmt.Sprintf("The report's page could not be written: %v.", err)})
	}
	if err := folder.PutPast(ctx, r.Past()); err != nil {
		r.Findings = append(r.Findings, Finding{Text: fmt.Sprintf("The run could not be written into the history: %v.", err)})
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

// Past is the run's entry in the history.
func (r *Report) Past() run.Past {
	p := run.Past{
		Run: r.Run, Started: r.Plan.Started, Ended: r.Made, From: r.Plan.From, To: r.Plan.To,
		Retry: r.Plan.Retry, Destination: r.Plan.Destination, View: r.Plan.View,
		Complete: r.Complete, Kind: r.Kind, Verdict: cut(r.Verdict, maxSentence),
		Objects: r.Objects.Listed, Bytes: r.Objects.Bytes, Counts: r.Events,
	}
	if r.Cost != nil {
		p.Dollars = &r.Cost.Dollars
	}
	return p
}
