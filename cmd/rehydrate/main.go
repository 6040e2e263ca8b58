// Command rehydrate puts a date range of archived CloudWatch Logs back into
// Elasticsearch or OpenSearch, on this computer or in AWS.
//
// On this computer it executes the state machine's own definition with the real
// Lambdas: it starts itself as these. An S3 server over a folder and an embedded
// store take the place of AWS, unless a bucket and a cluster are given.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit statuses.
const (
	exitComplete   = 0 // everything asked for is there
	exitIncomplete = 1 // it ended, but something is missing
	exitUnusable   = 2 // it could not be done
)

// errIncomplete ends a command that has said itself what is missing.
var errIncomplete = errors.New("the run is incomplete")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(command(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// command executes one command line and gives its exit status.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(&escaper{out: stdout})
	root.SetErr(&escaper{out: stderr})
	cmd, err := root.ExecuteContextC(ctx)
	status := exitStatus(err)
	if said := new(exitError); status == exitUnusable && !errors.As(err, said) {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %v\n", cmd.CommandPath(), err)
	}
	return status
}

// exitStatus is that of a command that ended with err.
func exitStatus(err error) int {
	var exit exitError
	switch {
	case err == nil:
		return exitComplete
	case errors.As(err, &exit):
		return exit.status
	case errors.Is(err, errIncomplete):
		return exitIncomplete
	}
	return exitUnusable
}
