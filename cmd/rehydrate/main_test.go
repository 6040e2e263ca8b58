package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"slices"
	"syscall"
	"testing"

	"github.com/rehydrate/rehydrate/lambdas"
)

// The program starts itself as the Lambdas, which here is the test's binary; and
// tests start it as a process that can be killed.
func TestMain(m *testing.M) {
	if file := os.Getenv(profileVariable); file != "" {
		if err := profile(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		lambdas.Main(os.Getenv("_HANDLER"))
	}
	if len(os.Args) > 1 && os.Args[1] == sinkCommand {
		fmt.Fprintln(os.Stderr, serveSink())
		os.Exit(1)
	}
	if len(os.Args) > 1 && slices.Contains([]string{lambdaCommand, "run", "serve"}, os.Args[1]) {
		main()
		return
	}
	os.Exit(m.Run())
}

// profileVariable has the test's binary be a Lambda, and names the file of a
// profile of its processor time, which is written when it is asked to end.
const profileVariable = "REHYDRATE_TEST_PROFILE"

func profile(file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	go func() {
		<-asked
		pprof.StopCPUProfile()
		_ = f.Close()
		os.Exit(0)
	}()
	return nil
}
