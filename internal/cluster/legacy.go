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
func merge(all map[string]legacyTemplate, name string) (names string, index made) {
	matching := sortedKeys(all)
	matching = slices.DeleteFunc(matching, func(t string) bool { return !all[t].IndexPatterns.match(name) })
	slices.SortStableFunc(matching, func(a, b string) int { return cmp.Compare(all[a].Order, all[b].Order) })
	index.Mappings.Properties = map[string]field{}
	for _, matched := range matching {
		t := all[matched]
		maps.Copy(index.Mappings.Properties, t.Mappings.Properties)
		if t.Mappings.Dynamic != nil {
			index.Mappings.Dynamic = t.Mappings.Dynamic
		}
		if t.Mappings.DateDetection != nil {
			index.Mappings.DateDetection = t.Mappings.DateDetection
		}
		index.Settings.Index.DefaultPipeline = cmp.Or(t.Settings.Index.DefaultPipeline, index.Settings.Index.DefaultPipeline)
		index.Settings.Index.FinalPipeline = cmp.Or(t.Settings.Index.FinalPipeline, index.Settings.Index.FinalPipeline)
	}
	return strings.Join(matching, ","), index
}
