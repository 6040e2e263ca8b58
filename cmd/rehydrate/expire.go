package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/rehydrate/rehydrate/internal/run"
)

func newExpire() *cobra.Command {
	var s shelf
	var dry bool
	cmd := &cobra.Command{
		Use:   "expire",
		Short: "Delete the views that have expired",
		Long: `Deletes the views that have expired: indices that a run has made for a view, whose
documents are all its own. What holds anything else is kept, and said why. A
deployed stack does the same by itself each day.

Exit status: 0 all that has expired is deleted; 1 something was kept; 2 it could
not be done.`,
		Example: "  rehydrate expire --dry-run\n  rehydrate expire --search http://127.0.0.1:9200",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := s.ask(cmd.Context(), run.ViewsRequest{Do: run.ExpireAll, DryRun: dry})
			if err != nil {
				return err
			}
			return showDeletions(cmd.OutOrStdout(), a.Deletions, dry)
		},
	}
	s.register(cmd.Flags())
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only tell what would be deleted")
	return cmd
}

func newDrop() *cobra.Command {
	var s shelf
	cmd := &cobra.Command{
		Use:     "drop VIEW",
		Short:   "Delete a view before it expires",
		Long:    "Deletes a view, whenever it expires: its indices, but for those that hold anything else.",
		Example: "  rehydrate drop incident\n  rehydrate drop incident --stack rehydrate",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := s.ask(cmd.Context(), run.ViewsRequest{Do: run.DropView, View: args[0]})
			if err != nil {
				return err
			}
			return showDeletions(cmd.OutOrStdout(), a.Deletions, false)
		},
	}
	s.register(cmd.Flags())
	return cmd
}

// showDeletions tells what was deleted, and what was kept and why.
func showDeletions(w io.Writer, all []run.Deletion, dry bool) error {
	did := "deleted"
	if dry {
		did = "would be deleted"
	}
	if len(all) == 0 {
		fmt.Fprintln(w, "No view has expired.")
	}
	kept := false
	for _, d := range all {
		fmt.Fprintf(w, "view %s:\n", d.View)
		for _, index := range d.Deleted {
			fmt.Fprintf(w, "  %s: %s\n", index, did)
		}
		for _, k := range d.Kept {
			kept = true
			fmt.Fprintf(w, "  %s: kept, because %s\n", k.Index, k.Why)
		}
	}
	if kept {
		return errIncomplete
	}
	return nil
}
