package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/rehydrate/rehydrate/internal/document"
	"github.com/rehydrate/rehydrate/internal/run"
)

const (
	// templateVersion is raised whenever what define makes changes.
	templateVersion = 2
	// owner marks templates and indices as ours.
	owner = "rehydrate"
	// maxKeyword is how long a message may be, in characters, to be found by
	// wildcard and regexp: a Lucene term has at most 32,766 bytes, and a character
	// up to four (three in UTF-16 units, which are what is counted).
	maxKeyword = 8191
)

// templateName is the name of our template for an index prefix.
func templateName(prefix string) string { return owner + "-" + prefix }

// indexPatterns match the daily indices of a prefix, and as little else as
// patterns that know only * can: ecs-task-* would also match the indices of
// another prefix, ecs-task-staging.
func indexPatterns(prefix string) []string {
	return []string{prefix + "-19*-*-*", prefix + "-20*-*-*"}
}

// definition is an index template, as it is put.
type definition struct {
	IndexPatterns []string `json:"index_patterns"`
	// Priority is the lowest there is, so that ours never takes the place of
	// another that matches too.
	Priority int  `json:"priority"`
	Version  int  `json:"version"`
	Meta     meta `json:"_meta"`
	Template struct {
		Settings map[string]any `json:"settings"`
		Mappings map[string]any `json:"mappings"`
		Aliases  map[string]any `json:"aliases,omitempty"`
	} `json:"template"`

	form form
}

// meta tells our templates from others and one state of them from another.
type meta struct {
	ManagedBy   string `json:"managed_by"`
	Fingerprint string `json:"fingerprint,omitempty"`
	// Run is the run that a template of its own was put for.
	Run string `json:"run,omitempty"`
	// View is that whose indices a template makes.
	View        *view  `json:"rehydrate_view,omitempty"`
	Description string `json:"description"`
}

// form is what of a template not every cluster has.
type form struct {
	message string // the type of message
	parsed  string // that of the field for parsed messages, empty for none
	codec   string
}

// The types of message: match_only_text has neither positions nor norms, and looks
// a phrase up in the documents themselves. Elasticsearch has it from 7.14 on,
// except for its bare core, OpenSearch from 2.12.
const (
	matchOnlyText = "match_only_text"
	plainText     = "text"
)

// The types that hold a whole object in one field: Elasticsearch's and
// OpenSearch's (from 2.7 on).
const (
	flattened  = "flattened"
	flatObject = "flat_object"
)

// The codecs of stored documents. Elasticsearch's best_compression is zstd by
// itself from 8.16 on. OpenSearch has zstd_no_dict from 2.9 on, where the plugin
// opensearch-custom-codecs is installed, as it is in its distributions and at Amazon.
const (
	zstdNoDict      = "zstd_no_dict"
	bestCompression = "best_compression"
)

// definitions are the templates that serve settings, the best first: that one is
// put for which the cluster has everything. docs/mapping.md tells by what the
// order was found.
func definitions(s run.Settings, product string) []definition {
	parsed, codecs := []string{""}, []string{bestCompression}
	if s.Parse {
		parsed = []string{flattened, flatObject}
	}
	if product == openSearch {
		codecs = []string{zstdNoDict, bestCompression}
	}
	var all []definition
	for _, p := range parsed {
		for _, message := range []string{matchOnlyText, plainText} {
			for _, codec := range codecs {
				all = append(all, define(s, form{message: message, parsed: p, codec: codec}))
			}
		}
	}
	return all
}

func define(s run.Settings, f form) definition {
	d := definition{IndexPatterns: indexPatterns(s.IndexPrefix), Version: templateVersion, form: f}
	d.Template.Settings = map[string]any{"index.codec": f.codec}
	d.Template.Mappings = map[string]any{"dynamic": false, "properties": properties(s, f)}
	if s.Shards > 0 {
		d.Template.Settings["index.number_of_shards"] = s.Shards
	}
	if s.Replicas >= 0 {
		d.Template.Settings[numberOfReplicas] = s.Replicas
	}
	if s.RefreshInterval != "" {
		d.Template.Settings["index.refresh_interval"] = s.RefreshInterval
	}
	d.Meta = meta{
		ManagedBy:   owner,
		Fingerprint: d.fingerprint(),
		Description: "Put by rehydrate and renewed when its settings change. To use your own, give one that matches a priority of 1 or more.",
	}
	return d
}

const numberOfReplicas = "index.number_of_replicas"

// fingerprint changes whenever the definition does.
func (d definition) fingerprint() string {
	b, err := json.Marshal(d)
	if err != nil {
		// It is made of strings, numbers and maps of these.
		panic(fmt.Sprintf("cluster: marshal a template: %v", err))
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// properties maps what documents hold. Anything else in them is kept in _source
// but not indexed.
func properties(s run.Settings, f form) map[string]any {
	message := map[string]any{"type": f.message}
	if f.message == plainText {
		// Logs are read by time: no message is to rank above another.
		message["norms"] = false
	}
	if s.Exact {
		message["fields"] = map[string]any{exactField: map[string]any{
			// Without columns of values, which only sort and aggregate.
			"type": "keyword", "ignore_above": maxKeyword, "doc_values": false,
		}}
	}
	p := map[string]any{"@timestamp": map[string]any{"type": "date"}, "message": message}
	for _, path := range fieldPaths(slices.Sorted(slices.Values(s.Fields))) {
		putMapping(p, path, map[string]any{"type": "keyword", "ignore_above": 1024})
	}
	switch f.parsed {
	case flattened:
		p[document.ParsedField] = map[string]any{"type": flattened, "ignore_above": maxKeyword}
	case flatObject:
		// It takes no parameters.
		p[document.ParsedField] = map[string]any{"type": flatObject}
	}
	return p
}

// exactField is the field of message that holds it as a whole.
const exactField = "keyword"

// putMapping puts a mapping under a dotted path.
func putMapping(properties map[string]any, path string, mapping map[string]any) {
	first, rest, nested := strings.Cut(path, ".")
	if !nested {
		properties[first] = mapping
		return
	}
	object, ok := properties[first].(map[string]any)
	if !ok {
		object = map[string]any{"properties": map[string]any{}}
		properties[first] = object
	}
	if inner, ok := object["properties"].(map[string]any); ok {
		putMapping(inner, rest, mapping)
	}
}

// lacking tells which part of the form a cluster lacks that refuses a template
// with these words; empty where they are about something else.
// "No handler for type [flattened] declared on field [parsed]"
// "unknown value for [index.codec] must be one of [default, lz4, best_compression, zlib] but was: zstd_no_dict"
func (f form) lacking(words string) string {
	for _, kind := range []string{f.message, f.parsed} {
		if kind != "" && strings.Contains(words, "type ["+kind+"]") {
			return kind
		}
	}
	if strings.Contains(words, "was: "+f.codec) {
		return f.codec
	}
	return ""
}

// has tells whether the form has one of these parts.
func (f form) has(parts map[string]bool) bool {
	return parts[f.message] || parts[f.parsed] || parts[f.codec]
}
