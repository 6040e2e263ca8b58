package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/document"
	"github.com/rehydrate/rehydrate/internal/run"
)

const (
	// templateVersion is raised whenever what definition makes changes.
	templateVersion = 1
	// owner marks templates as ours.
	owner = "rehydrate"
	// maxKeyword is how long a message may be, in characters, to be found by
	// wildcard and regexp: a Lucene term has at most 32,766 bytes, and a character
	// up to four (three in UTF-16 units, which are what is counted).
	maxKeyword = 8191
)

// templateName is the name of our template for an index prefix.
func templateName(prefix string) string { return owner + "-" + prefix }

// indexPatterns match the daily indices of a prefix, and as little else as
// patterns that know only * can: ecs-task-* would also match the indices of
// another prefix, ecs-task-staging.
func indexPatterns(prefix string) []string {
	return []string{prefix + "-19*-*-*", prefix + "-20*-*-*"}
}

// definition is an index template, as it is put.
type definition struct {
	IndexPatterns []string `json:"index_patterns"`
	// Priority is the lowest there is, so that ours never takes the place of
	// another that matches too.
	Priority int  `json:"priority"`
	Version  int  `json:"version"`
	Meta     meta `json:"_meta"`
	Template struct {
		Settings map[string]any `json:"settings"`
		Mappings map[string]any `json:"mappings"`
	} `json:"template"`

	// parsedType is the type of the field that holds parsed messages, empty for
	// none.
	parsedType string
}

// meta tells our templates from others and one state of them from another.
type meta struct {
	ManagedBy   string `json:"managed_by"`
	Fingerprint string `json:"fingerprint"`
	Description string `json:"description"`
}

// definitions are the templates that serve settings, of which the first is put
// that the cluster has the types for.
func definitions(s run.Settings) []definition {
	if s.Parse {
		return []definition{define(s, flattened), define(s, flatObject)}
	}
	return []definition{define(s, "")}
}

func define(s run.Settings, parsedType string) definition {
	d := definition{IndexPatterns: indexPatterns(s.IndexPrefix), Version: templateVersion, parsedType: parsedType}
	d.Template.Settings = map[string]any{"index.codec": "best_compression"}
	d.Template.Mappings = map[string]any{"dynamic": false, "properties": properties(s.Fields, parsedType)}
	if s.Shards > 0 {
		d.Template.Settings["index.number_of_shards"] = s.Shards
	}
	if s.Replicas >= 0 {
		d.Template.Settings["index.number_of_replicas"] = s.Replicas
	}
	if s.RefreshInterval != "" {
		d.Template.Settings["index.refresh_interval"] = s.RefreshInterval
	}
	d.Meta = meta{
		ManagedBy:   owner,
		Fingerprint: d.fingerprint(),
		Description: "Put by rehydrate and renewed when its settings change. To use your own, give one that matches a priority of 1 or more.",
	}
	return d
}

// fingerprint changes whenever the definition does.
func (d definition) fingerprint() string {
	b, err := json.Marshal(d)
	if err != nil {
		// It is made of strings, numbers and maps of these.
		panic(fmt.Sprintf("cluster: marshal a template: %v", err))
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// properties maps what documents hold. Anything else in them is kept in _source
// but not indexed.
func properties(fields []string, parsedType string) map[string]any {
	p := map[string]any{
		"@timestamp": map[string]any{"type": "date"},
		"message": map[string]any{
			"type":   "text",
			"fields": map[string]any{"keyword": map[string]any{"type": "keyword", "ignore_above": maxKeyword}},
		},
	}
	for _, path := range fieldPaths(slices.Sorted(slices.Values(fields))) {
		putMapping(p, path, map[string]any{"type": "keyword", "ignore_above": 1024})
	}
	switch parsedType {
	case flattened:
		p[document.ParsedField] = map[string]any{"type": flattened, "ignore_above": maxKeyword}
	case flatObject:
		// It takes no parameters.
		p[document.ParsedField] = map[string]any{"type": flatObject}
	}
	return p
}

// The types that hold a whole object in one field: Elasticsearch's and
// OpenSearch's (from 2.7 on).
const (
	flattened  = "flattened"
	flatObject = "flat_object"
)

// putMapping puts a mapping under a dotted path.
func putMapping(properties map[string]any, path string, mapping map[string]any) {
	first, rest, nested := strings.Cut(path, ".")
	if !nested {
		properties[first] = mapping
		return
	}
	object, ok := properties[first].(map[string]any)
	if !ok {
		object = map[string]any{"properties": map[string]any{}}
		properties[first] = object
	}
	if inner, ok := object["properties"].(map[string]any); ok {
		putMapping(inner, rest, mapping)
	}
}

// install puts our template where u wants it and it is missing, or there in
// another state: not where it is newer, nor where somebody has made it theirs. It
// adds to u that ours applies, and tells whether it was put.
func (c *Cluster) install(ctx context.Context, s run.Settings, t templates, u *use) (installed bool, err error) {
	if !u.wanted {
		return false, nil
	}
	u.applies[t.ours] = u.bare
	wanted := definitions(s)
	if i := slices.IndexFunc(t.composable, func(c composableTemplate) bool { return c.Name == t.ours }); i >= 0 {
		there := t.composable[i].Body
		switch {
		case there.Meta.ManagedBy != owner:
			return false, nil
		case slices.ContainsFunc(wanted, func(d definition) bool { return d.Meta.Fingerprint == there.Meta.Fingerprint }):
			u.known = t.ours
			return false, nil
		case there.Version > templateVersion:
			return false, nil
		}
	}
	u.known = t.ours
	return true, c.put(ctx, t.ours, wanted)
}

// put puts the first of wanted that the cluster has the types for.
func (c *Cluster) put(ctx context.Context, name string, wanted []definition) error {
	doing := "put the index template " + name
	var words string
	for _, d := range wanted {
		body, err := json.Marshal(d)
		if err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
		a, err := c.do(ctx, esapi.IndicesPutIndexTemplateRequest{Name: escape(name), Body: bytes.NewReader(body)})
		if err != nil {
			return err
		}
		words = a.words()
		if a.status == http.StatusBadRequest && d.parsedType != "" && strings.Contains(words, "["+d.parsedType+"]") {
			continue
		}
		if a.status == http.StatusBadRequest && strings.Contains(words, "same priority") {
			return &run.Fault{
				Name: run.UnusableCluster, Reason: "an index template is in conflict with the one this program puts: " + words,
				Remedy: "give that template a priority of 1 or more",
			}
		}
		var done struct{ Acknowledged bool }
		return c.read(a, doing, &done, func() bool { return done.Acknowledged })
	}
	return &run.Fault{
		Name:   run.UnusableCluster,
		Reason: "parse is on, but the cluster has neither the type flattened (Elasticsearch with X-Pack) nor flat_object (OpenSearch 2.7 or newer): " + words,
		Remedy: "turn parse off, or use a newer cluster",
	}
}
