package store

import (
	"encoding/json"
	"slices"
)

// An alias is a name that several indices have together. Templates give them; they
// are for reading.

// parseAliases reads the names of aliases. None has options.
func parseAliases(raw json.RawMessage) ([]string, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var given map[string]map[string]any
	if err := decodeStrict("aliases", raw, &given); err != nil {
		return nil, err
	}
	for name, options := range given {
		if len(options) > 0 {
			return nil, unsupported("options of aliases, such as [%s]", name)
		}
		if err := checkName(name); err != nil {
			return nil, badRequest("invalid_alias_name_exception", "Invalid alias name [%s]", name)
		}
	}
	return sortedNames(given), nil
}

// indicesOfAlias are the names of the indices that have an alias.
func (c *catalog) indicesOfAlias(alias string) []string {
	var names []string
	for name, ix := range c.Indices {
		if slices.Contains(ix.Aliases, alias) {
			names = append(names, name)
		}
	}
	return names
}

// checkAliases tells why an index of that name cannot be made with these aliases.
func (c *catalog) checkAliases(name string, aliases []string) error {
	if len(c.indicesOfAlias(name)) > 0 {
		return unsupported("writing by the alias [%s]", name)
	}
	for _, alias := range aliases {
		if c.Indices[alias] != nil || alias == name {
			return badRequest("invalid_alias_name_exception", "Invalid alias name [%s]: an index or data stream exists with the same name as the alias", alias)
		}
	}
	return nil
}
