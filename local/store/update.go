package store

import (
	"encoding/json"
	"maps"
)

// Requests that change an index: its replicas, and what is noted in its mapping.
// There is one copy of everything here, whatever is said.

func (s *Store) putSettings(r *request) (answer, error) {
	if err := r.object(); err != nil {
		return answer{}, err
	}
	given := map[string]string{}
	if err := collectSettings(given, "", r.body); err != nil {
		return answer{}, err
	}
	for name := range given {
		if name != "index.number_of_replicas" && name != "index.refresh_interval" {
			return answer{}, badRequest("illegal_argument_exception", "Can't update non dynamic settings [[%s]] for open indices", name)
		}
	}
	return s.update(r, func(ix *index) error {
		settings := map[string]string{}
		maps.Copy(settings, ix.Settings)
		for name, value := range given {
			if value == "null" {
				delete(settings, name) // the default
			} else {
				settings[name] = value
			}
		}
		ix.Settings = settings
		return nil
	})
}

func (s *Store) putMapping(r *request) (answer, error) {
	if err := r.object(); err != nil {
		return answer{}, err
	}
	var given struct {
		Meta json.RawMessage `json:"_meta"`
	}
	if err := decodeStrict("mapping", r.body, &given); err != nil {
		return answer{}, err
	}
	return s.update(r, func(ix *index) error {
		members := map[string]json.RawMessage{}
		if len(ix.Mappings) > 0 {
			if err := json.Unmarshal(ix.Mappings, &members); err != nil {
				return err
			}
		}
		if len(given.Meta) > 0 {
			members["_meta"] = given.Meta
		}
		var err error
		ix.Mappings, err = json.Marshal(members)
		return err
	})
}

// update changes the indices of a request, all or none.
func (s *Store) update(r *request, change func(*index) error) (answer, error) {
	names, err := s.indicesOf(r)
	if err != nil {
		return answer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := maps.Clone(s.catalog.Indices)
	for _, name := range names {
		if s.catalog.Indices[name] == nil {
			continue // deleted meanwhile
		}
		changed := *s.catalog.Indices[name]
		if err = change(&changed); err != nil {
			break
		}
		s.catalog.Indices[name] = &changed
	}
	if err == nil {
		err = s.catalog.save(s.dir)
	}
	if err != nil {
		s.catalog.Indices = before
		return answer{}, err
	}
	return acknowledged(), nil
}
