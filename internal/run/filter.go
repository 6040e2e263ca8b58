package run

import (
	"path"
	"regexp"
)

// Filter names events. LogGroup and LogStream are globs (as path.Match, but *
// also crosses slashes), Message regular expressions (RE2). Within a member one
// match is enough.
//
// An event passes the filters of a run if each member given in include matches
// it and no member given in exclude does.
type Filter struct {
	LogGroup  []string `json:"logGroup,omitempty"`
	LogStream []string `json:"logStream,omitempty"`
	Message   []string `json:"message,omitempty"`
}

// Limits that keep a filter small: it travels with every child.
const (
	maxPatterns    = 100
	maxFilterBytes = 4096
)

// Empty tells whether the filter names nothing.
func (f Filter) Empty() bool {
	return len(f.LogGroup) == 0 && len(f.LogStream) == 0 && len(f.Message) == 0
}

func (f Filter) check(member string) error {
	total := 0
	for _, m := range []struct {
		name     string
		patterns []string
		valid    func(string) error
	}{
		{"logGroup", f.LogGroup, validGlob},
		{"logStream", f.LogStream, validGlob},
		{"message", f.Message, validExpression},
	} {
		if len(m.patterns) > maxPatterns {
			return invalid("%s.%s: %d patterns are too many; give at most %d", member, m.name, len(m.patterns), maxPatterns)
		}
		for _, p := range m.patterns {
			total += len(p)
			if err := m.valid(p); err != nil {
				return invalid("%s.%s: %q cannot be used (%v)", member, m.name, p, err)
			}
		}
	}
	if total > maxFilterBytes {
		return invalid("%s: its patterns have %d bytes; give at most %d", member, total, maxFilterBytes)
	}
	return nil
}

func validGlob(p string) error {
	_, err := path.Match(p, "")
	return err
}

func validExpression(p string) error {
	_, err := regexp.Compile(p)
	return err
}
