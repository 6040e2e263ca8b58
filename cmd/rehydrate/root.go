package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Groups of commands in the help.
const (
	groupArchive = "archive"
	groupLook    = "look"
	groupAWS     = "aws"
)

const about = `rehydrate puts a date range of archived CloudWatch Logs back into Elasticsearch
or OpenSearch: each log event becomes one document, exactly once, and a report
says what arrived, what did not, and why.

Exit status: 0 all is there; 1 it ended, but something is missing (damaged,
rejected, not indexed); 2 it could not be done.`

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "rehydrate",
		Short:         "Put archived CloudWatch Logs back into Elasticsearch",
		Long:          about,
		SilenceErrors: true, // told once, by command
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(cmd.ErrOrStderr())
			return errors.Join(cmd.Help(), errors.New("give a command"))
		},
	}
	root.AddGroup(
		&cobra.Group{ID: groupArchive, Title: "An archive, from this computer:"},
		&cobra.Group{ID: groupLook, Title: "What was put back:"},
		&cobra.Group{ID: groupAWS, Title: "A deployed stack:"},
	)
	root.SetFlagErrorFunc(flagError)
	for group, commands := range map[string][]*cobra.Command{
		groupArchive: {newRun(), newGrep(), newInspect(), newSample()},
		groupLook:    {newRuns(), newReport(), newLogs(), newServe(), newDashboards(), newViews(), newExtend(), newDrop(), newExpire()},
		groupAWS:     {newInit(), newStart(), newFollow(), newTune(), newDoctor(), newEvents()},
		"":           {newVersion(), newLambda()},
	} {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	return root
}

// noArguments refuses what is no flag.
func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%q is no flag; --help lists the flags", args[0])
	}
	return nil
}

// flagError is one sentence for a command line that cannot be read, with the
// flag that was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		return fmt.Errorf("--%s: %w", invalid.GetFlag().Name, invalid.Unwrap())
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return fmt.Errorf("%w; --help lists the flags", err)
	}
	name := unknown.GetSpecifiedName()
	if shorts := unknown.GetSpecifiedShortnames(); len(shorts) > 1 {
		name, _, _ = strings.Cut(shorts, "=")
		if cmd.Flags().Lookup(name) != nil {
			return fmt.Errorf("-%s: flags have two dashes; give --%s", name, name)
		}
	}
	if like := flagsLike(cmd, name); len(like) > 0 {
		return fmt.Errorf("there is no flag --%s; did you mean --%s?", name, strings.Join(like, " or --"))
	}
	return fmt.Errorf("there is no flag --%s; --help lists the flags", name)
}

// flagsLike are the flags whose names are near to name, by the measure that
// cobra has for commands.
func flagsLike(cmd *cobra.Command, name string) []string {
	names := &cobra.Command{SuggestionsMinimumDistance: 2}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
		}
	})
	return names.SuggestionsFor(name)
}
