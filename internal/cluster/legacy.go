package cluster

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// merge makes an index as the legacy templates that match it would: those of a
// higher order are laid over those of a lower, member by member. It also returns
// their names.
func merge(all map[string]legacyTemplate, index string) (names string, made simulated) {
	matching := sortedKeys(all)
	matching = slices.DeleteFunc(matching, func(name string) bool { return !all[name].IndexPatterns.match(index) })
	slices.SortStableFunc(matching, func(a, b string) int { return cmp.Compare(all[a].Order, all[b].Order) })
	made.Mappings.Properties = map[string]field{}
	for _, name := range matching {
		t := all[name]
		maps.Copy(made.Mappings.Properties, t.Mappings.Properties)
		if t.Mappings.Dynamic != nil {
			made.Mappings.Dynamic = t.Mappings.Dynamic
		}
		if t.Mappings.DateDetection != nil {
			made.Mappings.DateDetection = t.Mappings.DateDetection
		}
		made.Settings.Index.DefaultPipeline = cmp.Or(t.Settings.Index.DefaultPipeline, made.Settings.Index.DefaultPipeline)
		made.Settings.Index.FinalPipeline = cmp.Or(t.Settings.Index.FinalPipeline, made.Settings.Index.FinalPipeline)
	}
	return strings.Join(matching, ","), made
}
