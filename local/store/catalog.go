package store

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// catalog is what indices and templates there are. It is kept in one file, which
// is written anew whenever it changes.
type catalog struct {
	UUID      string                     `json:"uuid"`
	Zone      string                     `json:"zone,omitempty"` // that the page shows
	Indices   map[string]*index          `json:"indices"`
	Templates map[string]json.RawMessage `json:"templates"`
}

// index is one index: what it was made with. Its documents are in the log
// database.
type index struct {
	UUID     string            `json:"uuid"`
	Created  int64             `json:"created"` // milliseconds since 1970
	Settings map[string]string `json:"settings,omitempty"`
	Mappings json.RawMessage   `json:"mappings,omitempty"`
	Aliases  []string          `json:"aliases,omitempty"`

	mapping *mapping
}

const catalogFile = "catalog.json"

func loadCatalog(dir string) (catalog, error) {
	c := catalog{UUID: newUUID(), Indices: map[string]*index{}, Templates: map[string]json.RawMessage{}}
	raw, err := os.ReadFile(filepath.Join(dir, catalogFile))
	if errors.Is(err, fs.ErrNotExist) {
		return c, c.save(dir)
	}
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, fmt.Errorf("read %s: %w", catalogFile, err)
	}
	for name, ix := range c.Indices {
		if ix.mapping, err = parseMapping(ix.Mappings); err != nil {
			return c, fmt.Errorf("read %s: index %s: %w", catalogFile, name, err)
		}
	}
	return c, nil
}

func (c *catalog) save(dir string) error {
	raw, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(dir, catalogFile), raw)
}

// newUUID is random, in the form that Elasticsearch gives its own.
func newUUID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // it never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// ensure is the index of that name, made if it is not there by the template that
// matches best. A name that Elasticsearch takes for none is a *problem.
func (s *Store) ensure(name string) (*index, error) {
	s.mu.RLock()
	ix := s.catalog.Indices[name]
	s.mu.RUnlock()
	if ix != nil {
		return ix, nil
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ix := s.catalog.Indices[name]; ix != nil {
		return ix, nil
	}
	ix = &index{UUID: newUUID(), Created: time.Now().UnixMilli(), mapping: &mapping{}}
	if _, t := s.catalog.match(name); t != nil {
		ix.Settings, ix.Mappings, ix.Aliases, ix.mapping = t.settings, t.Template.Mappings, t.aliases, t.mapping
	}
	if err := s.catalog.checkAliases(name, ix.Aliases); err != nil {
		return nil, err
	}
	s.catalog.Indices[name] = ix
	if err := s.catalog.save(s.dir); err != nil {
		delete(s.catalog.Indices, name)
		return nil, err
	}
	return ix, nil
}

// checkName holds names to Elasticsearch's rules, which keep them good names of
// folders, too.
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/indices-create-index.html
func checkName(name string) error {
	var why string
	switch {
	case name == "" || name == "." || name == "..":
		why = "must not be '.' or '..' or empty"
	case name != strings.ToLower(name):
		why = "must be lowercase"
	case strings.ContainsAny(name, " \"*\\<|,>/?#:") || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }):
		why = "must not contain the following characters [' ','\"','*','\\','<','|',',','>','/','?','#',':']"
	case strings.ContainsAny(name[:1], "-_+"):
		why = "must not start with '_', '-', or '+'"
	case len(name) > 255:
		why = "is too long, (" + fmt.Sprint(len(name)) + " > 255)"
	default:
		return nil
	}
	p := badRequest("invalid_index_name_exception", "Invalid index name [%s], %s", name, why)
	p.index = name
	return p
}

// resolve finds the indices of an expression: names, aliases and patterns of either, with commas
// between; empty and _all are all of them. A name that is not there is a
// *problem, unless it may be missing.
func (s *Store) resolve(expression string, mayMiss bool) ([]string, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if expression == "" || expression == "_all" {
		expression = "*"
	}
	var found []string
	for part := range strings.SplitSeq(expression, ",") {
		if !strings.Contains(part, "*") {
			if s.catalog.Indices[part] != nil {
				found = append(found, part)
			} else if aliased := s.catalog.indicesOfAlias(part); len(aliased) > 0 {
				found = append(found, aliased...)
			} else if !mayMiss {
				return nil, indexNotFound(part)
			}
			continue
		}
		for name, ix := range s.catalog.Indices {
			if matchPattern(part, name) || slices.ContainsFunc(ix.Aliases, func(alias string) bool { return matchPattern(part, alias) }) {
				found = append(found, name)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

func sortedNames[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
