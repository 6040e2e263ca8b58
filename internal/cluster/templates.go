package cluster

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Template is what EnsureTemplate found and did.
type Template struct {
	// Name is that of the template that applies to the indices; several are joined
	// by commas, none is empty.
	Name string
	// Installed says that ours was put or renewed just now.
	Installed bool
	// Warnings are sentences on what a template that is not ours lacks.
	Warnings []string
}

// EnsureTemplate sees to it that an index template applies to each of indices,
// the daily indices of s.IndexPrefix. It puts ours where it is missing, or there
// in another state and not of a newer version. Where a template of somebody
// else's applies already, composable or legacy, that one stays.
//
// A template that would fail documents or let a parsed message explode the
// mapping is a fault, as is s.Parse on a cluster that has no type for it.
func (c *Cluster) EnsureTemplate(ctx context.Context, s run.Settings, indices []string) (Template, error) {
	templates, err := c.templates(ctx, s)
	if err != nil {
		return Template{}, err
	}
	return c.ensure(ctx, s, templates, indices)
}

// templates reads those that the cluster has.
func (c *Cluster) templates(ctx context.Context, s run.Settings) (survey, error) {
	composable, err := c.composable(ctx)
	if err != nil {
		return survey{}, err
	}
	legacy, err := c.legacy(ctx)
	return survey{ours: templateName(s.IndexPrefix), composable: composable, legacy: legacy}, err
}

func (c *Cluster) ensure(ctx context.Context, s run.Settings, templates survey, indices []string) (Template, error) {
	found := templates.of(indices)
	var t Template
	if found.wanted {
		wanted, there := definitions(s), templates.under(templates.ours)
		switch {
		case there == nil || there.isOlder(wanted):
			if err := c.install(ctx, s, wanted); err != nil {
				return Template{}, err
			}
			t.Installed = true
			found.known = templates.ours
		case there.isOneOf(wanted):
			found.known = templates.ours
		}
		found.applies[templates.ours] = found.bare
	}
	t.Name = strings.Join(sortedKeys(found.applies), ",")
	var err error
	t.Warnings, err = c.lacking(ctx, s, found, templates.legacy)
	return t, err
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

func (t *composableTemplate) isOurs() bool { return t.Body.Meta.ManagedBy == owner }

// legacyTemplate is an index template as before Elasticsearch 7.8.
type legacyTemplate struct {
	IndexPatterns patterns `json:"index_patterns"`
	Order         int64
	Mappings      mappings
	Settings      indexSettings
}

// patterns are those of a template; one alone may be given without a list.
type patterns []string

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
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	name = name[len(first) : len(name)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(name, part)
		if at < 0 {
			return false
		}
		name = name[at+len(part):]
	}
	return true
}

func (c *Cluster) composable(ctx context.Context) ([]composableTemplate, error) {
	var all struct {
		Templates []composableTemplate `json:"index_templates"`
	}
	fields := []string{"index_patterns", "priority", "version", "_meta", "data_stream", "allow_auto_create"}
	filter := []string{"index_templates.name"}
	for _, f := range fields {
		filter = append(filter, "index_templates.index_template."+f)
	}
	err := c.ask(ctx, esapi.IndicesGetIndexTemplateRequest{FilterPath: filter}, "read the index templates", &all)
	return all.Templates, err
}

func (c *Cluster) legacy(ctx context.Context) (map[string]legacyTemplate, error) {
	doing := "read the legacy index templates"
	a, err := c.do(ctx, esapi.IndicesGetTemplateRequest{})
	switch {
	case err != nil:
		return nil, err
	case slices.Contains([]int{http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone}, a.status):
		return nil, nil // a cluster that has done away with them
	case a.status != http.StatusOK:
		return nil, c.refusal(a, doing)
	}
	var all map[string]legacyTemplate
	return all, c.decode(a, doing, &all)
}
