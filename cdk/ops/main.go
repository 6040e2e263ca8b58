// Command ops is what an operator of a deployed stack has no single command of
// the AWS CLI for: it starts a run and follows it to its end, and turns a
// bucket's EventBridge events on beside its other notifications.
//
// It asks AWS with the usual credentials and region. It knows nothing of how the
// stack is made, and does not compile the CDK.
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

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// Exit statuses, the same as those of local runs.
const (
	complete   = 0
	incomplete = 1
	unusable   = 2
)

const usage = `Usage:
  go run ./cdk/ops start -from DAY -to DAY     start a run and follow it to its end
  go run ./cdk/ops follow -run NAME            follow a run that was started
  go run ./cdk/ops events -bucket NAME         show, and with -apply turn on, a bucket's EventBridge events
Each with -h for its flags. Region and credentials are those of the AWS CLI.
Exit status: 0 the run is complete, 1 it ended but is incomplete, 2 it could not be run.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status, err := operate(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = unusable
	}
	os.Exit(status)
}

// operate does what the arguments say, and returns the exit status.
func operate(ctx context.Context, args []string, out io.Writer) (int, error) {
	if len(args) == 0 {
		return unusable, fmt.Errorf("no command is given\n%s", usage)
	}
	var do func(context.Context, *flag.FlagSet, []string, io.Writer) (int, error)
	switch args[0] {
	case "start":
		do = start
	case "follow":
		do = follow
	case "events":
		do = events
	case "-h", "-help", "--help", "help":
		fmt.Fprint(out, usage)
		return complete, nil
	default:
		return unusable, fmt.Errorf("%q is no command\n%s", args[0], usage)
	}
	status, err := do(ctx, flag.NewFlagSet(args[0], flag.ContinueOnError), args[1:], out)
	if errors.Is(err, flag.ErrHelp) {
		return complete, nil
	}
	return status, err
}

func stepFunctions(ctx context.Context) (*sfn.Client, error) {
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	return sfn.NewFromConfig(c), nil
}

func storage(ctx context.Context) (*s3.Client, error) {
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	return s3.NewFromConfig(c), nil
}
