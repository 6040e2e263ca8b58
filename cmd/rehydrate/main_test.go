package main

import (
	"os"
	"testing"
)

// The program starts itself as the Lambdas, which here is the test's binary.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == lambdaCommand {
		main()
		return
	}
	os.Exit(m.Run())
}
