package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/local/store"
)

// A cluster behind a password is reached with a secret from a file, which the
// Lambdas read as they read one of Secrets Manager; it is shown nowhere.
func TestRunWithSecret(t *testing.T) {
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != "me" || password != "open sesame" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		s.ServeHTTP(w, r)
	}))
	defer server.Close()
	w := newScenario(t, small())
	secret := filepath.Join(t.TempDir(), "secret.json")
	write := func(text string) {
		if err := os.WriteFile(secret, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{
		"--from", "2018-12-10", "--to", "2018-12-12",
		"--search", server.URL, "--search-auth", "basic", "--search-secret", "file:" + secret,
	}

	write(`{"username":"me","password":"wrong sesame"}`)
	status, stdout, stderr := w.run(t.Context(), "wrong", args...)
	if status != exitUnusable || !strings.Contains(stderr, "401") {
		t.Errorf("exit status %d with a wrong password\n%s%s", status, stdout, stderr)
	}
	write(`{"username":"me","password":"open sesame"}`)
	status, stdout, stderr = w.run(t.Context(), "right", args...)
	if status != exitIncomplete {
		t.Errorf("exit status %d\n%s%s", status, stdout, stderr)
	}
	bare := httptest.NewServer(s)
	defer bare.Close()
	holds(t, documents(t, bare.URL, "ecs-task-*"), w.truth.Expect(day(t, "2018-12-10"), day(t, "2018-12-13")))
	_ = filepath.WalkDir(w.out, func(path string, d os.DirEntry, err error) error {
		if b, readErr := os.ReadFile(path); err == nil && !d.IsDir() && readErr == nil && strings.Contains(string(b), "sesame") {
			t.Errorf("%s shows the secret", path)
		}
		return nil
	})
	if strings.Contains(stdout+stderr, "sesame") {
		t.Error("the output shows the secret")
	}
}
