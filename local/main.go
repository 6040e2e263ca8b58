// Command local is rehydrate on one computer: the state machine's own
// definition and the real Lambda binaries, with an S3 server over a folder and
// an embedded search store in the place of AWS, or with a real bucket and a
// real cluster.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit statuses.
const (
	exitComplete   = 0 // everything asked for is in the cluster
	exitIncomplete = 1 // it ended, but something is missing
	exitUnusable   = 2 // it could not be run
)

// errIncomplete ends a command whose run is incomplete; the run has said why.
var errIncomplete = errors.New("the run is incomplete")

const usage = `rehydrate puts a date range of archived CloudWatch Logs back into Elasticsearch.

  local run         index a range of an archive and report
  local sample      make a sample archive to try
  local inspect     tell what is in one object of an archive, or print its events
  local serve       serve the embedded store of an earlier run, to search in
  local dashboards  make a dashboard for Kibana or OpenSearch Dashboards, or import it

local COMMAND -h lists the flags of a command.

Exit status: 0 the run is complete; 1 it ended but is incomplete (something
damaged, rejected or not indexed); 2 it could not be run.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(command(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// command runs one command line and gives its exit status.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	commands := map[string]func(context.Context, []string, io.Writer, io.Writer) error{
		"run": runCommand, "sample": sampleCommand, "inspect": inspectCommand, "serve": serveCommand,
		"dashboards": dashboardsCommand,
	}
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitUnusable
	}
	if args[0] == "-h" || args[0] == "-help" || args[0] == "--help" || args[0] == "help" {
		fmt.Fprint(stdout, usage)
		return exitComplete
	}
	f, ok := commands[args[0]]
	if !ok {
		fmt.Fprintf(stderr, "local: %q is no command; there are run, sample, inspect, serve and dashboards\n", args[0])
		return exitUnusable
	}
	switch err := f(ctx, args[1:], stdout, stderr); {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitComplete
	case errors.Is(err, errIncomplete):
		return exitIncomplete
	default:
		fmt.Fprintf(stderr, "local %s: %v\n", args[0], err)
		return exitUnusable
	}
}

// parse reads flags. Its error is one sentence; help goes to stdout.
func parse(flags *flag.FlagSet, args []string, stdout io.Writer) error {
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(stdout, "Flags of local %s:\n", flags.Name())
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return err
	}
	if err != nil {
		return fmt.Errorf("%w; -h lists the flags", err)
	}
	return nil
}

// noMore refuses arguments that are no flags.
func noMore(flags *flag.FlagSet) error {
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no flag; -h lists the flags", flags.Arg(0))
	}
	return nil
}
