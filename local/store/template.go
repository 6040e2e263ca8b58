package store

import (
	"encoding/json"
	"maps"
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

// field is a field of a mapping: enough to know whether it is one that the store
// can do justice to.
type field struct {
	Type        string           `json:"type"`
	Properties  map[string]field `json:"properties"`
	Fields      map[string]field `json:"fields"`
	IgnoreAbove *int             `json:"ignore_above"`
	DepthLimit  *int             `json:"depth_limit"`
	DocValues   *bool            `json:"doc_values"`
	Norms       *bool            `json:"norms"`
}

func parseMapping(raw json.RawMessage) (*mapping, error) {
	m := &mapping{types: map[string]string{}}
	if len(raw) == 0 {
		return m, nil
	}
	var given struct {
		Dynamic    json.RawMessage  `json:"dynamic"`
		Properties map[string]field `json:"properties"`
		Meta       json.RawMessage  `json:"_meta"`
	}
	if err := decodeStrict("mapping", raw, &given); err != nil {
		return nil, err
	}
	m.dynamic = text(given.Dynamic)
	for name, f := range given.Properties {
		m.types[name] = f.Type
	}
	return m, checkFields("", given.Properties)
}

func checkFields(path string, fields map[string]field) error {
	for _, name := range sortedNames(fields) {
		f := fields[name]
		switch f.Type {
		case "date", "text", "match_only_text", "keyword", "boolean", "long", "integer", "float", "double", "flattened", "flat_object", "object":
		case "":
			if f.Properties == nil {
				return badRequest("mapper_parsing_exception", "No type specified for field [%s]", path+name)
			}
		default:
			return unsupported("fields of type [%s], such as [%s]", f.Type, path+name)
		}
		if err := checkFields(path+name+".", f.Properties); err != nil {
			return err
		}
		if err := checkFields(path+name+".", f.Fields); err != nil {
			return err
		}
	}
	return nil
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

func (s *Store) putTemplate(r *request) (answer, error) {
	if err := r.object(); err != nil {
		return answer{}, err
	}
	t, err := parseTemplate(r.body)
	if err != nil {
		return answer{}, err
	}
	name := r.PathValue("name")
	s.mu.Lock()
	defer s.mu.Unlock()
	if other, there := s.catalog.rival(name, t); there {
		return answer{}, badRequest("illegal_argument_exception",
			"index template [%s] has index patterns %v matching patterns from existing templates [%s] that have the same priority [%d], "+
				"multiple index templates may not match during index creation, please use a different priority", name, t.IndexPatterns, other, t.priority())
	}
	s.catalog.Templates[name] = slices.Clone(r.body)
	return acknowledged(), s.catalog.save(s.dir)
}

func (s *Store) getTemplates(r *request) (answer, error) {
	name := r.PathValue("name")
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := []map[string]any{}
	all := s.catalog.parsed()
	for _, n := range sortedNames(all) {
		if name == "" || matchPattern(name, n) {
			found = append(found, map[string]any{"name": n, "index_template": all[n]})
		}
	}
	if len(found) == 0 && name != "" && !strings.Contains(name, "*") {
		return answer{}, missingTemplate(name)
	}
	return ok(map[string]any{"index_templates": found})
}

func (s *Store) deleteTemplate(r *request) (answer, error) {
	name := r.PathValue("name")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.catalog.Templates[name] == nil {
		return answer{}, missingTemplate(name)
	}
	delete(s.catalog.Templates, name)
	return acknowledged(), s.catalog.save(s.dir)
}

func missingTemplate(name string) error {
	return &problem{status: 404, kind: "resource_not_found_exception", reason: "index template matching [" + name + "] not found"}
}

// simulateIndex tells what a new index of that name would be.
func (s *Store) simulateIndex(r *request) (answer, error) {
	if len(r.body) > 0 {
		return answer{}, unsupported("a template in the body of _simulate_index")
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	name, t := s.catalog.match(r.PathValue("index"))
	if t == nil {
		return ok(struct{}{})
	}
	overlapping := []map[string]any{}
	all := s.catalog.parsed()
	delete(all, name)
	maps.DeleteFunc(all, func(_ string, t *template) bool { return !t.matches(r.PathValue("index")) })
	for _, n := range sortedNames(all) {
		overlapping = append(overlapping, map[string]any{"name": n, "index_patterns": all[n].IndexPatterns})
	}
	made := index{Settings: t.settings, Mappings: t.Template.Mappings, Aliases: t.aliases}
	return ok(map[string]any{"template": made.describe(), "overlapping": overlapping})
}
