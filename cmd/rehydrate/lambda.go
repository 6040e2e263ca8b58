package main

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/rehydrate/rehydrate/lambdas"
)

// lambdaCommand starts this program as one of the Lambdas.
const lambdaCommand = "lambda"

func newLambda() *cobra.Command {
	return &cobra.Command{
		Use:    lambdaCommand,
		Hidden: true,
		Args:   noArguments,
		Run: func(cmd *cobra.Command, _ []string) {
			context.AfterFunc(cmd.Context(), func() { os.Exit(exitComplete) }) // told to end
			// The host holds the other end: when it is gone, however it ended, so is this.
			go func() {
				_, _ = io.Copy(io.Discard, os.Stdin)
				os.Exit(exitUnusable)
			}()
			lambdas.Main(os.Getenv("_HANDLER"))
		},
	}
}
