// Command cdk is the AWS CDK app: it makes the stack that rehydrates one
// archive into one cluster. It is the only package that imports the CDK, which
// is slow to compile. What a stack can be told stands in package settings.
//
// The files follow the way of the data: archive, search, runs, rights,
// functions, machine, then what starts, ends and watches it.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/rehydrate/rehydrate/cdk/settings"
)

func main() {
	if err := synth(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func synth() error {
	defer jsii.Close()
	// Without analytics the template holds nothing that this app did not make.
	app := awscdk.NewApp(&awscdk.AppProps{AnalyticsReporting: jsii.Bool(false)})
	context, _ := app.Node().GetAllContext(nil).(map[string]any)
	s, err := settings.Read(context)
	if err != nil {
		return err
	}
	if err := addStack(app, s, "build/lambda", version()); err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}

// version is what git calls this source; empty outside of a clone.
func version() string {
	out, err := exec.Command("git", "describe", "--tags", "--always", "--dirty").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
