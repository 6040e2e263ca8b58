package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rehydrate/rehydrate/statemachine"
)

// functions are the Lambdas, by their handler setting, and what stands for their
// ARNs in the definition.
func functions() map[string]string {
	return map[string]string{
		"list":    statemachine.ListFunction,
		"prepare": statemachine.PrepareFunction,
		"index":   statemachine.IndexFunction,
		"report":  statemachine.ReportFunction,
	}
}

// buildLambdas builds the Lambdas for this computer, apart from those for AWS,
// and gives the path of their bootstrap. The go command finds out what is up to
// date.
func buildLambdas(ctx context.Context) (string, error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return "", err
	}
	bin := filepath.Join(root, "build", "local", "bootstrap")
	build := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-o", bin, "./lambdas/bootstrap")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the Lambdas: %w\n%s", err, bytes.TrimSpace(out))
	}
	return bin, nil
}

// moduleRoot is the folder of this module's go.mod.
func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Path}} {{.Dir}}").Output()
	if err != nil {
		return "", errors.New("the Lambdas are built from source; run this inside the checkout of rehydrate, with Go installed")
	}
	path, dir, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if path != "github.com/rehydrate/rehydrate" {
		return "", fmt.Errorf("the Lambdas are built from source, but this folder belongs to %s; run this inside the checkout of rehydrate", path)
	}
	return dir, nil
}
