package store

import (
	"maps"
	"slices"
	"strings"
)

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
