package store

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// template is a composable index template.
type template struct {
	IndexPatterns   patterns        `json:"index_patterns"`
	Template        templateBody    `json:"template"`
	Priority        *int64          `json:"priority,omitempty"`
	Version         *int64          `json:"version,omitempty"`
	Meta            json.RawMessage `json:"_meta,omitempty"`
	ComposedOf      []string        `json:"composed_of"`
	AllowAutoCreate *bool           `json:"allow_auto_create,omitempty"`

	settings settings
	mapping  *mapping
}

type templateBody struct {
	Settings json.RawMessage `json:"settings,omitempty"`
	Mappings json.RawMessage `json:"mappings,omitempty"`
	Aliases  json.RawMessage `json:"aliases,omitempty"`
}

// patterns are given as one string or several.
type patterns []string

func (p *patterns) UnmarshalJSON(b []byte) error {
	return eachElement(b, func(value []byte) error {
		*p = append(*p, text(value))
		return nil
	})
}

func parseTemplate(raw []byte) (*template, error) {
	var t template
	if err := decodeStrict("index_template", raw, &t); err != nil {
		return nil, err
	}
	if len(t.IndexPatterns) == 0 {
		return nil, badRequest("illegal_argument_exception", "[index_template] Required [index_patterns]")
	}
	if len(t.ComposedOf) > 0 {
		return nil, unsupported("component templates, such as [%s]", t.ComposedOf[0])
	}
	if len(t.Template.Aliases) > 0 && strings.Join(strings.Fields(string(t.Template.Aliases)), "") != "{}" {
		return nil, unsupported("aliases")
	}
	if t.AllowAutoCreate != nil {
		return nil, unsupported("[allow_auto_create]")
	}
	var err error
	if t.settings, err = parseSettings(t.Template.Settings); err != nil {
		return nil, err
	}
	t.mapping, err = parseMapping(t.Template.Mappings)
	return &t, err
}

func (t *template) priority() int64 {
	if t.Priority == nil {
		return 0
	}
	return *t.Priority
}

func (t *template) matches(index string) bool {
	return slices.ContainsFunc(t.IndexPatterns, func(p string) bool { return matchPattern(p, index) })
}

// MarshalJSON writes the template as Elasticsearch hands it out: settings
// nested, with strings.
func (t *template) MarshalJSON() ([]byte, error) {
	type plain template
	shown := plain(*t)
	var err error
	if shown.Template, err = t.body(); err != nil {
		return nil, err
	}
	return json.Marshal(shown)
}

func (t *template) body() (templateBody, error) {
	var b templateBody
	var err error
	if len(t.settings) > 0 {
		if b.Settings, err = json.Marshal(t.settings); err != nil {
			return b, err
		}
	}
	if t.Template.Mappings != nil {
		b.Mappings, err = json.Marshal(t.mapping)
	}
	return b, err
}

// match finds the template that applies to a new index of that name.
func match(templates map[string]*template, index string) (name string, found *template) {
	for _, n := range slices.Sorted(maps.Keys(templates)) {
		if t := templates[n]; t.matches(index) && (found == nil || t.priority() > found.priority()) {
			name, found = n, t
		}
	}
	return name, found
}

// rival finds a template of the same priority that could apply to the same
// index.
func rival(templates map[string]*template, name string, t *template) (string, bool) {
	for _, n := range slices.Sorted(maps.Keys(templates)) {
		other := templates[n]
		if n == name || other.priority() != t.priority() {
			continue
		}
		for _, a := range t.IndexPatterns {
			for _, b := range other.IndexPatterns {
				if overlap(a, b) {
					return n, true
				}
			}
		}
	}
	return "", false
}

// matchPattern tells whether name is matched by a pattern with *.
func matchPattern(pattern, name string) bool { return overlapping(pattern, name, false) }

// overlap tells whether there is a name that both patterns match.
func overlap(a, b string) bool { return overlapping(a, b, true) }

// overlapping compares from the left; with wild, a * in b stands for anything,
// too.
func overlapping(a, b string, wild bool) bool {
	switch {
	case a == "" && b == "":
		return true
	case a != "" && a[0] == '*':
		return overlapping(a[1:], b, wild) || b != "" && overlapping(a, b[1:], wild)
	case wild && b != "" && b[0] == '*':
		return overlapping(a, b[1:], wild) || a != "" && overlapping(a[1:], b, wild)
	}
	return a != "" && b != "" && a[0] == b[0] && overlapping(a[1:], b[1:], wild)
}

// merge adds what other maps, which wins.
func (m *mapping) merge(other *mapping) {
	if other.Dynamic != "" {
		m.Dynamic = other.Dynamic
	}
	if other.Meta != nil {
		m.Meta = other.Meta
	}
	if m.Properties == nil {
		m.Properties = map[string]*field{}
	}
	maps.Copy(m.Properties, other.Properties)
}
