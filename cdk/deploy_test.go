package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The stack is deployed as README's lines stand there, into moto's AWS: the
// program writes the settings, what cdk.json says builds the Lambdas and makes the
// template. Deployed once more, it is the same, and destroyed it is gone.
func TestDeployAsReadmeSays(t *testing.T) {
	if testing.Short() {
		t.Skip("deploying takes a minute")
	}
	tool(t, "node_modules/.bin/cdk", "npm ci")
	server := startMoto(t, tool(t, ".venv/bin/moto_server", "make .venv/done"))
	checkout := checkOut(t)
	run := func(line string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "bash", "-c", line)
		cmd.Dir = checkout
		cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+server, "AWS_ACCESS_KEY_ID=moto", "AWS_SECRET_ACCESS_KEY=moto",
			"AWS_REGION=ap-northeast-1", "AWS_EC2_METADATA_DISABLED=true", "CDK_DISABLE_CLI_TELEMETRY=1",
			// Options of the CLI: nobody is there to approve.
			"CDK_CI=true", "CDK_REQUIRE_APPROVAL=never",
			// Nothing of whoever runs this test: no profile.
			"AWS_CONFIG_FILE="+filepath.Join(checkout, "none"), "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(checkout, "none"))
		cmd.WaitDelay = 10 * time.Second
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return string(out)
	}
	lines := readme(t)
	if len(lines) != 3 {
		t.Fatalf("README's lines are %q, want init, bootstrap and deploy", lines)
	}
	for _, line := range lines {
		run(line)
	}
	deployed := names(t, server)
	for _, want := range []string{"rehydrate", "rehydrate-stopped", "rehydrate-list", "rehydrate-prepare", "rehydrate-index", "rehydrate-report"} {
		if !slices.Contains(deployed, want) {
			t.Errorf("%s was not deployed, only %q", want, deployed)
		}
	}
	deploy := lines[2]
	if out := run(deploy); !strings.Contains(out, "(no changes)") {
		t.Errorf("the second deploy changed something:\n%s", out)
	}
	const destroy = "CDK_FORCE=true npx cdk destroy" // nobody is there to say yes
	run(destroy)
	if left := names(t, server); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
	// moto updates no such stack: it is made anew.
	run("go run ./cmd/rehydrate init --set live=true --set schedule=05:30")
	run(deploy)
	if deployed := names(t, server); !slices.Contains(deployed, "rehydrate-live") {
		t.Errorf("live was not deployed, only %q", deployed)
	}
	run(destroy)
}

// checkOut copies this source as a person has it before the first command, with the
// CDK's command line installed.
func checkOut(t *testing.T) string {
	t.Helper()
	to := t.TempDir()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel("..", path)
		if err != nil {
			return err
		}
		switch {
		case slices.Contains([]string{".git", "build", "out", "cdk.out", "node_modules", "cdk/nag", ".venv", "cdk.context.json"}, name):
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		b, err := os.ReadFile(path)
		return errors.Join(err, os.WriteFile(filepath.Join(to, name), b, 0o755))
	})
	modules, absent := filepath.Abs("../node_modules")
	if err := errors.Join(err, absent, os.Symlink(modules, filepath.Join(to, "node_modules"))); err != nil {
		t.Fatal(err)
	}
	return to
}

// readme are README's lines that set up and deploy a stack.
func readme(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)^(?:npx cdk|go run \./cmd/rehydrate init) ?.*$`).FindAllString(string(b), -1)
}

// startMoto runs moto's AWS until the test ends.
func startMoto(t *testing.T, file string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), file, "-H", "127.0.0.1", "-p", "0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if m := regexp.MustCompile(`Running on http://127\.0\.0\.1:(\d+)`).FindStringSubmatch(lines.Text()); m != nil {
			go func() { _, _ = io.Copy(t.Output(), stderr) }()
			return "http://localhost:" + m[1] // the CLI takes no address for S3
		}
	}
	t.Fatal("moto did not start")
	return ""
}

// names are those of the Lambdas, state machines and run buckets in moto, which
// takes a request for the service that its signature names. It tells no outputs
// of a stack that was deployed by a change set.
func names(t *testing.T, server string) []string {
	t.Helper()
	var functions struct {
		Functions []struct{ FunctionName string }
	}
	ask(t, "lambda", http.MethodGet, server+"/2015-03-31/functions", &functions)
	var machines struct {
		StateMachines []struct{ Name string }
	}
	ask(t, "states", http.MethodPost, server, &machines)
	var all []string
	for _, f := range functions.Functions {
		all = append(all, f.FunctionName)
	}
	for _, m := range machines.StateMachines {
		all = append(all, m.Name)
	}
	return all
}

func ask(t *testing.T, service, method, url string, answer any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=moto/20200101/ap-northeast-1/"+service+"/aws4_request, SignedHeaders=host, Signature=none")
	if method == http.MethodPost {
		request.Header.Set("X-Amz-Target", "AWSStepFunctions.ListStateMachines")
		request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s answered %s: %v", service, response.Status, err)
	}
}
