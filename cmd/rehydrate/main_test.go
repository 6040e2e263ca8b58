package main

import (
	"os"
	"testing"
)

// The program starts itself as the Lambdas, which here is the test's binary; and
// tests start it as a process that can be killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == lambdaCommand || os.Args[1] == "run") {
		main()
		return
	}
	os.Exit(m.Run())
}
