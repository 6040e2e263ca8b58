// Package dashboards makes what a person searches with in Kibana or OpenSearch
// Dashboards, as a file of saved objects: an index pattern over the daily
// indices, a saved search, and a small dashboard of both. It can send the file
// there.
//
// It knows the documents' fields and nothing of runs, archives or clusters.
package dashboards

import (
	"bytes"
	"encoding/json"
)

// Options say for which indices the objects are.
type Options struct {
	// IndexPrefix is the part of the index names before the day.
	IndexPrefix string
	// Parse says that JSON messages are parsed, so that there are levels.
	Parse bool
}

// object is a saved object in the form of Kibana 7.10, the last one that both
// Kibana 8 and OpenSearch Dashboards read: each brings it up to its own.
// https://www.elastic.co/guide/en/kibana/7.10/saved-objects-api-import.html
type object struct {
	ID               string            `json:"id"`
	Type             string            `json:"type"`
	Attributes       map[string]any    `json:"attributes"`
	References       []reference       `json:"references"`
	MigrationVersion map[string]string `json:"migrationVersion"`
}

// reference is another object that one needs, under the name that its
// attributes call it by.
type reference struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
}

// migrations are the versions of the forms of each type in Kibana 7.10.2. A
// lower one than an application knows is migrated, a higher one refused.
func migrations() map[string]string {
	return map[string]string{
		"index-pattern": "7.6.0", "search": "7.9.3", "visualization": "7.10.0", "dashboard": "7.9.3",
	}
}

// Make is the file, one object a line. It depends on the options alone: the same
// index prefix gives the same ids, so that importing it again overwrites.
func Make(o Options) []byte {
	id := func(part string) string { return "rehydrate-" + o.IndexPrefix + part }
	pattern := reference{ID: id(""), Type: "index-pattern"}
	events := object{
		ID: id("-events"), Type: "visualization",
		Attributes: visualization(o.IndexPrefix+": events over time", histogram(o.IndexPrefix+": events over time", nil)),
		References: []reference{pattern.as(searchIndex)},
	}
	search := object{
		ID: id("-search"), Type: "search",
		Attributes: savedSearch(o.IndexPrefix + ": messages"),
		References: []reference{pattern.as(searchIndex)},
	}
	objects := []object{
		{ID: pattern.ID, Type: pattern.Type, Attributes: indexPattern(o.IndexPrefix), References: []reference{}},
		search, events,
	}
	panels := []panel{{events, 12}}
	if o.Parse {
		title := o.IndexPrefix + ": events by level"
		levels := object{
			ID: id("-levels"), Type: "visualization",
			Attributes: visualization(title, histogram(title, Levels())),
			References: []reference{pattern.as(searchIndex)},
		}
		objects = append(objects, levels)
		panels = append(panels, panel{levels, 12})
	}
	panels = append(panels, panel{search, 24})
	objects = append(objects, dashboard(id("-dashboard"), o.IndexPrefix+": rehydrated logs", panels))

	var file bytes.Buffer
	lines := json.NewEncoder(&file)
	lines.SetEscapeHTML(false)
	for _, object := range objects {
		object.MigrationVersion = map[string]string{object.Type: migrations()[object.Type]}
		mustEncode(lines, object)
	}
	return file.Bytes()
}

func (r reference) as(name string) reference {
	r.Name = name
	return r
}

// text is v as JSON in a string, as saved objects keep their inner parts.
func text(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	mustEncode(e, v)
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// mustEncode writes what is made of strings, numbers, maps and lists of these,
// which cannot fail.
func mustEncode(e *json.Encoder, v any) {
	if err := e.Encode(v); err != nil {
		panic("dashboards: " + err.Error())
	}
}
