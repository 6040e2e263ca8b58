package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
)

// showPlan prints what a run that only plans has found.
func showPlan(w io.Writer, p run.Planned, v run.Inventory) error {
	fmt.Fprintf(w, "Plan %s: events from %s to %s\n", p.Run, p.From.Format(time.RFC3339), p.To.Format(time.RFC3339))
	for _, note := range p.Notes {
		fmt.Fprintf(w, "  %s\n", note)
	}
	if p.Objects == 0 {
		fmt.Fprintf(w, "Nothing found under %s.\n", strings.Join(p.Prefixes, ", "))
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\nday\tobjects\tbytes\t")
	for _, d := range v.Days {
		fmt.Fprintf(t, "%s\t%d\t%d\t\n", d.Name, d.Objects, d.Bytes)
	}
	fmt.Fprintf(t, "all\t%d\t%d\t\n", v.Objects, v.Bytes)
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	if len(v.Gaps) > 0 {
		fmt.Fprintf(w, "Hours without any object (UTC), %d: %s\n", len(v.Gaps), few(v.Gaps))
	}
	showUnrestored(w, p.Restore, v)
	if v.Unfit > 0 {
		fmt.Fprintf(w, "%d keys have no time in their name: %s\n", v.Unfit, few(v.UnfitKeys))
	}
	if v.Whole > 0 {
		fmt.Fprintf(w, "%d objects lie below a prefix that ends in **: every run reads all of them, whatever its range\n", v.Whole)
	}
	if p.Skipped > 0 {
		fmt.Fprintf(w, "%d keys are no archive objects and were left out\n", p.Skipped)
	}
	if v.Outside > 0 {
		fmt.Fprintf(w, "%d objects lie under the prefixes but began outside of the hours looked at, and were left out\n", v.Outside)
	}
	if v.Unmatched > 0 {
		fmt.Fprintf(w, "%d keys or folders do not fit the prefix expression and were not looked into: %s\n", v.Unmatched, few(v.UnmatchedKeys))
	}
	if e := v.Estimate; e != nil && e.Sampled == 0 && len(v.Unrestored) > 0 {
		fmt.Fprintln(w, "What is in them can only be told when they are restored")
	} else if e != nil {
		fmt.Fprintf(w, "By %d objects: about %d events, %d of them of the range; %d bytes of plain text\n", e.Sampled, e.Events, e.InRange, e.PlainBytes)
		fmt.Fprintf(w, "  wanted (in the range and the filters): about %d events, %d bytes of messages\n", e.Wanted, e.WantedBytes)
		showForms(w, e)
		if e.Unreadable > 0 {
			fmt.Fprintf(w, "  %d of them could not be read to the end\n", e.Unreadable)
		}
		pace := "the cluster takes %d events/s of each and an object %d ms more"
		if p.Destination == run.ToFiles {
			fmt.Fprintf(w, "Of these about %d in the range and the filters, in files of %d bytes\n", e.Written, e.OutputBytes)
			pace = "each reads %d events/s and an object takes %d ms more"
		}
		if p.Destination != run.ToFiles {
			fmt.Fprintf(w, "Of these about %d in the range and the filters: %d bytes of documents\n", e.Wanted, e.DocumentBytes)
		}
		fmt.Fprintf(w, "About %s with %d at once, if "+pace+"\n",
			(time.Duration(e.Seconds) * time.Second).String(), max(p.MaxConcurrency, min(p.MostConcurrency, run.DefaultMaxConcurrency)), e.EventsPerSecond, e.ObjectMillis)
		if e.RestoreSeconds > 0 {
			fmt.Fprintf(w, "  after up to %s until what is archived is restored\n", usual(e.RestoreSeconds))
		}
		if e.Paced {
			fmt.Fprintf(w, "  Step Functions sets that pace: it starts %d objects/s in its region, however many at once\n", e.ObjectsPerSecond)
		}
		fmt.Fprintf(w, "In AWS about %s\n", report.CostText(e.Cost))
	}
	for _, line := range report.ClusterLines(p) {
		fmt.Fprintln(w, line)
	}
	for _, advice := range v.Advice {
		fmt.Fprintf(w, "Advice: %s\n", advice)
	}
	return nil
}

// showForms prints the forms of the sampled objects, and what they do not tell.
func showForms(w io.Writer, e *run.Estimate) {
	var forms []string
	for _, f := range run.Forms() {
		if n := e.Forms[string(f)]; n > 0 {
			forms = append(forms, fmt.Sprintf("%d of %s", n, f))
		}
	}
	if len(forms) > 1 || len(forms) == 1 && e.Forms[string(run.FormRecords)] == 0 {
		fmt.Fprintf(w, "  forms: %s\n", strings.Join(forms, ", "))
	}
	if e.DerivedIDs > 0 {
		fmt.Fprintf(w, "  about %d events have no id in the archive: theirs are derived, %d of them from their place in the object\n", e.DerivedIDs, e.PlacedIDs)
	}
	if e.MessageTimes > 0 {
		fmt.Fprintf(w, "  about %d events have the time that their message tells\n", e.MessageTimes)
	}
	if e.KeyTimes > 0 {
		fmt.Fprintf(w, "  warning: about %d events have no time of their own; they get that of their object's key, which is only near to it (--time-field names the member of JSON messages that tells it)\n", e.KeyTimes)
	}
	if e.Malformed > 0 {
		fmt.Fprintf(w, "  warning: about %d events cannot be used as they are; inspect an object to see why\n", e.Malformed)
	}
}

// few is a list cut to what a line holds.
func few(l []string) string {
	const most = 5
	if len(l) <= most {
		return strings.Join(l, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(l[:most], ", "), len(l)-most)
}
