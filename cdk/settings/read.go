package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	// Zones are checked where the app runs, which may have no files of them.
	_ "time/tzdata"

	"github.com/rehydrate/rehydrate/internal/settings"
)

// Read takes the settings out of the app's context. Its error joins one
// sentence for each fault, each with the name of its setting.
func Read(context map[string]any) (Settings, error) {
	var s Settings
	settings.Default(&s, "context")
	table := settings.Of(&s, "context")
	c := checker{given: map[string]bool{}, wrong: map[string]bool{}}
	for _, row := range table {
		value, ok := context[Prefix+row.Name]
		if !ok {
			continue
		}
		c.given[row.Name] = true
		if err := s.set(row, value); err != nil {
			c.fault(row.Name, "%v", err)
			c.wrong[row.Name] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(context)) {
		name, ours := strings.CutPrefix(key, Prefix)
		if ours && !slices.ContainsFunc(table, func(r settings.Setting) bool { return r.Name == name }) {
			c.fault(name, "is no setting; the nearest is %s", nearest(name, table))
		}
	}
	c.infer(&s)
	c.check(s)
	return s, errors.Join(c.faults...)
}

// set takes a value as the CDK hands it over: a string from the command line,
// anything of JSON from cdk.json.
func (s *Settings) set(row settings.Setting, value any) error {
	text, ok := value.(string)
	if !ok {
		_, isList := value.([]any)
		if kind := row.Type(); kind == "string" || kind == "zone" || isList != (kind == "strings") {
			return fmt.Errorf("%v is not allowed; give %s", value, row.Takes())
		}
		b, err := json.Marshal(value)
		if err != nil {
			return err
		}
		text = string(b)
	}
	switch {
	case row.Name == "archive" && text == New:
		s.Archive.New = true
		return nil
	case row.Name == "search" && text == New:
		s.Cluster.New = true
		return nil
	case row.Name == "searchCA" && text != "":
		var err error
		if text, err = readCA(text); err != nil {
			return err
		}
	}
	if err := row.Set(text); err != nil {
		return err
	}
	return form(row)
}

// form checks the form of a text, unless it is empty, and of all members of a
// list.
func form(row settings.Setting) error {
	pattern := regexp.MustCompile(row.Form())
	for _, text := range row.Texts() {
		if text == "" && row.Type() != "strings" {
			continue
		}
		if text == "" || !pattern.MatchString(text) {
			return fmt.Errorf("%q is not allowed; give %s", text, row.Takes())
		}
	}
	return nil
}

// maxCA leaves room for everything else in the 4 KB of a Lambda's environment.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxCA = 2500

func readCA(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil && len(b) > maxCA {
		err = fmt.Errorf("%s has %d bytes; a Lambda's environment leaves room for %d", path, len(b), maxCA)
	}
	return string(b), err
}

// nearest is the setting whose name shares the longest beginning with name, or
// is the least far from it in the alphabet.
func nearest(name string, table []settings.Setting) string {
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
