//go:build unix

package lambdas

import (
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/lambdahost"
)

// The real bootstrap is what its function's handler setting says; what it cannot
// be or do with its settings is told to whoever invokes it.
func TestTheHandlerSettingChooses(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "lambda.norpc", "-o", binary, "./bootstrap")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	settings := map[string]string{
		"ARCHIVE_BUCKET": "archive", "ARCHIVE_ENDPOINT": "http://127.0.0.1:1",
		"RUN_BUCKET": "runs", "RUN_ENDPOINT": "http://127.0.0.1:1", "SEARCH_URL": "http://127.0.0.1:1",
	}
	tests := []struct {
		handler, payload string
		env              map[string]string
		name, says       string
	}{
		{"list", `{"request":{"frm":"2018-12-10"},"execution":{"name":"r"}}`, settings, run.InvalidRequest, `"frm"`},
		{"index", `{"work":{"include":{"message":["("]}}}`, settings, run.InvalidRequest, "filter"},
		{"report", `{}`, nil, run.InvalidSettings, "ARCHIVE_BUCKET: missing"},
		{"prepare", `{}`, nil, run.InvalidSettings, "ARCHIVE_BUCKET: missing"},
		{"indx", `{}`, settings, run.InvalidSettings, `the function's handler is "indx"`},
		{"indx", `{}`, settings, run.InvalidSettings, "set it to list, restore, prepare, index, report, steer or views"},
	}
	for _, tt := range tests {
		t.Run(tt.handler+" "+tt.says, func(t *testing.T) {
			f, err := lambdahost.New(lambdahost.Config{
				Name: "f", Binary: binary, Handler: tt.handler, Env: tt.env, Region: "local",
				Timeout: time.Minute, Memory: 128, Concurrency: 1, Log: t.Output(),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			_, err = f.Invoke(t.Context(), []byte(tt.payload))
			var failed *lambdahost.InvokeError
			if !errors.As(err, &failed) || failed.Type != tt.name {
				t.Fatalf("error %v, want %s", err, tt.name)
			}
			var cause struct{ ErrorMessage string }
			if err := json.Unmarshal([]byte(failed.Cause), &cause); err != nil || !strings.Contains(cause.ErrorMessage, tt.says) {
				t.Errorf("it says %q (%v), want %q", cause.ErrorMessage, err, tt.says)
			}
		})
	}
}
