package enginetest

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// lockWithin is how long a test waits for the engines of others to end.
const lockWithin = 30 * time.Minute

// lock holds the one right to run an engine on this machine until the test ends.
// It is a lock on a file, which the system takes back when a process dies.
func lock(t testing.TB) {
	t.Helper()
	cache, err := cacheFolder()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(cache, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	deadline := time.Now().Add(lockWithin)
	for waiting := false; syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil; waiting = true {
		if !waiting {
			t.Log("waiting for another test's engine to end")
		}
		if time.Now().After(deadline) {
			t.Fatalf("another test's engine still runs after %s", lockWithin)
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}
