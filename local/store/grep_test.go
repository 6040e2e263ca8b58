package store_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/local/store"
)

// README's table tells what a grep becomes in LogsQL. Each of its lines finds here
// what real grep finds.
func TestGrepTable(t *testing.T) {
	if _, err := exec.LookPath("grep"); err != nil {
		t.Skip("there is no grep on this machine")
	}
	logged := logged()
	s, url := open(t, t.TempDir())
	var documents [][2]string
	for id, message := range logged {
		documents = append(documents, [2]string{id, source("2018-12-10T12:00:00.000+09:00", message, "g", "s")})
	}
	bulk(t, url, "create", "i", documents...)
	lines := 0
	for command, query := range grepTable(t) {
		lines++
		t.Run(command, func(t *testing.T) {
			want := grep(t, logged, command)
			if len(want) == 0 || len(want) == len(logged) {
				t.Errorf("grep finds %d of %d messages: the line shows nothing", len(want), len(logged))
			}
			got := events(t, s.Store, store.Query{LogsQL: query})
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s finds %q, and %s finds %q", query, got, command, want)
			}
		})
	}
	if lines < 11 {
		t.Errorf("README's table has %d lines with LogsQL", lines)
	}
}

// logged are messages of every kind that the table tells apart, by id.
func logged() map[string]string {
	return map[string]string{
		"word":       "ERROR request to payment-service: i/o timeout after 3000 ms",
		"capitals":   "TIMEOUT while waiting for the upstream",
		"joined":     "upstream.timeout reached",
		"underscore": "read_timeout=30s",
		"hyphen":     "read tcp: i-o timeout",
		"refused":    "error: dial tcp 10.0.0.1:5432: connect: connection refused",
		"part":       "somewhat retimeouts",
		"begins":     "timestamps are fine",
		"failed":     "ERROR order failed for StockService",
		"case":       "Order Failed",
		"warn":       "WARN slow query in OrderRepository",
		"path":       "GET /v1/users/1234/items 200",
		"short path": "GET /v1/users/123/items 200",
		"trace":      "ERROR java.lang.IllegalStateException: no\n\tat com.example.OrderService.place(OrderService.java:42)",
		"later line": "ERROR something\nin OrderService",
		"long":       "order failed " + strings.Repeat("and so on ", 20_000),
		"japanese":   "注文を受け付けました order=17",
		"json":       `{"level":"error","msg":"timeout","n":1}`,
		"empty":      "",
	}
}

// grepTable reads the commands and their LogsQL from README.
func grepTable(t *testing.T) map[string]string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]string{}
	for line := range strings.Lines(string(readme)) {
		// A | inside of a cell stands behind a backslash.
		cells := strings.Split(strings.ReplaceAll(strings.TrimSpace(line), `\|`, "\x00"), " | ")
		if len(cells) != 4 || !strings.HasPrefix(cells[0], "| `grep") {
			continue
		}
		code := func(cell string) string {
			return strings.ReplaceAll(strings.Trim(strings.TrimPrefix(cell, "| "), "`"), "\x00", "|")
		}
		table[code(cells[0])] = code(cells[2])
	}
	return table
}

// grep runs a command line over the messages, one a line with its id before it,
// and gives the ids of those that come out.
func grep(t *testing.T, logged map[string]string, command string) []string {
	t.Helper()
	var lines bytes.Buffer
	flat := strings.NewReplacer("\n", " ", "\r", " ", "\x00", " ")
	for id, message := range logged {
		fmt.Fprintf(&lines, "%s\x02%s\n", strings.ReplaceAll(id, " ", "\x03"), flat.Replace(message))
	}
	// What stands before the mark is no part of the message.
	c := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(command, "grep ", "grep -a "))
	c.Stdin = &lines
	c.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	var found []string
	for line := range strings.Lines(string(out)) {
		id, _, _ := strings.Cut(line, "\x02")
		found = append(found, strings.ReplaceAll(id, "\x03", " "))
	}
	return found
}
