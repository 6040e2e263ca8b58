package cluster

import (
	"maps"
	"slices"
)

// survey finds out which templates apply to indices, the way the cluster does:
// the composable one of the highest priority that matches; only where none does,
// all legacy ones that match.
type survey struct {
	ours       string
	composable []composableTemplate
	legacy     map[string]legacyTemplate
}

// findings says which template applies where. Each value is one index as an
// example.
type findings struct {
	// applies are the composable templates that apply, by name.
	applies map[string]string
	// streams are those of applies that make data streams.
	streams map[string]string
	// legacy is an index to which only legacy templates apply, empty for none, and
	// bare one to which nothing applies.
	legacy string
	bare   string
	// known is the name of ours where it is in the state that this program wants.
	known string
	// wanted says that ours is to be there: some index needs it and no legacy
	// template would lose its effect by it.
	wanted bool
}

func (s survey) of(indices []string) findings {
	f := findings{applies: map[string]string{}, streams: map[string]string{}}
	usesOurs := false
	for _, index := range indices {
		switch t := s.winner(index); {
		case t == nil && s.hasLegacy(index):
			f.legacy = index
		case t == nil:
			f.bare = index
		default:
			f.applies[t.Name] = index
			usesOurs = usesOurs || t.Name == s.ours
			if t.Body.DataStream != nil {
				f.streams[t.Name] = index
			}
		}
	}
	f.wanted = usesOurs || f.bare != "" && f.legacy == ""
	if usesOurs && f.bare == "" {
		f.bare = f.applies[s.ours]
	}
	return f
}

func (s survey) winner(index string) *composableTemplate {
	var best *composableTemplate
	for i := range s.composable {
		t := &s.composable[i]
		if t.Body.IndexPatterns.match(index) && (best == nil || t.Body.Priority > best.Body.Priority) {
			best = t
		}
	}
	return best
}

// under is the template of that name, nil where there is none.
func (s survey) under(name string) *composableTemplate {
	for i := range s.composable {
		if s.composable[i].Name == name {
			return &s.composable[i]
		}
	}
	return nil
}

func (s survey) hasLegacy(index string) bool {
	for _, t := range s.legacy {
		if t.IndexPatterns.match(index) {
			return true
		}
	}
	return false
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
