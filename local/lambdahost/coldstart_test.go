//go:build unix

package lambdahost

import (
	"io"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkColdStart is the time from the start of a Lambda's process until it
// asks for its first invocation.
func BenchmarkColdStart(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "bootstrap")
	build := exec.CommandContext(b.Context(), "go", "build", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", binary, "../../lambdas/bootstrap")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build the Lambdas: %v\n%s", err, out)
	}
	env := map[string]string{
		"ARCHIVE_BUCKET": "archive", "RUN_BUCKET": "runs", "SEARCH_URL": "http://127.0.0.1:1",
		"ARCHIVE_ENDPOINT": "http://127.0.0.1:1", "RUN_ENDPOINT": "http://127.0.0.1:1",
	}
	for _, handler := range []string{"list", "restore", "prepare", "index", "report"} {
		b.Run(handler, func(b *testing.B) {
			c := Config{Name: handler, Binary: binary, Handler: handler, Env: env, Region: "local", Timeout: time.Minute, Memory: 128}
			for b.Loop() {
				e, err := startEnvironment(c, "arn", &lineLog{out: io.Discard}, 1)
				if err != nil {
					b.Fatal(err)
				}
				if err := e.awaitStart(b.Context(), newInvocation(nil)); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				e.kill()
				b.StartTimer()
			}
		})
	}
}
