package settings

import (
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

func TestEverySettingIsWhole(t *testing.T) {
	var s run.Settings
	names := map[string]bool{}
	for _, tag := range []string{"env", "context", "flag"} {
		for _, v := range Of(&s, tag) {
			if names[tag+" "+v.Name] {
				t.Errorf("%s %s stands twice", tag, v.Name)
			}
			names[tag+" "+v.Name] = true
			if tag != "env" && v.Meaning() == "" {
				t.Errorf("%s %s means nothing", tag, v.Name)
			}
			if v.Default == "" {
				continue
			}
			if err := v.Set(v.Default); err != nil {
				t.Errorf("%s: its default: %v", v.Name, err)
			}
			if text := v.String(); text != v.Default && text != `["`+v.Default+`"]` {
				t.Errorf("%s: its default %q is written as %q", v.Name, v.Default, text)
			}
		}
	}
}
