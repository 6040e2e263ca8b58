package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// templates are the index templates of a cluster. They apply as the cluster says:
// to an index the composable one of the highest priority that matches; only where
// none does, all legacy ones that match.
type templates struct {
	ours string // the name of ours
	// loading is the one of a run that is on, or did not come to its end; it is
	// none of composable.
	loading    *composableTemplate
	composable []composableTemplate
	legacy     map[string]legacyTemplate
}

// composableTemplate is an index template of the present form.
type composableTemplate struct {
	Name string
	Body struct {
		IndexPatterns patterns `json:"index_patterns"`
		Priority      int64
		Version       int64
		Meta          meta             `json:"_meta"`
		DataStream    *json.RawMessage `json:"data_stream"`
		// AllowAutoCreate overrides action.auto_create_index where it is given.
		AllowAutoCreate *bool `json:"allow_auto_create"`
	} `json:"index_template"`
}

// legacyTemplate is an index template as before Elasticsearch 7.8.
type legacyTemplate struct {
	IndexPatterns patterns `json:"index_patterns"`
	Order         int64
	Mappings      mappings
	Settings      indexSettings
}

func (c *Cluster) templates(ctx context.Context, prefix string) (templates, error) {
	t := templates{ours: templateName(prefix)}
	var all struct {
		Templates *[]composableTemplate `json:"index_templates"`
	}
	// Not filtered: an answer that may be empty could not be told from none.
	err := c.ask(ctx, esapi.IndicesGetIndexTemplateRequest{}, "read the index templates", &all, func() bool { return all.Templates != nil })
	if err != nil {
		return templates{}, err
	}
	t.composable = *all.Templates
	if i := slices.IndexFunc(t.composable, func(c composableTemplate) bool { return c.Name == loadingName(prefix) }); i >= 0 {
		loading := t.composable[i]
		t.loading = &loading
		t.composable = slices.Delete(t.composable, i, i+1)
	}
	a, err := c.do(ctx, esapi.IndicesGetTemplateRequest{})
	if err != nil {
		return templates{}, err
	}
	if slices.Contains([]int{http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone}, a.status) {
		return t, nil // a cluster that has done away with legacy ones
	}
	err = c.read(a, "read the legacy index templates", &t.legacy, func() bool {
		for _, l := range t.legacy {
			if len(l.IndexPatterns) == 0 {
				return false
			}
		}
		return t.legacy != nil
	})
	return t, err
}

// applying is the composable template that applies to index, nil for none.
func (t templates) applying(index string) *composableTemplate {
	var best *composableTemplate
	for i := range t.composable {
		c := &t.composable[i]
		if c.Body.IndexPatterns.match(index) && (best == nil || c.Body.Priority > best.Body.Priority) {
			best = c
		}
	}
	return best
}

// legacyFor is the index that the legacy templates that match make: those of a
// higher order are laid over those of a lower, member by member. names are
// theirs, empty for none.
func (t templates) legacyFor(index string) (names string, made indexConfig) {
	matching := slices.DeleteFunc(sortedKeys(t.legacy), func(name string) bool { return !t.legacy[name].IndexPatterns.match(index) })
	slices.SortStableFunc(matching, func(a, b string) int { return cmp.Compare(t.legacy[a].Order, t.legacy[b].Order) })
	made.Mappings.Properties = map[string]field{}
	for _, name := range matching {
		l := t.legacy[name]
		maps.Copy(made.Mappings.Properties, l.Mappings.Properties)
		if l.Mappings.Dynamic != nil {
			made.Mappings.Dynamic = l.Mappings.Dynamic
		}
		made.Mappings.DateDetection = cmp.Or(l.Mappings.DateDetection, made.Mappings.DateDetection)
		made.Settings.Index.DefaultPipeline = cmp.Or(l.Settings.Index.DefaultPipeline, made.Settings.Index.DefaultPipeline)
		made.Settings.Index.FinalPipeline = cmp.Or(l.Settings.Index.FinalPipeline, made.Settings.Index.FinalPipeline)
		made.Settings.Index.Shards = cmp.Or(l.Settings.Index.Shards, made.Settings.Index.Shards)
		made.Settings.Index.Replicas = cmp.Or(l.Settings.Index.Replicas, made.Settings.Index.Replicas)
	}
	return strings.Join(matching, ","), made
}

// use says which templates apply to the indices of a run. Each of its values is
// one index as an example.
type use struct {
	// applies are the composable templates that apply, by name.
	applies map[string]string
	// streams are those of applies that make data streams.
	streams map[string]string
	// legacy is an index to which only legacy templates apply, empty for none, and
	// bare one to which nothing applies.
	legacy string
	bare   string
	// known is ours where it is in the state that this program wants.
	known *definition
	// wanted says that ours is to be there: some index needs it and no legacy
	// template would lose its effect by it.
	wanted bool
}

func (t templates) of(indices []string) use {
	u := use{applies: map[string]string{}, streams: map[string]string{}}
	usesOurs := false
	for _, index := range indices {
		applying := t.applying(index)
		if applying == nil {
			if names, _ := t.legacyFor(index); names != "" {
				u.legacy = index
			} else {
				u.bare = index
			}
			continue
		}
		u.applies[applying.Name] = index
		usesOurs = usesOurs || applying.Name == t.ours
		if applying.Body.DataStream != nil {
			u.streams[applying.Name] = index
		}
	}
	u.wanted = usesOurs || u.bare != "" && u.legacy == ""
	if usesOurs && u.bare == "" {
		u.bare = u.applies[t.ours]
	}
	return u
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// patterns are those of a template; one alone may be given without a list.
type patterns []string

// UnmarshalJSON reads both forms.
func (p *patterns) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*p = patterns{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(p))
}

func (p patterns) match(index string) bool {
	return slices.ContainsFunc(p, func(pattern string) bool { return matches(pattern, index) })
}

// matches tells whether name matches a pattern in which * stands for anything.
func matches(pattern, name string) bool {
	first, rest, some := strings.Cut(pattern, "*")
	if !some {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, first)
	for ok && strings.Contains(rest, "*") {
		first, rest, _ = strings.Cut(rest, "*")
		_, name, ok = strings.Cut(name, first)
	}
	return ok && strings.HasSuffix(name, rest)
}
