package store

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
)

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
	if r.flag("create") && s.templates[name] != nil {
		return answer{}, badRequest("illegal_argument_exception", "index template [%s] already exists", name)
	}
	if other, there := rival(s.templates, name, t); there {
		return answer{}, badRequest("illegal_argument_exception",
			"index template [%s] has index patterns %v matching patterns from existing templates [%s] with patterns (%s => %v) that have the same priority [%d], "+
				"multiple index templates may not match during index creation, please use a different priority",
			name, t.IndexPatterns, other, other, s.templates[other].IndexPatterns, t.priority())
	}
	if err := s.put(templatesKey(), []byte(name), r.body); err != nil {
		return answer{}, err
	}
	s.templates[name] = t
	return ok(acknowledged())
}

func (s *Store) getTemplates(r *request) (answer, error) {
	if r.flag("flat_settings") {
		return answer{}, unsupported("[flat_settings]")
	}
	name := r.PathValue("name")
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := []map[string]any{}
	for _, n := range sortedNames(s.templates) {
		if name == "" || matchPattern(name, n) {
			found = append(found, map[string]any{"name": n, "index_template": s.templates[n]})
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
	if s.templates[name] == nil {
		return answer{}, missingTemplate(name)
	}
	if err := s.put(templatesKey(), []byte(name), nil); err != nil {
		return answer{}, err
	}
	delete(s.templates, name)
	return ok(acknowledged())
}

func missingTemplate(name string) error {
	return &problem{
		status: http.StatusNotFound, kind: "resource_not_found_exception",
		reason: "index template matching [" + name + "] not found",
	}
}

// simulateIndex tells what a new index of that name would be; a template in the
// body takes part as if it had been put.
func (s *Store) simulateIndex(r *request) (answer, error) {
	if err := r.object(); err != nil {
		return answer{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	templates := maps.Clone(s.templates)
	if len(r.body) > 0 {
		t, err := parseTemplate(r.body)
		if err != nil {
			return answer{}, err
		}
		if other, there := rival(templates, "", t); there {
			return answer{}, badRequest("illegal_argument_exception", "index template [simulated] matches the same indices as [%s] with the same priority", other)
		}
		templates["simulated"] = t
	}
	index := r.PathValue("index")
	name, t := match(templates, index)
	if t == nil {
		return ok(struct{}{})
	}
	body, err := t.body()
	if err != nil {
		return answer{}, err
	}
	for part, raw := range map[*json.RawMessage]string{&body.Settings: `{}`, &body.Mappings: `{}`, &body.Aliases: `{}`} {
		if *part == nil {
			*part = json.RawMessage(raw)
		}
	}
	overlapping := []map[string]any{}
	for _, n := range sortedNames(templates) {
		if n != name && templates[n].matches(index) {
			overlapping = append(overlapping, map[string]any{"name": n, "index_patterns": templates[n].IndexPatterns})
		}
	}
	return ok(map[string]any{"template": body, "overlapping": overlapping})
}

// noLegacyTemplates: there are none, and none can be put.
func (s *Store) noLegacyTemplates(r *request) (answer, error) {
	if name := r.PathValue("name"); name != "" && !strings.Contains(name, "*") {
		return answer{status: http.StatusNotFound, value: struct{}{}}, nil
	}
	return ok(struct{}{})
}
