package store

import (
	"encoding/json"
	"slices"
	"strings"
)

// template is a composable index template.
type template struct {
	IndexPatterns patterns        `json:"index_patterns"`
	Template      templateBody    `json:"template"`
	Priority      *int64          `json:"priority,omitempty"`
	Version       *int64          `json:"version,omitempty"`
	Meta          json.RawMessage `json:"_meta,omitempty"`
	ComposedOf    []string        `json:"composed_of"`

	settings map[string]string
	mapping  *mapping
	aliases  []string
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
	t.settings = map[string]string{}
	if len(t.Template.Settings) > 0 {
		if err := collectSettings(t.settings, "", t.Template.Settings); err != nil {
			return nil, err
		}
		nested, err := json.Marshal(nest(t.settings))
		if err != nil {
			return nil, err
		}
		t.Template.Settings = nested
	}
	var err error
	if t.aliases, err = parseAliases(t.Template.Aliases); err != nil {
		return nil, err
	}
	m, err := parseMapping(t.Template.Mappings)
	if err == nil && m.dynamic != "" {
		// Elasticsearch hands it out as a string, however it was given.
		var members map[string]any
		if err := json.Unmarshal(t.Template.Mappings, &members); err != nil {
			return nil, err
		}
		members["dynamic"] = m.dynamic
		t.Template.Mappings, err = json.Marshal(members)
	}
	t.mapping = m
	return &t, err
}

// collectSettings reads settings in any of the forms that Elasticsearch takes:
// nested, with points, with or without "index". It refuses those that would
// change what the store does.
func collectSettings(into map[string]string, path string, object []byte) error {
	return eachMember(object, func(name string, value []byte) error {
		full := strings.TrimPrefix(path+"."+name, ".")
		if isObject(value) {
			return collectSettings(into, full, value)
		}
		if !strings.HasPrefix(full, "index.") {
			full = "index." + full
		}
		switch full {
		case "index.number_of_shards", "index.number_of_replicas", "index.auto_expand_replicas", "index.refresh_interval", "index.codec":
			into[full] = text(value)
			return nil
		}
		return unsupported("the setting [%s]", full)
	})
}

// nest makes objects of names with points, as Elasticsearch answers.
func nest(settings map[string]string) map[string]any {
	root := map[string]any{}
	for name, value := range settings {
		at := root
		parts := strings.Split(name, ".")
		for _, part := range parts[:len(parts)-1] {
			next, ok := at[part].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[part] = next
			}
			at = next
		}
		at[parts[len(parts)-1]] = value
	}
	return root
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

// parsed are all templates. What is kept was parsed before.
func (c *catalog) parsed() map[string]*template {
	all := map[string]*template{}
	for name, raw := range c.Templates {
		if t, err := parseTemplate(raw); err == nil {
			all[name] = t
		}
	}
	return all
}

// match is the template of the highest priority that matches an index, nil for
// none.
func (c *catalog) match(index string) (name string, best *template) {
	all := c.parsed()
	for _, n := range sortedNames(all) {
		if t := all[n]; t.matches(index) && (best == nil || t.priority() > best.priority()) {
			name, best = n, t
		}
	}
	return name, best
}

// rival is a template of another name that could match the same indices with the
// same priority.
func (c *catalog) rival(name string, t *template) (string, bool) {
	all := c.parsed()
	for _, n := range sortedNames(all) {
		other := all[n]
		if n == name || other.priority() != t.priority() {
			continue
		}
		for _, a := range t.IndexPatterns {
			if slices.ContainsFunc(other.IndexPatterns, func(b string) bool { return overlap(a, b) }) {
				return n, true
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

// Requests about templates.
