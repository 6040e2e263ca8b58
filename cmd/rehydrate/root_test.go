package main

import (
	"strings"
	"testing"
)

// What is mistyped is answered with what was probably meant.
func TestSuggestions(t *testing.T) {
	for args, want := range map[string]string{
		"rum":                    "run",
		"inspct":                 "inspect",
		"run --form 2018-12-10":  "did you mean --from?",
		"run -from 2018-12-10":   "flags have two dashes; give --from",
		"run --max-concurency 2": "did you mean --max-concurrency?",
		"run --zzzzzzzzzz":       "--help lists the flags",
		"run --archive . --from 2018-12-10 --to 2018-12-10 --max-concurrency many": "--max-concurrency many: give",
		"serve out": `"out" is no flag`,
	} {
		status, stdout, stderr := rehydrate(t.Context(), strings.Fields(args)...)
		if status != exitUnusable || !strings.Contains(stderr, want) || stdout != "" {
			t.Errorf("%s: exit status %d, %q; want %d and %q", args, status, stderr, exitUnusable, want)
		}
	}
}

// The help names every command with its group, and each command has an example.
func TestHelp(t *testing.T) {
	status, stdout, _ := rehydrate(t.Context(), "--help")
	if status != exitComplete {
		t.Errorf("exit status %d", status)
	}
	for _, c := range newRoot().Commands() {
		if c.Hidden {
			continue
		}
		if !strings.Contains(stdout, "\n  "+c.Name()+" ") || c.Short == "" {
			t.Errorf("the help does not tell of %s:\n%s", c.Name(), stdout)
		}
		if c.GroupID != "" && (!strings.Contains(c.Example, "rehydrate "+c.Name()) || c.Long == "") {
			t.Errorf("%s has no example or no text", c.Name())
		}
	}
	for command, flags := range map[string][]string{
		"run": {
			"--archive", "--prefix", "--from", "--to", "--input", "--search", "--index-prefix", "ecs-task", "--zone", "Asia/Tokyo",
			"--max-concurrency", "--out", `"out"`,
		},
		"sample": {"--out"}, "serve": {"--out"}, "inspect": {"--events"},
	} {
		status, stdout, _ := rehydrate(t.Context(), command, "--help")
		if status != exitComplete {
			t.Errorf("%s --help: exit status %d", command, status)
		}
		for _, f := range flags {
			if !strings.Contains(stdout, f) {
				t.Errorf("%s --help does not tell %s:\n%s", command, f, stdout)
			}
		}
	}
}

func TestCompletion(t *testing.T) {
	status, stdout, _ := rehydrate(t.Context(), "completion", "bash")
	if status != exitComplete || !strings.Contains(stdout, "__start_rehydrate") {
		t.Errorf("exit status %d, %q", status, stdout[:min(len(stdout), 200)])
	}
}

func TestVersion(t *testing.T) {
	status, stdout, _ := rehydrate(t.Context(), "version")
	if status != exitComplete || !strings.HasPrefix(stdout, "rehydrate development, go1.") {
		t.Errorf("exit status %d, %q", status, stdout)
	}
}
