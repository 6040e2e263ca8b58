package run

import (
	"fmt"
	"regexp"
)

// A view is what a run puts into indices of its own, PREFIX-VIEW-YYYY-MM-DD, which
// the alias PREFIX-VIEW has together.

// viewName is that of a view: words between hyphens, each of which begins with a
// letter. A number could be a year: PREFIX-20* are the daily indices beside all
// views, and PREFIX-VIEW-20* are to be those of one view alone.
var viewName = regexp.MustCompile(`^[a-z][a-z0-9_]*(-[a-z][a-z0-9_]*)*$`)

// maxView is the most characters of a view's name.
const maxView = 60

// viewForm says what a view can be called.
const viewForm = `a name of at most 60 lower-case letters, digits, underscores and hyphens, such as "incident", in which a letter stands at the beginning and behind each hyphen`

// CheckView tells why a view cannot be called so, or nil.
func CheckView(name string) error {
	if len(name) > maxView || !viewName.MatchString(name) {
		return fmt.Errorf("%q is no name of a view; give %s", name, viewForm)
	}
	return nil
}

// In is s for the indices of a view; for an empty one, it is s itself.
func (s Settings) In(view string) Settings {
	if view != "" {
		s.IndexPrefix += "-" + view
	}
	return s
}
