package store

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
)

// Requests about indices and the store itself.

// describe is an index as Elasticsearch tells of one.
func (ix *index) describe() map[string]any {
	aliases := map[string]struct{}{}
	for _, alias := range ix.Aliases {
		aliases[alias] = struct{}{}
	}
	d := map[string]any{"aliases": aliases, "mappings": json.RawMessage(`{}`), "settings": nest(ix.Settings)}
	if len(ix.Mappings) > 0 {
		d["mappings"] = ix.Mappings
	}
	return d
}

func (s *Store) getIndex(r *request) (answer, error) {
	names, err := s.indicesOf(r)
	if err != nil {
		return answer{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := map[string]any{}
	for _, name := range names {
		made := s.catalog.Indices[name]
		if made == nil {
			continue // deleted meanwhile
		}
		shown := index{Mappings: made.Mappings, Aliases: made.Aliases, Settings: map[string]string{
			"index.number_of_shards": "1", "index.number_of_replicas": "1", "index.uuid": made.UUID,
			"index.provided_name": name, "index.creation_date": strconv.FormatInt(made.Created, 10),
		}}
		maps.Copy(shown.Settings, made.Settings)
		all[name] = shown.describe()
	}
	return ok(all)
}

func (s *Store) deleteIndex(r *request) (answer, error) {
	// As Elasticsearch does unless told otherwise: no pattern deletes.
	if e := r.PathValue("index"); e == "_all" || strings.Contains(e, "*") {
		return answer{}, badRequest("illegal_argument_exception", "Wildcard expressions or all indices are not allowed")
	}
	for name := range strings.SplitSeq(r.PathValue("index"), ",") {
		s.mu.RLock()
		aliased := s.catalog.indicesOfAlias(name)
		s.mu.RUnlock()
		if len(aliased) > 0 {
			return answer{}, badRequest("illegal_argument_exception",
				"The provided expression [%s] matches an alias, specify the corresponding concrete indices instead.", name)
		}
	}
	names, err := s.indicesOf(r)
	if err != nil {
		return answer{}, err
	}
	for _, name := range names {
		if err := s.remove(r.Context(), name, ""); err != nil {
			return answer{}, err
		}
	}
	return acknowledged(), nil
}

func (s *Store) indicesOf(r *request) ([]string, error) {
	names, err := s.resolve(r.PathValue("index"), r.flag("ignore_unavailable"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 && r.query.Get("allow_no_indices") == "false" {
		return nil, indexNotFound(r.PathValue("index"))
	}
	return names, nil
}

// refreshed lets everything be found that was answered.
func (s *Store) refreshed(r *request) (answer, error) {
	names, err := s.indicesOf(r)
	if err != nil {
		return answer{}, err
	}
	s.seen()
	return ok(map[string]any{"_shards": shards(len(names))})
}

func shards(n int) map[string]int {
	return map[string]int{"total": n, "successful": n, "skipped": 0, "failed": 0}
}

// Version of Elasticsearch whose API this follows.
const Version = "8.19.7"

const clusterName = "rehydrate"

func (s *Store) root(*request) (answer, error) {
	return ok(map[string]any{
		"name": clusterName, "cluster_name": clusterName, "cluster_uuid": s.catalog.UUID,
		"version": map[string]any{
			"number": Version, "build_flavor": "rehydrate", "build_type": "embedded",
			"minimum_wire_compatibility_version": "7.17.0", "minimum_index_compatibility_version": "7.0.0",
		},
		"tagline": "rehydrate's embedded store: it speaks a part of Elasticsearch's API, and refuses the rest",
	})
}

// clusterSettings: none can be changed.
func (s *Store) clusterSettings(*request) (answer, error) {
	return ok(map[string]any{"persistent": struct{}{}, "transient": struct{}{}})
}

// noLegacyTemplates: there are none, and none can be put.
func (s *Store) noLegacyTemplates(*request) (answer, error) { return ok(struct{}{}) }
