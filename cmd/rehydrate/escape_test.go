package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Nothing that a log, a key or a cluster says steers the terminal.
func TestEscaper(t *testing.T) {
	for in, want := range map[string]string{
		"plain\ttext\n":             "plain\ttext\n",
		"日本語 🚀\n":                   "日本語 🚀\n",
		"\x1b[31mred\x1b[0m\r":      `\u001b[31mred\u001b[0m\u000d`,
		"bell\a delete\x7f nul\x00": `bell\u0007 delete\u007f nul\u0000`,
		"C1 \u009b31m":              `C1 \u009b31m`,
		"raw \x9b31m":               `raw \u009b31m`,
	} {
		for cut := range len(in) { // a character may come in two writes
			var out bytes.Buffer
			e := escaper{out: &out}
			for _, part := range []string{in[:cut], in[cut:]} {
				if n, err := e.Write([]byte(part)); n != len(part) || err != nil {
					t.Fatalf("wrote %d of %d bytes: %v", n, len(part), err)
				}
			}
			if out.String() != want {
				t.Errorf("%q, in two parts at %d, became %q, want %q", in, cut, out.String(), want)
			}
		}
	}
}

// An event's line is the same JSON value, whatever its message holds.
func TestHostileMessageIsShownEscaped(t *testing.T) {
	message := "\x1b]0;owned\a\u009b31m\r\nGET /"
	b, err := json.Marshal(map[string]any{
		"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "g\u009b", "logStream": "s", "subscriptionFilters": []string{"f"},
		"logEvents": []any{map[string]any{"id": "1", "timestamp": 1544414264183, "message": message}},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "object\x1b[31m")
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := rehydrate(t.Context(), "inspect", "--events", file)
	var event struct{ Message, Group string }
	if err := json.Unmarshal([]byte(stdout), &event); status != exitComplete || err != nil || event.Message != message {
		t.Errorf("exit status %d, %v: %q %s", status, err, event.Message, stderr)
	}
	_, told, _ := rehydrate(t.Context(), "inspect", file)
	_, _, missing := rehydrate(t.Context(), "inspect", file+"\x1b[2J")
	for _, text := range []string{stdout, told, missing} {
		if strings.ContainsAny(text, "\x1b\a\r\u009b") || text == "" {
			t.Errorf("the output would steer a terminal: %q", text)
		}
	}
}
