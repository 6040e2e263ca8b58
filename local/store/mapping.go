package store

import "encoding/json"

// mapping is the part of an index's mapping that decides whether a document is
// taken: the types of its members.
type mapping struct {
	types   map[string]string
	dynamic string
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

// takesText tells whether any text is a message.
func (m *mapping) takesText() bool {
	switch m.types["message"] {
	case "", "text", "keyword", "match_only_text":
		return true
	}
	return false
}

// check refuses a value that its field's type cannot take.
func (m *mapping) check(name string, value []byte, id string) error {
	kind, mapped := m.types[name]
	if !mapped && m.dynamic == "strict" {
		return badRequest("strict_dynamic_mapping_exception", "mapping set to strict, dynamic introduction of [%s] within [_doc] is not allowed", name)
	}
	if !mapped && name == "message" {
		kind = "text"
	}
	if isNull(value) {
		return nil
	}
	switch kind {
	case "text", "keyword", "match_only_text":
		if isObject(value) {
			return unparsable(name, kind, id, value, "the value is an object")
		}
	case "long", "integer", "float", "double":
		var number json.Number
		if err := json.Unmarshal(value, &number); err != nil {
			return unparsable(name, kind, id, value, "the value is no number")
		}
	case "flattened", "flat_object":
		if !isObject(value) {
			return unparsable(name, kind, id, value, "a "+kind+" field takes an object")
		}
	}
	return nil
}
