//go:build unix

package bucket_test

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe in the folder is no object, and nobody waits for what it may bring.
func TestAPipeIsNoObject(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Skip(err)
	}
	if _, _, err := (actions{serve(t, dir), t.Context()}).get("logs", "pipe"); code(err) != "NoSuchKey" {
		t.Errorf("%v, want NoSuchKey", err)
	}
}
