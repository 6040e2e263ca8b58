package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// mapping says which members of a document can be searched, and how. It is
// written and read in Elasticsearch's own form.
type mapping struct {
	Dynamic    dynamic           `json:"dynamic,omitempty"`
	Meta       json.RawMessage   `json:"_meta,omitempty"`
	Properties map[string]*field `json:"properties,omitempty"`
}

// field is a field of a mapping. An object needs no Type.
type field struct {
	Type        string            `json:"type,omitempty"`
	Dynamic     dynamic           `json:"dynamic,omitempty"`
	Properties  map[string]*field `json:"properties,omitempty"`
	Fields      map[string]*field `json:"fields,omitempty"`
	IgnoreAbove *int              `json:"ignore_above,omitempty"`
	DepthLimit  *int              `json:"depth_limit,omitempty"`
	Format      string            `json:"format,omitempty"`
	// These change nothing that this store answers.
	Norms     *bool           `json:"norms,omitempty"`
	DocValues *bool           `json:"doc_values,omitempty"`
	Meta      json.RawMessage `json:"meta,omitempty"`
}

// Types of fields that are implemented.
const (
	typeDate       = "date"
	typeText       = "text"
	typeKeyword    = "keyword"
	typeBoolean    = "boolean"
	typeLong       = "long"
	typeInteger    = "integer"
	typeFloat      = "float"
	typeDouble     = "double"
	typeFlattened  = "flattened"
	typeFlatObject = "flat_object"
	typeObject     = "object"
)

// dynamic is what happens to members that are not mapped: "true" (the default,
// empty) maps them, "false" only stores them, "strict" refuses the document.
type dynamic string

func (d *dynamic) UnmarshalJSON(b []byte) error {
	switch v := text(b); v {
	case "true", "false", "strict":
		*d = dynamic(v)
		return nil
	default:
		return fmt.Errorf("dynamic [%s]; give true, false or strict", v)
	}
}

// parseMapping reads a mapping and refuses what the store would not do. Nothing
// at all is the empty mapping.
func parseMapping(raw []byte) (*mapping, error) {
	m := &mapping{}
	if len(raw) == 0 {
		return m, nil
	}
	if err := decodeStrict("mapping", raw, m); err != nil {
		return nil, err
	}
	return m, checkFields("", m.Properties)
}

func checkFields(path string, fields map[string]*field) error {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		f, full := fields[name], path+name
		if f == nil {
			return badRequest("mapper_parsing_exception", "field [%s] has no definition", full)
		}
		if f.Type == typeObject && f.Properties != nil {
			f.Type = "" // as Elasticsearch shows it
		}
		if err := f.check(full); err != nil {
			return err
		}
		if err := checkFields(full+".", f.Properties); err != nil {
			return err
		}
		if err := checkFields(full+".", f.Fields); err != nil {
			return err
		}
	}
	return nil
}

func (f *field) check(full string) error {
	switch f.Type {
	case typeText, typeKeyword, typeBoolean, typeLong, typeInteger, typeFloat, typeDouble, typeFlattened, typeFlatObject, typeObject:
	case typeDate:
		switch f.Format {
		case "", defaultDateFormat, "strict_date_optional_time", "date_optional_time", "date_optional_time||epoch_millis":
		default:
			return unsupported("the date format [%s] of field [%s]; leave it out for [%s]", f.Format, full, defaultDateFormat)
		}
	case "":
		if f.Properties == nil {
			return badRequest("mapper_parsing_exception", "No type specified for field [%s]", full)
		}
	default:
		return unsupported("fields of type [%s], such as [%s]", f.Type, full)
	}
	if !f.isObject() && (f.Properties != nil || f.Dynamic != "") {
		return badRequest("mapper_parsing_exception", "field [%s] of type [%s] can have no properties", full, f.Type)
	}
	return nil
}

func (f *field) isObject() bool { return f.Type == "" || f.Type == typeObject }

// flat tells whether f holds an object whose leaves are all keywords.
func (f *field) flat() bool { return f.Type == typeFlattened || f.Type == typeFlatObject }

// isText tells whether f or one of its sub-fields is searched word by word.
func (f *field) isText() bool {
	for _, sub := range f.Fields {
		if sub.isText() {
			return true
		}
	}
	return f.Type == typeText
}

// target is a field that a query names: where its values stand in a document,
// and how they are compared.
type target struct {
	field
	// path in the document, members joined by points.
	path string
}

// find resolves the name of a field, of a sub-field, or of a leaf inside a
// flattened one.
func (m *mapping) find(name string) (target, bool) {
	fields, path := m.Properties, ""
	rest := name
	for {
		f, short, after := step(fields, rest)
		if f == nil {
			return target{}, false
		}
		path = join(path, short)
		switch {
		case after == "":
			return target{*f, path}, !f.isObject()
		case f.flat():
			return target{field{Type: typeKeyword, IgnoreAbove: f.IgnoreAbove}, name}, true
		case f.Fields[after] != nil:
			return target{*f.Fields[after], path}, true
		}
		fields, rest = f.Properties, after
	}
}

// step finds the field that begins name, which may have points in its own name.
func step(fields map[string]*field, name string) (f *field, short, rest string) {
	if f := fields[name]; f != nil {
		return f, name, ""
	}
	for i := range len(name) {
		if name[i] != '.' {
			continue
		}
		if f := fields[name[:i]]; f != nil {
			return f, name[:i], name[i+1:]
		}
	}
	return nil, "", ""
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// texts are the paths of all fields of type text, sorted.
func (m *mapping) texts() []string {
	var paths []string
	var walk func(path string, fields map[string]*field)
	walk = func(path string, fields map[string]*field) {
		for name, f := range fields {
			full := join(path, name)
			if f.isText() {
				paths = append(paths, full)
			}
			walk(full, f.Properties)
		}
	}
	walk("", m.Properties)
	slices.SortFunc(paths, strings.Compare)
	return paths
}
