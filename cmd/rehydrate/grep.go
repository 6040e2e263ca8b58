package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rehydrate/rehydrate/internal/grep"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/settings"
)

// exitError ends a command that has said itself what there was to say, with an
// exit status of its own.
type exitError struct{ status int }

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", e.status) }

// Exit statuses of grep, beside 0 where something was found.
const (
	exitNotFound = 1
	exitUnread   = 2 // something could not be read; also where something was found
)

// grepOptions are the flags of grep.
type grepOptions struct {
	archive              string
	settings             run.Settings // of which only how the archive is laid out and read, and the zone
	from, to             string
	before, after        string // margins
	patterns             []string
	flags                grep.Flags
	groups, streams      []string
	count, only, quiet   bool
	most                 int64
	around, above, below int
	json                 bool
	fields               []string
	color                string
	workers              int
}

func newGrep() *cobra.Command {
	var o grepOptions
	cmd := &cobra.Command{
		Use:   "grep [flags] PATTERN",
		Short: "Search an archive where it lies, without any cluster",
		Long: `Prints the events of a range of an archive whose messages match a pattern, each
once, with their local time. PATTERN is a regular expression (RE2); ^, $ and .
know the lines of a message.

Events come in the order of time: each waits until objects are read that began
an hour after it, or until 128 MiB of text behind it are (or 16 MiB of events
wait), so that the first are there at once; one that reached the archive later
than that stands where its object does. Events that were delivered twice are
printed once: ids are known for as long as both margins together, and for the
last half a million events.

Exit status: 0 something was found; 1 nothing was; 2 something could not be read
or was damaged (told on standard error, whatever was found).`,
		Example: `  rehydrate grep --archive out/archive --from 2018-12-10 --to 2018-12-12 -i timeout
  rehydrate grep --archive s3://my-log-archive --from 2018-12-10 --to 2018-12-10 -C 3 'order [0-9]+ failed'
  rehydrate grep --archive s3://my-log-archive --from 2018-12-10 --to 2018-12-10 --json -F -e '"status":500' | jq .message`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.execute(cmd.Context(), args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	o.register(cmd.Flags())
	return cmd
}

func (o *grepOptions) register(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringVar(&o.archive, "archive", "", "the archive: a `folder` that stands for the bucket (keys are its relative paths), or s3://BUCKET")
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	settings.Flags(all, &o.settings)
	all.Lookup("zone").Usage = "Time zone of days and of the times printed."
	for _, name := range []string{"prefix", "archive-zone", "zone", "time-field", "assume-zone", "ids"} {
		f.AddFlag(all.Lookup(name))
	}
	f.StringVar(&o.from, "from", "", "first `day` (2018-12-10, in --zone) or RFC 3339 instant")
	f.StringVar(&o.to, "to", "", "last `day`, included, or RFC 3339 instant, excluded")
	f.StringVar(&o.before, "margin-before", "", "look at objects that began by so `much` before the range (default 3h)")
	f.StringVar(&o.after, "margin-after", "", "look at objects that began by so `much` after the range (default 3h)")
	f.StringArrayVar(&o.groups, "group", nil, "only log groups like this `glob`, in which * also crosses slashes; may be given more than once")
	f.StringArrayVar(&o.streams, "stream", nil, "only log streams like this `glob`; may be given more than once")

	f.StringArrayVarP(&o.patterns, "regexp", "e", nil, "`pattern` to look for instead of PATTERN; may be given more than once, one has to match")
	f.BoolVarP(&o.flags.IgnoreCase, "ignore-case", "i", false, "capital and small letters are the same")
	f.BoolVarP(&o.flags.Invert, "invert-match", "v", false, "print the events that do not match")
	f.BoolVarP(&o.flags.Fixed, "fixed-strings", "F", false, "patterns are texts, not regular expressions")
	f.BoolVarP(&o.flags.Word, "word-regexp", "w", false, "only matches that are whole words")
	f.BoolVarP(&o.count, "count", "c", false, "print only how many events match")
	f.Int64VarP(&o.most, "max-count", "m", 0, "stop after so many `events`")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print nothing, stop at the first match")
	f.BoolVarP(&o.only, "only-matching", "o", false, "print only the parts that match, a line each")
	f.IntVarP(&o.below, "after-context", "A", 0, "print so many `events` of the same log stream after each match")
	f.IntVarP(&o.above, "before-context", "B", 0, "print so many `events` of the same log stream before each match")
	f.IntVarP(&o.around, "context", "C", 0, "print so many `events` of the same log stream around each match")
	f.BoolVar(&o.json, "json", false, "print events as inspect --events does: id, time, group, stream, message")
	f.Func("fields", "`fields` to print before messages, with commas between: logGroup, logStream, account", func(v string) error {
		o.fields = strings.Split(v, ",")
		for _, field := range o.fields {
			if field != "logGroup" && field != "logStream" && field != "account" {
				return fmt.Errorf("%q is no field; give any of logGroup, logStream, account", field)
			}
		}
		return nil
	})
	f.StringVar(&o.color, "color", "auto", "`when` to mark matches: auto (on a terminal), always or never")
	f.Lookup("color").NoOptDefVal = "auto"
	f.IntVar(&o.workers, "max-concurrency", 0, "`objects` read at once (default: as many as there are processors, twice that from S3)")
}

// check is what can be told before anything is read; it gives the patterns.
func (o *grepOptions) check(args []string) ([]string, error) {
	patterns := slices.Concat(o.patterns, args)
	if err := (&options{archive: o.archive}).check(); err != nil {
		return nil, err
	}
	switch {
	case len(args) > 0 && len(o.patterns) > 0:
		return nil, fmt.Errorf("%q: beside -e no PATTERN is given; give it another -e", args[0])
	case len(args) > 1:
		return nil, fmt.Errorf("%q follows the PATTERN; the archive is given by --archive, more patterns by -e", args[1])
	case len(patterns) == 0:
		return nil, errors.New("the PATTERN is missing; --help lists the flags")
	case o.most < 0 || o.above < 0 || o.below < 0 || o.around < 0 || o.workers < 0:
		return nil, errors.New("-m, -A, -B, -C and --max-concurrency are numbers from 0 on")
	case o.json && (o.only || len(o.fields) > 0):
		return nil, errors.New("--json prints whole events with all fields; leave out -o and --fields")
	case !slices.Contains([]string{"auto", "always", "never"}, o.color):
		return nil, fmt.Errorf("--color=%s: give auto, always or never", o.color)
	}
	for _, glob := range slices.Concat(o.groups, o.streams) {
		if _, err := path.Match(glob, ""); err != nil {
			return nil, fmt.Errorf("%q is no glob for --group or --stream: an open [ or a backslash at its end; give one such as '/ecs/*'", glob)
		}
	}
	return patterns, nil
}

func (o *grepOptions) execute(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	patterns, err := o.check(args)
	if err != nil {
		return err
	}
	pattern, err := grep.Compile(patterns, o.flags)
	if err != nil {
		return err
	}
	request := run.Request{From: o.from, To: o.to, MarginBefore: o.before, MarginAfter: o.after}
	plan, err := request.Resolve(run.Execution{Name: "grep", StartTime: time.Now()}, o.settings.Zone)
	if err != nil {
		return err
	}
	source, err := openArchive(ctx, o.archive, o.settings.ArchivePrefixes, o.settings.ArchiveZone)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }() // it was only read
	options := grep.Options{
		Pattern: pattern, From: plan.From, To: plan.To,
		MarginBefore: time.Duration(plan.MarginBefore), MarginAfter: time.Duration(plan.MarginAfter),
		Settings: o.settings, Groups: o.groups, Streams: o.streams, Most: o.most, CountOnly: o.count || o.quiet,
		Workers: o.workers, Ordered: source.ordered(),
	}
	if options.Workers == 0 {
		options.Workers = runtime.NumCPU() * source.perProcessor()
	}
	if o.quiet {
		options.Most = 1
	}
	if !options.CountOnly && !o.only {
		options.Before, options.After = max(o.above, o.around), max(o.below, o.around)
	}
	return o.search(ctx, source, options, stdout, stderr)
}

// search searches and shows what comes of it.
func (o *grepOptions) search(ctx context.Context, source *source, options grep.Options, stdout, stderr io.Writer) error {
	p := o.printed(options, stdout, stderr)
	hide := p.show()
	counts, err := grep.Search(ctx, source, options, p)
	hide()
	if flushed := p.printer.Flush(); err == nil {
		err = flushed
	}
	if o.count && !o.quiet && (err == nil || ctx.Err() != nil) {
		fmt.Fprintln(stdout, counts.Given)
	}
	if !o.quiet {
		fmt.Fprintln(stderr, summary(counts, options, ctx.Err() != nil))
	}
	switch {
	case err != nil && ctx.Err() == nil:
		return err
	case o.quiet && counts.Given > 0:
		return nil
	case err != nil || counts.Damaged+counts.Unread+counts.Malformed > 0:
		return exitError{exitUnread}
	case counts.Given == 0:
		return exitError{exitNotFound}
	}
	return nil
}
