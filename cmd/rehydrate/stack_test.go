package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What is wrong with a command for a deployed stack is said before AWS is asked
// anything.
func TestStackCommandsRefused(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	for _, c := range []struct{ args, want string }{
		{"start", "from: missing"},
		{"start --from 2018-12-12 --to 2018-12-10", "swap them"},
		{"start --from 2018-13-10 --to 2018-12-10", "neither a day nor an instant"},
		{"start --input {\"form\":\"2018-12-10\"}", "form"},
		{"start --from 2018-12-10 --input {}", "--input is the whole execution input"},
		{"follow --run a/b", "no name of a run"},
		{"tune --concurrency 5", "no name of a run"},
		{"tune --run monday", "--concurrency: give a whole number"},
		{"tune --run monday --concurrency 20000", "--concurrency: give a whole number from 1 to 10000"},
		{"events", "--bucket: missing"},
	} {
		status, _, stderr := rehydrate(t.Context(), strings.Fields(c.args)...)
		if status != exitUnusable || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: %d, %s; want %q", c.args, status, stderr, c.want)
		}
	}
	if asked > 0 {
		t.Errorf("AWS was asked %d times", asked)
	}
}
