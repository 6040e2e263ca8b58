package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/dashboards"
)

func TestDashboards(t *testing.T) {
	want := dashboards.Make(dashboards.Options{IndexPrefix: "logs", Parse: true})
	status, stdout, stderr := rehydrate(t.Context(), "dashboards", "--index-prefix", "logs", "--parse")
	if status != exitComplete || stdout != string(want) {
		t.Errorf("exit status %d\n%s%s", status, stdout, stderr)
	}

	file := filepath.Join(t.TempDir(), "dashboards.ndjson")
	status, stdout, stderr = rehydrate(t.Context(), "dashboards", "--index-prefix", "logs", "--parse", "--out", file)
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the file holds %s (%v)", got, err)
	}
	if status != exitComplete || !strings.Contains(stdout, "Saved Objects, Import") {
		t.Errorf("exit status %d\n%s%s", status, stdout, stderr)
	}
}

func TestDashboardsImported(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	for content, want := range map[string]string{
		`{"username": "me", "password": "s3cret"}`: "Basic bWU6czNjcmV0",
		"abc==\n": "ApiKey abc==",
	} {
		if err := os.WriteFile(secret, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			part, _, err := r.FormFile("file")
			if err != nil {
				t.Error(err)
				return
			}
			file, err := io.ReadAll(part)
			if err != nil || !bytes.Equal(file, dashboards.Make(dashboards.Options{IndexPrefix: "ecs-task"})) {
				t.Errorf("what arrived is %s (%v)", file, err)
			}
			if got := r.Header.Get("Authorization"); got != want {
				t.Errorf("it is authorized by %q, want %q", got, want)
			}
			fmt.Fprint(w, `{"success":true,"successCount":4}`)
		}))
		status, stdout, stderr := rehydrate(t.Context(), "dashboards", "--url", server.URL, "--secret", secret)
		server.Close()
		if status != exitComplete || !strings.Contains(stdout, `4 objects: open the dashboard "ecs-task: rehydrated logs"`) {
			t.Errorf("exit status %d\n%s%s", status, stdout, stderr)
		}
	}
}

func TestDashboardsUnusable(t *testing.T) {
	denies := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"statusCode":401,"message":"log in first"}`)
	}))
	defer denies.Close()
	for want, args := range map[string][]string{
		"upper-case":                   {"--index-prefix", "Logs"},
		`"x" is no flag`:               {"x"},
		"--secret goes with --url":     {"--secret", "file"},
		"is no http or https URL":      {"--url", "kibana"},
		"a password would be shown":    {"--url", "http://me:s3cret@127.0.0.1"},
		"no such file":                 {"--url", denies.URL, "--secret", "/nowhere/at/all"},
		"log in first":                 {"--url", denies.URL},
		"connection refused":           {"--url", "http://127.0.0.1:1"},
		"--out: open /nowhere/at/all:": {"--out", "/nowhere/at/all"},
	} {
		status, stdout, stderr := rehydrate(t.Context(), append([]string{"dashboards"}, args...)...)
		if status != exitUnusable || !strings.Contains(stderr, want) || strings.Contains(stdout+stderr, "s3cret") {
			t.Errorf("%v: exit status %d and %q, want %d and one that says %q", args, status, stderr, exitUnusable, want)
		}
	}
}

// A domain in a VPC is reached through a tunnel, and its login is in Secrets Manager.
func TestDashboardsThroughTunnel(t *testing.T) {
	const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:master-AbCdEf"
	aws := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err != nil || !strings.Contains(string(body), arn) {
			t.Errorf("AWS is asked for %s (%v)", body, err)
		}
		fmt.Fprint(w, `{"SecretString":"{\"username\":\"me\",\"password\":\"s3cret\"}"}`)
	}))
	defer aws.Close()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": aws.URL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
	} {
		t.Setenv(name, value)
	}
	asked := ""
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get("Authorization") + " for " + r.Header.Get("Securitytenant")
		fmt.Fprint(w, `{"success":true,"successCount":4}`)
	})
	server := httptest.NewServer(handler)
	defer server.Close()
	status, stdout, stderr := rehydrate(t.Context(), "dashboards", "--url", server.URL, "--secret", arn)
	if want := "Basic bWU6czNjcmV0 for global"; status != exitComplete || asked != want {
		t.Errorf("asked %q, want %q: %s%s", asked, want, stdout, stderr)
	}

	// The name is asked for that the certificate has; nobody here trusts it.
	named := make(chan string, 1)
	secure := httptest.NewUnstartedServer(handler)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		named <- hello.ServerName
		return nil, nil
	}}
	secure.StartTLS()
	defer secure.Close()
	status, _, stderr = rehydrate(t.Context(), "dashboards", "--url", secure.URL, "--tls-name", "vpc-logs.example")
	if name := <-named; name != "vpc-logs.example" || status != exitUnusable || !strings.Contains(stderr, "certificate") {
		t.Errorf("asked for %q: %d %s", name, status, stderr)
	}
}
