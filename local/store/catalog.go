package store

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Requests about the indices themselves.

func acknowledged() map[string]any { return map[string]any{"acknowledged": true} }

func (s *Store) createIndex(r *request) (answer, error) {
	if err := r.object(); err != nil {
		return answer{}, err
	}
	var q struct {
		Settings json.RawMessage `json:"settings"`
		Mappings json.RawMessage `json:"mappings"`
	}
	if len(r.body) > 0 {
		if err := decodeStrict("create index", r.body, &q); err != nil {
			return answer{}, err
		}
	}
	own, err := parseSettings(q.Settings)
	if err != nil {
		return answer{}, err
	}
	m, err := parseMapping(q.Mappings)
	if err != nil {
		return answer{}, err
	}
	name := r.PathValue("index")
	if _, err := s.create(name, own, m); err != nil {
		return answer{}, err
	}
	return ok(map[string]any{"acknowledged": true, "shards_acknowledged": true, "index": name})
}

func (s *Store) deleteIndex(r *request) (answer, error) {
	// As Elasticsearch does unless told otherwise: no pattern deletes.
	if e := r.PathValue("index"); e == "_all" || strings.Contains(e, "*") {
		return answer{}, badRequest("illegal_argument_exception", "Wildcard expressions or all indices are not allowed")
	}
	indices, err := s.indicesOf(r)
	if err != nil {
		return answer{}, err
	}
	if err := s.remove(indices); err != nil {
		return answer{}, err
	}
	return ok(acknowledged())
}

// described answers with what is known of indices: all of it, or one part.
func (s *Store) described(part string) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		for _, name := range []string{"features", "include_defaults", "flat_settings"} {
			if r.flag(name) {
				return answer{}, unsupported("[%s]", name)
			}
		}
		indices, err := s.indicesOf(r)
		if err != nil {
			return answer{}, err
		}
		all := map[string]any{}
		for _, ix := range indices {
			d := ix.describe()
			if part != "" {
				d = map[string]any{part: d[part]}
			}
			all[ix.name] = d
		}
		return ok(all)
	}
}

func (ix *index) describe() map[string]any {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	shown := settings{
		"index.number_of_shards": "1", "index.number_of_replicas": "1",
		"index.uuid": ix.meta.UUID, "index.provided_name": ix.name,
		"index.creation_date": strconv.FormatInt(ix.meta.Created, 10), "index.version.created": "8536000",
	}
	for name, value := range ix.meta.Settings {
		if value != "" {
			shown[name] = value
		}
	}
	return map[string]any{"aliases": struct{}{}, "mappings": ix.meta.Mapping, "settings": shown}
}

func (s *Store) changeSettings(r *request) (answer, error) {
	if r.flag("preserve_existing") {
		return answer{}, unsupported("[preserve_existing]")
	}
	if err := r.object(); err != nil {
		return answer{}, err
	}
	changes, err := parseSettings(r.body)
	if err != nil {
		return answer{}, err
	}
	return s.changeAll(r, changes)
}

func (s *Store) addBlock(r *request) (answer, error) {
	name := "index.blocks." + r.PathValue("block")
	if !known(name) {
		return answer{}, unsupported("the block [%s]", r.PathValue("block"))
	}
	a, err := s.changeAll(r, settings{name: "true"})
	a.value = map[string]any{"acknowledged": true, "shards_acknowledged": true}
	return a, err
}

func (s *Store) changeAll(r *request, changes settings) (answer, error) {
	for _, fixed := range []string{"index.number_of_shards", "index.codec"} {
		if _, ok := changes[fixed]; ok {
			return answer{}, badRequest("illegal_argument_exception", "Can't update non dynamic settings [[%s]] for open indices", fixed)
		}
	}
	indices, err := s.indicesOf(r)
	if err != nil {
		return answer{}, err
	}
	for _, ix := range indices {
		if err := ix.change(changes); err != nil {
			return answer{}, err
		}
	}
	return ok(acknowledged())
}

// clusterSettings are those of the cluster: only one can be given.
func (s *Store) clusterSettings(*request) (answer, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	persistent := map[string]any{}
	if !s.autoCreate {
		persistent["action"] = map[string]string{"auto_create_index": "false"}
	}
	return ok(map[string]any{"persistent": persistent, "transient": struct{}{}})
}

func (s *Store) changeCluster(r *request) (answer, error) {
	if err := r.object(); err != nil {
		return answer{}, err
	}
	if len(r.body) == 0 {
		return answer{}, badRequest("action_request_validation_exception", "Validation Failed: 1: no settings to update;")
	}
	auto := true
	var collect func(path string, object []byte) error
	collect = func(path string, object []byte) error {
		return eachMember(object, func(name string, value []byte) error {
			full := join(path, name)
			if isObject(value) {
				return collect(full, value)
			}
			_, setting, _ := strings.Cut(full, ".")
			if setting != string(autoCreateKey()) || !slices.Contains([]string{"true", "false", "null"}, text(value)) {
				return unsupported("the cluster setting [%s] of [%s]; [%s] of true or false is", setting, value, autoCreateKey())
			}
			auto = text(value) != "false"
			return nil
		})
	}
	if err := collect("", r.body); err != nil {
		return answer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.put(aboutKey(), autoCreateKey(), []byte(strconv.FormatBool(auto))); err != nil {
		return answer{}, err
	}
	s.autoCreate = auto
	return ok(map[string]any{"acknowledged": true, "persistent": struct{}{}, "transient": struct{}{}})
}
