package store

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// What indices there are.

// ensure gives the index of that name and makes it if there is none.
func (s *Store) ensure(name string) (*index, error) {
	s.mu.RLock()
	ix, ok, auto := s.indices[name], s.indices[name] != nil, s.autoCreate
	s.mu.RUnlock()
	if ok {
		return ix, nil
	}
	if !auto {
		p := indexNotFound(name)
		p.reason += " and [action.auto_create_index] is [false]"
		return nil, p
	}
	ix, err := s.create(name, nil, nil)
	var p *problem
	if errors.As(err, &p) && p.kind == alreadyExists {
		return s.one(name)
	}
	return ix, err
}

const alreadyExists = "resource_already_exists_exception"

// create makes an index of the template that applies and, above it, the given
// settings and mapping.
func (s *Store) create(name string, own settings, ownMapping *mapping) (*index, error) {
	if p := checkIndexName(name); p != nil {
		return nil, p
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ix := s.indices[name]; ix != nil {
		p := badRequest(alreadyExists, "index [%s/%s] already exists", name, ix.uuid)
		p.index = name
		return nil, p
	}
	meta := indexMeta{UUID: newUUID(), Created: time.Now().UnixMilli(), Mapping: &mapping{}, Settings: settings{}}
	if _, t := match(s.templates, name); t != nil {
		m, err := t.mapping.clone()
		if err != nil {
			return nil, err
		}
		meta.Mapping, meta.Settings = m, maps.Clone(t.settings)
	}
	maps.Copy(meta.Settings, own)
	if ownMapping != nil {
		meta.Mapping.merge(ownMapping)
	}
	ix, err := createIndex(s.folder(name), name, meta)
	if err != nil {
		return nil, err
	}
	s.indices[name] = ix
	return ix, nil
}

func (s *Store) one(name string) (*index, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if ix := s.indices[name]; ix != nil {
		return ix, nil
	}
	return nil, indexNotFound(name)
}

// resolve gives the indices that an expression names: names and patterns with
// commas between them, -pattern to take away. A name that is no index is
// refused unless missing is true.
func (s *Store) resolve(expression string, missing bool) ([]*index, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	chosen := map[string]bool{}
	for i, part := range strings.Split(expression, ",") {
		without, taken := strings.CutPrefix(part, "-")
		taken = taken && i > 0
		if taken {
			part = without
		}
		if part == "_all" || part == "" {
			part = "*"
		}
		if strings.Contains(part, "*") {
			for name := range s.indices {
				if matchPattern(part, name) {
					chosen[name] = !taken
				}
			}
			continue
		}
		if s.indices[part] == nil && !missing && !taken {
			return nil, indexNotFound(part)
		}
		if s.indices[part] != nil {
			chosen[part] = !taken
		}
	}
	var found []*index
	for _, name := range slices.Sorted(maps.Keys(chosen)) {
		if chosen[name] {
			found = append(found, s.indices[name])
		}
	}
	return found, nil
}

// remove deletes indices for good.
func (s *Store) remove(indices []*index) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ix := range indices {
		if s.indices[ix.name] != ix {
			continue
		}
		delete(s.indices, ix.name)
		if err := ix.delete(); err != nil {
			return fmt.Errorf("delete index %s: %w", ix.name, err)
		}
	}
	return nil
}

// checkIndexName tells what is wrong with the name of a new index.
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/indices-create-index.html
func checkIndexName(name string) *problem {
	var why string
	switch {
	case name == "" || name == "." || name == "..":
		why = "must not be empty, '.' or '..'"
	case strings.ContainsAny(name, `\/*?"<>| ,#:`):
		why = `must not contain the following characters [\, /, *, ?, ", <, >, |, space, comma, #, :]`
	case strings.ContainsAny(name[:1], "_-+"):
		why = "must not start with '_', '-', or '+'"
	case len(name) > 255:
		why = "index name is too long, must be at most 255 bytes"
	case strings.ToLower(name) != name:
		why = "must be lowercase"
	default:
		return nil
	}
	p := badRequest("invalid_index_name_exception", "Invalid index name [%s], %s", name, why)
	p.index = name
	return p
}
