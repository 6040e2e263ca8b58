package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sweepTable counts the results by site, way and how often it struck.
func sweepTable(results []result) string {
	type row struct{ site, way string }
	type counts struct{ runs, exact, told, wrong int }
	rows := map[row]*counts{}
	var total counts
	add := func(c *counts, r result) {
		c.runs++
		switch r.class {
		case exact:
			c.exact++
		case told:
			c.told++
		default:
			c.wrong++
		}
	}
	for _, r := range results {
		at := row{r.site, r.way.name}
		if rows[at] == nil {
			rows[at] = &counts{}
		}
		add(rows[at], r)
		add(&total, r)
	}
	var b strings.Builder
	b.WriteString("| site | way | runs | exact | told | wrong |\n|---|---|---:|---:|---:|---:|\n")
	line := func(site, way string, c counts) {
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d |\n", site, way, c.runs, c.exact, c.told, c.wrong)
	}
	for _, site := range append(siteNames(), "Lambdas", "run") {
		for _, w := range append(ways(), way{name: "kill -9"}) {
			if c := rows[row{site, w.name}]; c != nil {
				line(site, w.name, *c)
			}
		}
	}
	line("**all**", "", total)
	return b.String()
}

const faultsHead = `# Every call failed

What becomes of a run when its surroundings fail. ` + "`make sweep`" + ` wrote this page.

- **exact**: all events are there, each once, in its index, with its time and message; the report says complete, and the exit status is 0.
- **told**: the report or the error names what is missing or not known, and the exit status is not 0.
- **wrong**: anything else; also where counts do not add up, or where a retry and the same range once more do not end exact.
`

// publish logs the table of these results, and writes it into a section of
// docs/faults.md where that is asked for.
func publish(t *testing.T, title, text string, results []result) {
	t.Helper()
	table := sweepTable(results)
	t.Logf("%s\n%s", title, table)
	if !*update || !*wholeSweep || *sweepOnly != "" {
		return
	}
	struck := 0
	for _, r := range results {
		if r.struck > 0 {
			struck++
		}
	}
	text = strings.ReplaceAll(text, "\n", " ")
	if struck < len(results) {
		text += fmt.Sprintf(" %d of %d faults struck: after one, later calls are others.", struck, len(results))
	}
	section := fmt.Sprintf("%s\n\n%s\n\n%s", title, text, table)
	file := filepath.Join("..", "..", "docs", "faults.md")
	page, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	sections := strings.Split(string(page), "\n## ")
	sections[0] = faultsHead
	at := slices.IndexFunc(sections, func(s string) bool { return strings.HasPrefix(s, title+"\n") })
	if at > 0 {
		sections = slices.Delete(sections, at, at+1)
	}
	sections = append(sections, section)
	slices.Sort(sections[1:])
	if err := os.WriteFile(file, []byte(strings.Join(sections, "\n## ")), 0o644); err != nil {
		t.Fatal(err)
	}
}
