package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
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

// The stack is deployed as README's lines stand there, into moto's AWS: what
// cdk.json says builds the Lambdas and makes the template. Deployed once more, it
// is the same, and destroyed it is gone.
func TestDeployAsReadmeSays(t *testing.T) {
	if testing.Short() {
		t.Skip("deploying takes a minute")
	}
	tool(t, "node_modules/.bin/cdk", "npm ci")
	server := startMoto(t, tool(t, ".venv/bin/moto_server", "make .venv/done"))
	work := t.TempDir()
	run := func(line string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "bash", "-c", line)
		cmd.Dir = ".."
		cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+server, "AWS_ACCESS_KEY_ID=moto", "AWS_SECRET_ACCESS_KEY=moto",
			"AWS_REGION=ap-northeast-1", "AWS_EC2_METADATA_DISABLED=true", "CDK_DISABLE_CLI_TELEMETRY=1",
			// Options of the CLI: nobody is there to approve.
			"CDK_OUTPUT="+filepath.Join(work, "cdk.out"), "CDK_CI=true", "CDK_REQUIRE_APPROVAL=never",
			// Nothing of whoever runs this test: no profile, no context of theirs.
			"AWS_CONFIG_FILE="+filepath.Join(work, "none"), "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(work, "none"))
		cmd.WaitDelay = 10 * time.Second
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return string(out)
	}
	lines := readme(t, "npx cdk ")
	if len(lines) != 2 {
		t.Fatalf("README's lines are %q, want bootstrap and deploy", lines)
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
	deploy := lines[1]
	if out := run(deploy); !strings.Contains(out, "(no changes)") {
		t.Errorf("the second deploy changed something:\n%s", out)
	}
	destroy := "CDK_FORCE=true " + strings.Replace(deploy, "deploy", "destroy", 1)
	run(destroy)
	if left := names(t, server); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
	// moto updates no such stack: it is made anew.
	run(deploy + " -c rehydrate:live=true -c rehydrate:schedule=05:30")
	if deployed := names(t, server); !slices.Contains(deployed, "rehydrate-live") {
		t.Errorf("live was not deployed, only %q", deployed)
	}
	run(destroy)
}

// readme are the lines of README that begin so.
func readme(t *testing.T, prefix string) []string {
	t.Helper()
	b, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, prefix) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
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
			go func() { _, _ = io.Copy(io.Discard, stderr) }()
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
