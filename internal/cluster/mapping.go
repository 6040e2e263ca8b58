package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/document"
	"github.com/rehydrate/rehydrate/internal/run"
)

// indexConfig is an index as it is, or as templates would make it, as far as
// documents are concerned.
type indexConfig struct {
	Settings indexSettings
	Mappings mappings
	Aliases  map[string]any
}

type indexSettings struct {
	Index struct {
		UUID            string `json:"uuid"`
		Blocks          blocks `json:"blocks"`
		DefaultPipeline string `json:"default_pipeline"`
		FinalPipeline   string `json:"final_pipeline"`
		// Of a template, empty where it leaves them to the cluster.
		Shards   string `json:"number_of_shards"`
		Replicas string `json:"number_of_replicas"`
	} `json:"index"`
}

// mappings are those of an index or template.
type mappings struct {
	// Dynamic is true, false, "strict" and such; nil where it is not given.
	Dynamic       any              `json:"dynamic"`
	DateDetection *bool            `json:"date_detection"`
	Properties    map[string]field `json:"properties"`
	Meta          indexMeta        `json:"_meta"`
}

// indexMeta are our marks of an index.
type indexMeta struct {
	// Loading is there of an index that is loaded with fewer replicas than it is
	// to have.
	Loading *loading `json:"rehydrate,omitempty"`
	// View is there of an index of a view.
	View *view `json:"rehydrate_view,omitempty"`
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

// settings reads the settings and mappings of those of indices that are there, by
// name. Who may not look gets none, and is told so by a warning.
func (c *Cluster) settings(ctx context.Context, indices []string) (there map[string]indexConfig, warnings []string, err error) {
	doing := "look at the settings and mappings of " + several(indices)
	yes := true
	// No more of a mapping than matters: one that has exploded has megabytes. The
	// uuid is there of every index.
	filter := []string{
		"*.settings.index.uuid", "*.settings.index.blocks", "*.settings.index.default_pipeline", "*.settings.index.final_pipeline",
		"*.mappings.dynamic", "*.mappings.date_detection", "*.mappings._meta." + owner, "*.mappings._meta." + viewKey,
	}
	for _, p := range append([]string{"@timestamp", "message", document.ParsedField}, fieldPaths(run.FieldNames())...) {
		filter = append(filter, "*.mappings.properties."+strings.ReplaceAll(p, ".", ".properties."))
	}
	there = map[string]indexConfig{}
	for some := range chunkByPath(indices) {
		a, err := c.do(ctx, esapi.IndicesGetRequest{Index: escapeAll(some), IgnoreUnavailable: &yes, AllowNoIndices: &yes, FilterPath: filter})
		if err != nil {
			return nil, nil, err
		}
		if a.isDenied() {
			return nil, []string{fmt.Sprintf("we may not %s: %s", doing, a.words())}, nil
		}
		// An answer adds to what there holds.
		if err := c.read(a, doing, &there, func() bool { return there != nil }); err != nil {
			return nil, nil, err
		}
		for _, index := range there {
			if index.Settings.Index.UUID == "" {
				return nil, nil, c.unsound(a, doing)
			}
		}
	}
	return there, nil, nil
}

// checkIndices says what indices lack for the documents of s. One that they
// cannot be written to is a fault.
func checkIndices(there map[string]indexConfig, s run.Settings) ([]string, error) {
	lacking := map[string][]string{} // indices by what they lack
	for _, index := range sortedKeys(there) {
		if f := there[index].Settings.Index.Blocks.indexFault(index); f != nil {
			return nil, f
		}
		lacks, err := there[index].check("the index "+index, s)
		if err != nil {
			return nil, err
		}
		for _, l := range lacks {
			lacking[l] = append(lacking[l], index)
		}
	}
	var warnings []string
	for _, l := range sortedKeys(lacking) {
		warnings = append(warnings, fmt.Sprintf("each of the indices that are there, %s, %s", several(lacking[l]), l))
	}
	return warnings, nil
}

// fieldPaths are the dotted paths of what run.FieldNames add to a document.
func fieldPaths(names []string) []string {
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = map[string]string{
			"logGroup": document.LogGroupField, "logStream": document.LogStreamField,
			"account": document.AccountField, "region": document.RegionField,
		}[name]
	}
	return paths
}

// check lists what the index lacks for the documents of s: as sentences' ends, to
// follow what, the name of what makes it so. An index that documents cannot be
// sent to is a fault.
func (i indexConfig) check(what string, s run.Settings) ([]string, error) {
	m := i.Mappings
	lacks := slices.Concat(lacksTime(m), lacksMessage(m), lacksExact(m, s))
	more := fieldPaths(s.Fields)
	if s.Parse {
		more = append(more, document.ParsedField)
	}
	for _, path := range more {
		if _, ok := m.find(path); !ok && m.isFixed() {
			lacks = append(lacks, fmt.Sprintf("does not map %s, so nothing can be found by it", path))
		}
	}
	for _, p := range []string{i.Settings.Index.DefaultPipeline, i.Settings.Index.FinalPipeline} {
		if p != "" && p != "_none" {
			lacks = append(lacks, fmt.Sprintf("sends each document through the ingest pipeline %s, which may change or drop it", p))
		}
	}
	if s.Parse && !m.holdsParsed() {
		return nil, conflict(what, fmt.Sprintf("does not map %s as flattened or flat_object, so with parse on each member of a message would become a field of its own", document.ParsedField))
	}
	for _, path := range append([]string{"@timestamp", "message"}, more...) {
		if _, ok := m.find(path); !ok && m.isStrict() {
			return nil, conflict(what, fmt.Sprintf("is strict and does not map %s, so every document would be rejected", path))
		}
	}
	return lacks, nil
}

// conflict is the fault of something that documents cannot be sent to.
func conflict(what, why string) *run.Fault {
	return &run.Fault{
		Name: run.UnusableCluster, Reason: fmt.Sprintf("%s is in conflict: it %s", what, why),
		Remedy: "change that, or choose another index prefix",
	}
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

// lacksExact: an index keeps the mapping that it was made with.
func lacksExact(m mappings, s run.Settings) []string {
	if f, ok := m.find("message"); !ok || !s.Exact || f.Fields[exactField].Type != "" || f.Type == "keyword" {
		return nil
	}
	return []string{"does not map message.keyword, so that searches by exact characters find nothing there, though exact is on"}
}

// onceExact tells of the indices that were made when exact was on. Indices made
// from then on have no such field, if known, our template, makes them.
func onceExact(there map[string]indexConfig, s run.Settings, known *definition) []string {
	if s.Exact || known == nil {
		return nil
	}
	var indices []string
	for _, index := range sortedKeys(there) {
		if f, _ := there[index].Mappings.find("message"); f.Fields[exactField].Type != "" {
			indices = append(indices, index)
		}
	}
	if len(indices) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s map message.keyword from when exact was on, and keep it: searches by it find nothing in the other indices", several(indices))}
}

// holdsParsed tells whether a parsed message can be kept in one field: else each
// new member would become a field of its own, or fail on another's type.
func (m mappings) holdsParsed() bool {
	f, ok := m.find(document.ParsedField)
	if !ok {
		return m.isFixed()
	}
	return f.Type == flattened || f.Type == flatObject || f.Enabled != nil && !*f.Enabled
}
