package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The time of an object is in its key: as Firehose writes it, or where the prefix says.
func TestInspectReadsTheTimeOfAKey(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ key, prefix, time string }{
		{"logs/2018/12/10/03/ecs-task-1-2018-12-10-03-57-44-8a3c1d52-5df0-4000-8000-000000000000", "", "2018-12-10T03:57:44Z"},
		{"fluent-bit-logs/app/2018/12/10/03/57/44-objectAb1", "fluent-bit-logs/!{partitionKeyFromQuery:tag}/!{timestamp:yyyy/MM/dd/HH/mm/ss}", "2018-12-10T03:57:44Z"},
		{"logs/20181210_0.gz", "logs/!{timestamp:yyyyMMdd}_", "2018-12-10T00:00:00Z"},
	} {
		file := filepath.Join(dir, filepath.FromSlash(c.key))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("order 1 failed\norder 2 failed\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"inspect", file}
		if c.prefix != "" {
			args = append(args, "--prefix", c.prefix)
		}
		if status, stdout, stderr := rehydrate(t.Context(), args...); status != exitComplete || !strings.Contains(stdout, "of the object's key") {
			t.Errorf("%s: exit status %d\n%s%s", c.key, status, stdout, stderr)
		}
		if _, stdout, stderr := rehydrate(t.Context(), append(args, "--events")...); strings.Count(stdout, c.time[:19]) != 2 {
			t.Errorf("%s: not two events of %s\n%s%s", c.key, c.time, stdout, stderr)
		}
	}
}
