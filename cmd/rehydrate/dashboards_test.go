package main

import (
	"bytes"
	"fmt"
	"io"
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
