package settings

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Read reads the environment of a Lambda. Its error joins one sentence for each
// variable that is wrong.
func Read(getenv func(string) string) (run.Settings, error) {
	var s run.Settings
	var faults []error
	fault := func(name, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...)))
	}
	for _, v := range Of(&s, "env") {
		text := cmp.Or(getenv(v.Name), getenv(v.tag.Get("inherits")), v.Default)
		if text == "" {
			continue
		}
		if err := v.Set(text); err != nil {
			fault(v.Name, "%v", err)
		}
	}
	missing := func(name, value, remedy string) {
		if value == "" && getenv(name) == "" { // what is there and wrong is named above
			fault(name, "missing%s", remedy)
		}
	}
	missing("ARCHIVE_BUCKET", s.ArchiveBucket, "")
	missing("RUN_BUCKET", s.RunBucket, "")
	if slices.Contains(s.Fields, "region") {
		missing("ARCHIVE_REGION", s.ArchiveRegion, "; the field region needs it")
	}
	if s.Search.Auth == "sigv4" {
		missing("SEARCH_REGION", s.Search.Region, "; SEARCH_AUTH sigv4 needs the region of the domain")
	}
	if needs := s.Search.Auth == "basic" || s.Search.Auth == "apikey"; needs != (s.Search.Secret != "") {
		fault("SEARCH_SECRET", "goes with SEARCH_AUTH basic and apikey, and only with these")
	}
	return s, errors.Join(faults...)
}

// Variables is the inverse of Read: the environment from which the same settings
// are read. What is the default is left out, so that what stands in the
// environment is what was set.
func Variables(s run.Settings) map[string]string {
	variables := map[string]string{}
	for _, v := range Of(&s, "env") {
		// A bool without a default is false.
		if text := v.String(); text != "" && text != v.Default && (text != "false" || v.Default != "") {
			variables[v.Name] = text
		}
	}
	return variables
}

// Default sets every setting of the struct that s points to, of those that have a
// name under tag, to its default.
func Default(s any, tag string) {
	for _, v := range Of(s, tag) {
		if v.Default != "" {
			_ = v.Set(v.Default) // a test sets every default
		}
	}
}
