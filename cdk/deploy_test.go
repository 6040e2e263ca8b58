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

// The stack is deployed as a person deploys it, into moto's AWS: what cdk.json
// says builds the Lambdas and makes the template.
func TestDeployTwiceAndDestroy(t *testing.T) {
	if testing.Short() {
		t.Skip("deploying takes a minute")
	}
	cdk := tool(t, "node_modules/.bin/cdk", "npm ci")
	server := startMoto(t, tool(t, ".venv/bin/moto_server", "make .venv/done"))
	work := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		args = append(args, "--output", filepath.Join(work, "cdk.out"), "--ci",
			"-c", "rehydrate:archive=my-archive", "-c", "rehydrate:search=https://search.example:9200",
			"-c", "rehydrate:live=true", "-c", "rehydrate:schedule=05:30")
		cmd := exec.CommandContext(t.Context(), cdk, args...)
		cmd.Dir = ".."
		cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+server, "AWS_ACCESS_KEY_ID=moto", "AWS_SECRET_ACCESS_KEY=moto",
			"AWS_REGION=ap-northeast-1", "AWS_EC2_METADATA_DISABLED=true", "CDK_DISABLE_CLI_TELEMETRY=1",
			// Nothing of whoever runs this test: no profile, no context of theirs.
			"AWS_CONFIG_FILE="+filepath.Join(work, "none"), "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(work, "none"))
		cmd.WaitDelay = 10 * time.Second
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("cdk %s: %v\n%s", args[0], err, out)
		}
		return string(out)
	}
	run("bootstrap", "aws://123456789012/ap-northeast-1")
	run("deploy", "--require-approval", "never")
	deployed := names(t, server)
	for _, want := range []string{"rehydrate", "rehydrate-live", "rehydrate-stopped", "rehydrate-list", "rehydrate-prepare", "rehydrate-index", "rehydrate-report"} {
		if !slices.Contains(deployed, want) {
			t.Errorf("%s was not deployed, only %q", want, deployed)
		}
	}
	if out := run("deploy", "--require-approval", "never"); !strings.Contains(out, "(no changes)") {
		t.Errorf("the second deploy changed something:\n%s", out)
	}
	run("destroy", "--force")
	if left := names(t, server); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
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
