package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/rehydrate/rehydrate/internal/report"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

func newRuns() *cobra.Command {
	var from past
	var limit int
	var lines bool
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List the runs that have ended",
		Long: `Lists the runs that have ended with a report, the newest first: on this computer
those under --out, with --stack those of a deployed stack. They are listed even when
their files are gone.`,
		Example: "  rehydrate runs\n  rehydrate runs --stack rehydrate --limit 0\n  rehydrate runs --json | jq 'select(.complete | not) | .run'",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 0 {
				return fmt.Errorf("--limit %d is out of bounds; give a whole number, 0 for all", limit)
			}
			bucket, err := from.open(cmd.Context())
			if err != nil {
				return err
			}
			found, err := runs.History{Bucket: bucket}.Newest(cmd.Context(), limit)
			if err != nil {
				return err
			}
			if lines {
				return printLines(cmd.OutOrStdout(), found)
			}
			return printRuns(cmd.OutOrStdout(), found)
		},
	}
	from.register(cmd.Flags())
	cmd.Flags().IntVarP(&limit, "limit", "n", 20, "at most so many `runs`, 0 for all")
	cmd.Flags().BoolVar(&lines, "json", false, "print JSON lines, each with all that is remembered of a run")
	return cmd
}

func printLines(w io.Writer, found []run.Past) error {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	for _, p := range found {
		if err := lines.Encode(p); err != nil {
			return err
		}
	}
	return nil
}

// printRuns prints a table. Columns that no run has anything for are left out.
func printRuns(w io.Writer, found []run.Past) error {
	if len(found) == 0 {
		_, err := fmt.Fprintln(w, "No run has ended yet.")
		return err
	}
	views := slices.ContainsFunc(found, func(p run.Past) bool { return p.View != "" })
	priced := slices.ContainsFunc(found, func(p run.Past) bool { return p.Dollars != nil })
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(started, name, span, view, verdict, objects, events, arrived, took, dollars string) {
		cells := []string{started, name, span}
		if views {
			cells = append(cells, view)
		}
		cells = append(cells, verdict, objects, events, arrived, took)
		if priced {
			cells = append(cells, dollars)
		}
		for i, c := range cells {
			if i > 0 {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprint(t, c)
		}
		fmt.Fprintln(t)
	}
	row("STARTED", "RUN", "RANGE", "VIEW", "VERDICT", "OBJECTS", "EVENTS", "ARRIVED", "TOOK", "COST")
	for _, p := range found {
		dollars := ""
		if p.Dollars != nil {
			dollars = fmt.Sprintf("$%.2f", *p.Dollars)
		}
		row(p.Started.Format("2006-01-02 15:04"), p.Run, report.RangeText(p.From, p.To), p.View, kindText(p.Kind),
			strconv.FormatInt(p.Objects, 10), strconv.FormatInt(p.Decoded, 10), arrived(p),
			took(p), dollars)
	}
	return t.Flush()
}

// took is how long a run went on, as exactly as it is of use.
func took(p run.Past) string {
	d := max(p.Ended.Sub(p.Started), 0)
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// arrived is what of the events is where the run was to bring them.
func arrived(p run.Past) string {
	if p.Destination == run.ToFiles {
		return strconv.FormatInt(p.Written, 10)
	}
	return strconv.FormatInt(p.Created+p.AlreadyThere, 10)
}

// kindText is a report's kind in words.
func kindText(kind string) string {
	switch kind {
	case report.KindMargin:
		return "complete within the margin"
	case report.KindNothing:
		return "nothing found"
	}
	return kind
}
