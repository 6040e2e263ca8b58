package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rehydrate/rehydrate/internal/deployed"
	"github.com/rehydrate/rehydrate/internal/run"
)

func stackFlag(f *pflag.FlagSet, stack *string) {
	f.StringVar(stack, "stack", "rehydrate", "`name` of the stack")
}

func newStart() *cobra.Command {
	var stack, name string
	var r request
	cmd := &cobra.Command{
		Use:   "start",
		Short: "Start a run in AWS and follow it to its end",
		Long: `Starts an execution of a deployed stack's state machine and follows it to its
end. Interrupted, the run goes on. Region and credentials are those of the AWS CLI.`,
		Example: "  rehydrate start --from 2018-12-10 --to 2018-12-12\n  rehydrate start --retry NAME-OF-A-RUN",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			input, err := r.execution(0)
			if err != nil {
				return err
			}
			if err := deployed.CheckInput(input); err != nil {
				return err
			}
			s, err := deployed.Open(cmd.Context(), stack)
			if err != nil {
				return err
			}
			execution, err := s.Start(cmd.Context(), name, input)
			if err != nil {
				return err
			}
			return followed(cmd.Context(), s, execution, cmd.OutOrStdout())
		},
	}
	stackFlag(cmd.Flags(), &stack)
	r.register(cmd.Flags())
	cmd.Flags().StringVar(&name, "name", "", "`name` of the run (default: Step Functions makes one up)")
	return cmd
}

func newFollow() *cobra.Command {
	var stack, name string
	cmd := &cobra.Command{
		Use:     "follow",
		Short:   "Follow a run in AWS that was started",
		Long:    "Tells how a run of a deployed stack goes on until it ends, and what it came to.",
		Example: "  rehydrate follow --run NAME-OF-A-RUN",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !run.ValidName(name) {
				return fmt.Errorf("--run: %q is no name of a run", name)
			}
			s, err := deployed.Open(cmd.Context(), stack)
			if err != nil {
				return err
			}
			return followed(cmd.Context(), s, s.Execution(name), cmd.OutOrStdout())
		},
	}
	stackFlag(cmd.Flags(), &stack)
	cmd.Flags().StringVar(&name, "run", "", "`name` of the run")
	return cmd
}

func followed(ctx context.Context, s *deployed.Stack, execution string, out io.Writer) error {
	complete, err := s.Follow(ctx, execution, out)
	if err == nil && !complete {
		return errIncomplete
	}
	return err
}

func newEvents() *cobra.Command {
	var bucket string
	var apply bool
	cmd := &cobra.Command{
		Use:   "events",
		Short: "Show a bucket's EventBridge events, or turn them on",
		Long: `Shows whether a bucket sends its events to EventBridge, which indexing objects as
they arrive needs, and with --apply turns that on. Its other notifications stay
as they are.`,
		Example: "  rehydrate events --bucket my-log-archive\n  rehydrate events --bucket my-log-archive --apply",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if bucket == "" {
				return errors.New("--bucket: missing; give the name of the bucket")
			}
			return deployed.Events(cmd.Context(), bucket, apply, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&bucket, "bucket", "", "`name` of the bucket")
	cmd.Flags().BoolVar(&apply, "apply", false, "turn them on; without this it is only said what would be done")
	return cmd
}

func newTune() *cobra.Command {
	var stack, name string
	var concurrency int
	cmd := &cobra.Command{
		Use:     "tune",
		Short:   "Change how many objects a run in AWS indexes at once",
		Long:    "Makes a run of a deployed stack wider or narrower while it goes on. Objects that are being indexed are ended first.",
		Example: "  rehydrate tune --run NAME-OF-A-RUN --concurrency 20",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !run.ValidName(name) {
				return fmt.Errorf("--run: %q is no name of a run", name)
			}
			if concurrency < 1 || concurrency > run.MaxConcurrencyLimit {
				return fmt.Errorf("--concurrency: give a whole number from 1 to %d", run.MaxConcurrencyLimit)
			}
			s, err := deployed.Open(cmd.Context(), stack)
			if err != nil {
				return err
			}
			return s.Tune(cmd.Context(), s.Execution(name), concurrency, cmd.OutOrStdout())
		},
	}
	stackFlag(cmd.Flags(), &stack)
	cmd.Flags().StringVar(&name, "run", "", "`name` of the run")
	cmd.Flags().IntVar(&concurrency, "concurrency", 0, "`objects` indexed at once from then on")
	return cmd
}

func newDoctor() *cobra.Command {
	var stack string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check a deployed stack, and archive and cluster as it sees them",
		Long: `Looks at a deployed stack: its functions, what these may read of the archive and how
they see the cluster, its bucket's events, its alarms. Each finding is a line, with what
to do about it where it is not as it should be. Nothing is changed.

Exit status: 0 all is well; 1 something is not; 2 it could not be looked at.`,
		Example: "  rehydrate doctor\n  rehydrate doctor --stack logs",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := deployed.Open(cmd.Context(), stack)
			if err != nil {
				return err
			}
			well := true
			s.Doctor(cmd.Context(), version(), func(c deployed.Check) {
				if c.OK {
					fmt.Fprintln(cmd.OutOrStdout(), "ok   ", c.Text)
					return
				}
				well = false
				fmt.Fprintf(cmd.OutOrStdout(), "look  %s\n      → %s\n", c.Text, c.Remedy)
			})
			if !well {
				return errIncomplete
			}
			return nil
		},
	}
	stackFlag(cmd.Flags(), &stack)
	return cmd
}
