package settings

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxCA leaves room for everything else in the 4 KB of a Lambda's environment.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxCA = 2500

// Read takes the settings out of the app's context. Its error joins one
// sentence for each fault, each with the name of its setting.
func Read(context map[string]any) (Settings, error) {
	var s Settings
	table := rows(&s)
	c := checker{given: map[string]bool{}}
	for _, row := range table {
		row.preset()
		value, ok := context[Prefix+row.Name]
		if !ok {
			continue
		}
		c.given[row.Name] = true
		if err := row.set(value); err != nil {
			c.fault(row.Name, "%v", err)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(context)) {
		name, ours := strings.CutPrefix(key, Prefix)
		if ours && !slices.ContainsFunc(table, func(r Row) bool { return r.Name == name }) {
			c.fault(name, "is no setting; the nearest is %s", nearest(name, table))
		}
	}
	s.resolve(c.given)
	c.check(s)
	return s, errors.Join(c.faults...)
}

// resolve turns "new" into New, and gives a new domain the auth that it has.
func (s *Settings) resolve(given map[string]bool) {
	if s.Archive.Bucket == New {
		s.Archive.New, s.Archive.Bucket = true, ""
	}
	if s.Search.URL == New {
		s.Search.New, s.Search.URL = true, ""
		if !given["searchAuth"] {
			s.Search.Auth = "sigv4"
		}
	}
	s.Search.URL = strings.TrimSuffix(s.Search.URL, "/")
}

// nearest is the setting whose name shares the longest beginning with name, or
// is the least far from it in the alphabet.
func nearest(name string, table []Row) string {
	best, most := table[0].Name, -1
	for _, row := range table {
		n := 0
		for n < min(len(name), len(row.Name)) && strings.EqualFold(name[:n+1], row.Name[:n+1]) {
			n++
		}
		if n > most {
			best, most = row.Name, n
		}
	}
	return best
}

// checker collects faults; given tells which settings were said.
type checker struct {
	given  map[string]bool
	faults []error
}

func (c *checker) fault(name, format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf("%s%s: %s", Prefix, name, fmt.Sprintf(format, args...)))
}

// only refuses what was said in vain: names that have no effect without what.
func (c *checker) only(holds bool, what string, names ...string) {
	for _, name := range names {
		if !holds && c.given[name] {
			c.fault(name, "has no effect without %s; leave it out", what)
		}
	}
}
