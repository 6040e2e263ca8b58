package cluster

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/rehydrate/rehydrate/internal/document"
	"github.com/rehydrate/rehydrate/internal/run"
)

// mappings are those of an index or template, as far as documents are concerned.
type mappings struct {
	// Dynamic is true, false, "strict" and such; nil where it is not given.
	Dynamic       any              `json:"dynamic"`
	DateDetection *bool            `json:"date_detection"`
	Properties    map[string]field `json:"properties"`
}

// UnmarshalJSON also takes what old templates wrap in the name of a type.
func (m *mappings) UnmarshalJSON(b []byte) error {
	type plain mappings
	if err := json.Unmarshal(b, (*plain)(m)); err != nil {
		return err
	}
	if m.Properties != nil {
		return nil
	}
	var typed struct {
		Doc *plain `json:"_doc"`
	}
	if err := json.Unmarshal(b, &typed); err != nil || typed.Doc == nil {
		return err
	}
	*m = mappings(*typed.Doc)
	return nil
}

type field struct {
	Type        string           `json:"type"`
	IgnoreAbove *int             `json:"ignore_above"`
	Enabled     *bool            `json:"enabled"`
	Fields      map[string]field `json:"fields"`
	Properties  map[string]field `json:"properties"`
}

// indexSettings are those that matter to a run.
type indexSettings struct {
	Index struct {
		Blocks          blocks `json:"blocks"`
		DefaultPipeline string `json:"default_pipeline"`
		FinalPipeline   string `json:"final_pipeline"`
	} `json:"index"`
}

// isStrict: a document with an unmapped member is refused.
func (m mappings) isStrict() bool { return fmt.Sprint(m.Dynamic) == "strict" }

// isFixed: an unmapped member is kept but cannot be searched for.
func (m mappings) isFixed() bool { return fmt.Sprint(m.Dynamic) == "false" }

func (m mappings) find(path string) (field, bool) {
	properties := m.Properties
	for {
		if f, ok := properties[path]; ok {
			return f, true
		}
		first, rest, nested := strings.Cut(path, ".")
		f, ok := properties[first]
		if !nested || !ok {
			return field{}, false
		}
		path, properties = rest, f.Properties
	}
}

// lacks lists what the index lacks for the documents of s: as sentences' ends, to
// follow the name of what has them. The error says why documents cannot be sent
// to it at all.
func (i made) lacks(s run.Settings) (warnings []string, err error) {
	m := i.Mappings
	warnings = append(warnings, lacksTime(m)...)
	warnings = append(warnings, lacksMessage(m)...)
	var more []string
	for _, name := range s.Fields {
		more = append(more, fieldPath(name))
	}
	if s.Parse {
		more = append(more, document.ParsedField)
	}
	for _, path := range more {
		if _, ok := m.find(path); !ok && m.isFixed() {
			warnings = append(warnings, fmt.Sprintf("does not map %s, so nothing can be found by it", path))
		}
	}
	for _, p := range []string{i.Settings.Index.DefaultPipeline, i.Settings.Index.FinalPipeline} {
		if p != "" && p != "_none" {
			warnings = append(warnings, fmt.Sprintf("sends each document through the ingest pipeline %s, which may change or drop it", p))
		}
	}
	if s.Parse {
		if err := holdsParsed(m); err != nil {
			return warnings, err
		}
	}
	if !m.isStrict() {
		return warnings, nil
	}
	for _, path := range append([]string{"@timestamp", "message"}, more...) {
		if _, ok := m.find(path); !ok {
			return warnings, fmt.Errorf("is strict and does not map %s, so every document would be rejected", path)
		}
	}
	return warnings, nil
}

func lacksTime(m mappings) []string {
	f, ok := m.find("@timestamp")
	switch {
	case ok && f.Type != "date" && f.Type != "date_nanos":
		return []string{fmt.Sprintf("maps @timestamp as %s, not date, so ranges of time do not work and counts cannot be checked", f.Type)}
	case !ok && m.isFixed():
		return []string{"does not map @timestamp, so nothing can be found by time and counts cannot be checked"}
	case !ok && m.DateDetection != nil && !*m.DateDetection:
		return []string{"does not map @timestamp and detects no dates, so ranges of time do not work"}
	}
	return nil
}

// lacksMessage knows that a Lucene term has at most 32,766 bytes: a document with
// a longer message in a keyword without a limit is refused.
func lacksMessage(m mappings) []string {
	f, ok := m.find("message")
	if !ok {
		if m.isFixed() {
			return []string{"does not map message, so its words cannot be searched for"}
		}
		return nil
	}
	var lacking []string
	for name, sub := range f.Fields {
		if sub.Type == "keyword" && sub.IgnoreAbove == nil {
			lacking = append(lacking, fmt.Sprintf("maps message.%s as keyword without ignore_above, so messages of over 32,766 bytes would be rejected", name))
		}
	}
	switch {
	case f.Type == "keyword" && f.IgnoreAbove == nil:
		lacking = append(lacking, "maps message as keyword without ignore_above, so messages of over 32,766 bytes would be rejected and words in it cannot be searched for")
	case f.Type == "keyword":
		lacking = append(lacking, "maps message as keyword, so words in it cannot be searched for")
	case f.Type != "text" && f.Type != "match_only_text" && f.Type != "wildcard":
		lacking = append(lacking, fmt.Sprintf("maps message as %s, not text", f.Type))
	}
	return lacking
}

// holdsParsed tells why a parsed message cannot be kept in one field: each new
// member would become a field of its own, or fail on another's type.
func holdsParsed(m mappings) error {
	f, ok := m.find(document.ParsedField)
	switch {
	case ok && (f.Type == flattened || f.Type == flatObject || f.Enabled != nil && !*f.Enabled):
		return nil
	case !ok && m.isFixed():
		return nil
	}
	return fmt.Errorf("does not map %s as flattened or flat_object, so with parse on each member of a message would become a field of its own", document.ParsedField)
}
