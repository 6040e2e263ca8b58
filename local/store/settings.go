package store

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// settings of an index, by full name ("index.number_of_shards"), all as
// strings; empty is the default.
type settings map[string]string

// parseSettings reads settings in any of the forms that Elasticsearch takes:
// nested, with points, with or without "index". Those that would change what
// the store does, and that it does not implement, are refused.
func parseSettings(raw []byte) (settings, error) {
	s := settings{}
	if len(raw) == 0 || isNull(raw) {
		return s, nil
	}
	if err := s.collect("", raw); err != nil {
		return nil, err
	}
	return s, nil
}

func (s settings) collect(path string, object []byte) error {
	return eachMember(object, func(name string, value []byte) error {
		full := join(path, name)
		if isObject(value) {
			return s.collect(full, value)
		}
		if !strings.HasPrefix(full, "index.") {
			full = "index." + full
		}
		if !known(full) {
			return unsupported("the setting [%s]", full)
		}
		s[full] = ""
		if !isNull(value) {
			s[full] = text(value)
		}
		return nil
	})
}

// known tells whether the store does what a setting says, or whether it changes
// no answer of the store.
func known(name string) bool {
	if block, ok := strings.CutPrefix(name, "index.blocks."); ok {
		return slices.Contains([]string{"write", "read_only", "read_only_allow_delete"}, block)
	}
	return slices.Contains([]string{
		"index.number_of_shards", "index.number_of_replicas", "index.auto_expand_replicas",
		"index.refresh_interval", "index.codec", "index.priority",
		"index.translog.durability", "index.translog.sync_interval", "index.translog.flush_threshold_size",
		"index.unassigned.node_left.delayed_timeout", "index.mapping.total_fields.limit",
	}, name)
}

// MarshalJSON writes them nested, as Elasticsearch answers.
func (s settings) MarshalJSON() ([]byte, error) {
	root := map[string]any{}
	for name, value := range s {
		if value == "" {
			continue
		}
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
	return json.Marshal(root)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *settings) UnmarshalJSON(b []byte) error {
	parsed, err := parseSettings(bytes.Clone(b))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}

// block is the problem of a document that cannot be written, or nil. The words
// are Elasticsearch's.
func (s settings) block(index string) *problem {
	for _, b := range []struct {
		name, words string
		status      int
	}{
		{"read_only_allow_delete", "TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block", 429},
		{"read_only", "FORBIDDEN/5/index read-only (api)", 403},
		{"write", "FORBIDDEN/8/index write (api)", 403},
	} {
		if s["index.blocks."+b.name] == "true" {
			return &problem{
				status: b.status, kind: "cluster_block_exception",
				reason: "index [" + index + "] blocked by: [" + b.words + "];", index: index,
			}
		}
	}
	return nil
}
