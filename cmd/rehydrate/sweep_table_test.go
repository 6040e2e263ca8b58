package main

import (
	"fmt"
	"strings"
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
	for _, site := range siteNames() {
		for _, w := range ways() {
			if c := rows[row{site, w.name}]; c != nil {
				line(site, w.name, *c)
			}
		}
	}
	line("**all**", "", total)
	return b.String()
}

func faultsPage(table string, results []result) string {
	struck := 0
	for _, r := range results {
		if r.struck > 0 {
			struck++
		}
	}
	return fmt.Sprintf("# Every call failed\n\n"+
		"`make sweep` wrote this page. A tiny archive goes through the whole machine with the real Lambdas, and in each run one call to the archive, to the run bucket or to the cluster fails: the first, the second, and so on to the last; in each way; once, twice in a row and, for some, for three seconds. Retries of a run shift what later calls are, and %d of %d faults struck.\n\n"+
		"- **exact**: all events are there, each once, in its index, with its time and message; the report says complete, and the exit status is 0.\n"+
		"- **told**: the report or the error names what is missing or not known, and the exit status is not 0.\n"+
		"- **wrong**: anything else; also where the counts do not add up, or a retry and a second run do not end with everything there.\n\n%s", struck, len(results), table)
}
