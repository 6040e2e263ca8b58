package main

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeAWS is an AWS that has one bucket, in us-east-1, and knows who asks.
func fakeAWS(t *testing.T) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Amz-Bucket-Region", "us-east-1")
		switch {
		case r.Method == http.MethodPost:
			fmt.Fprint(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		case strings.HasPrefix(r.URL.Path, "/theirs"):
			w.WriteHeader(http.StatusForbidden)
		case !strings.HasPrefix(r.URL.Path, "/my-log-archive"):
			w.WriteHeader(http.StatusNotFound)
		case r.Method == http.MethodGet && r.URL.Query().Get("prefix") == "logs/":
			fmt.Fprint(w, `<ListBucketResult><Contents><Key>logs/a</Key><Size>1</Size></Contents></ListBucketResult>`)
		case r.Method == http.MethodGet:
			fmt.Fprint(w, `<ListBucketResult></ListBucketResult>`)
		}
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "secret",
	} {
		t.Setenv(name, value)
	}
}

// What is in the file stays, unless it is set anew; what the stack would refuse is
// not written.
func TestInitKeepsWhatIsThere(t *testing.T) {
	fakeAWS(t)
	file := filepath.Join(t.TempDir(), contextFile)
	const before = `{"availability-zones:account=1:region=x":["a","b"],"number":12345678901234567890,"rehydrate:live":true,"rehydrate:email":"ops@example.com"}`
	if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := rehydrate(t.Context(), "init", "--file", file, "--archive", "my-log-archive", "--search", "http://127.0.0.1:1",
		"--set", "archivePrefix=logs/", "--set", "rehydrate:indexPrefix=a<b", "--set", "email=")
	if status != exitUnusable || !strings.Contains(stderr, `rehydrate:indexPrefix: index prefix "a<b" holds '<'`) {
		t.Errorf("%d %s%s", status, stdout, stderr)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != before {
		t.Errorf("the file holds %s (%v)", b, err)
	}
	status, stdout, stderr = rehydrate(t.Context(), "init", "--file", file, "--archive", "my-log-archive", "--search", "http://127.0.0.1:1",
		"--set", "archivePrefix=logs/", "--set", "email=")
	if status != exitComplete || !strings.Contains(stdout, "http://127.0.0.1:1 does not answer this computer") || strings.Contains(stdout, "lies under") {
		t.Errorf("%d %s%s", status, stdout, stderr)
	}
	const after = `{
  "availability-zones:account=1:region=x": [
    "a",
    "b"
  ],
  "number": 12345678901234567890,
  "rehydrate:archive": "my-log-archive",
  "rehydrate:archivePrefix": "logs/",
  "rehydrate:live": true,
  "rehydrate:search": "http://127.0.0.1:1"
}
`
	if b, err := os.ReadFile(file); err != nil || string(b) != after {
		t.Errorf("the file holds %s (%v)", b, err)
	}
}

// What stands against the settings is told before anything is deployed.
func TestInitLooksAround(t *testing.T) {
	cluster := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer cluster.Close()
	const domain = "https://vpc-my-logs-abcdefghijklmnopqrstuvwxyz.ap-northeast-1.es.amazonaws.com"
	for _, c := range []struct {
		args, region, want string
	}{
		{"--archive my-log-archive --set archivePrefix=logs/", "us-east-1", "holds the settings"},
		{"--archive my-log-archive", "us-east-1", "nothing lies under _/cwl/ecs/ecs-task/ in my-log-archive: set archivePrefix"},
		{"--archive my-log-archive", "eu-west-1", "my-log-archive lies in us-east-1 and not in eu-west-1: export AWS_REGION=us-east-1"},
		{"--archive none", "us-east-1", "there is no bucket none"},
		{"--archive theirs", "us-east-1", "set archiveAccount"},
		{"--archive my-log-archive --search " + cluster.URL, "us-east-1", cluster.URL + " answers (401 Unauthorized)"},
		{"--archive my-log-archive --search " + domain, "us-east-1", "sign their requests to arn:aws:es:ap-northeast-1:123456789012:domain/my-logs"},
		{"--archive my-log-archive --search " + domain, "us-east-1", "set vpc and subnets"},
	} {
		fakeAWS(t)
		t.Setenv("AWS_REGION", c.region)
		file := filepath.Join(t.TempDir(), contextFile)
		status, stdout, stderr := rehydrate(t.Context(), append([]string{"init", "--file", file}, strings.Fields(c.args)...)...)
		if status != exitComplete || !strings.Contains(stdout, c.want) {
			t.Errorf("%s: %d %s%s, want %q", c.args, status, stdout, stderr, c.want)
		}
	}
}

// Without flags, on a terminal, it asks; Enter stands for what is there.
func TestInitAsks(t *testing.T) {
	fakeAWS(t)
	file := filepath.Join(t.TempDir(), contextFile)
	if err := os.WriteFile(file, []byte(`{"rehydrate:archive":"my-log-archive"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	answers := "\nlogs/\nhttps://vpc-my-logs-abcdefghijklmnopqrstuvwxyz.ap-northeast-1.es.amazonaws.com\n\n\nvpc-0123456789abcdef0\nsubnet-0123456789abcdef0\n\n"
	var out strings.Builder
	c := stackContext{file: file, in: bufio.NewReader(strings.NewReader(answers)), out: &out, asks: true}
	if err := c.make(t.Context(), "", "", nil); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"rehydrate:archive": "my-log-archive"`, `"rehydrate:searchAuth": "sigv4"`, `"rehydrate:subnets": "subnet-0123456789abcdef0"`,
		`"rehydrate:searchDomain": "arn:aws:es:ap-northeast-1:123456789012:domain/my-logs"`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%s is not in %s\nasked:\n%s", want, b, out.String())
		}
	}
	if strings.Contains(string(b), "email") {
		t.Errorf("an address was made up: %s", b)
	}
}
