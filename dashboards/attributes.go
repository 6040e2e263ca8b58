package dashboards

import (
	"strconv"
	"strings"

	"github.com/rehydrate/rehydrate/internal/document"
)

// searchIndex is the name by which a search source refers to its index pattern.
const searchIndex = "kibanaSavedObjectMeta.searchSourceJSON.index"

const timeField = "@timestamp"

func indexPattern(prefix string) map[string]any {
	// The list of fields is read from the cluster when the pattern is opened.
	// Daily indices only: those of views, PREFIX-VIEW-20*, hold the same events again.
	return map[string]any{"title": prefix + "-20*", "timeFieldName": timeField, "fields": "[]"}
}

// source is a search source: everything of the index pattern, in Lucene's
// language, so that the search bar opens with what README's table is written in.
func source(over map[string]any) map[string]any {
	s := map[string]any{"query": map[string]any{"query": "", "language": "lucene"}, "filter": []any{}}
	for name, value := range over {
		s[name] = value
	}
	return map[string]any{"searchSourceJSON": text(s)}
}

// savedSearch shows two columns: the time, which stands before the columns of any
// index pattern with a time field, and the message.
func savedSearch(title string) map[string]any {
	return map[string]any{
		"title": title, "description": "", "hits": 0, "version": 1,
		"columns": []string{"message"},
		"sort":    [][]string{{timeField, "desc"}},
		"kibanaSavedObjectMeta": source(map[string]any{
			"indexRefName": searchIndex, "highlightAll": true, "version": true,
		}),
	}
}

func visualization(title string, state map[string]any) map[string]any {
	return map[string]any{
		"title": title, "description": "", "version": 1, "uiStateJSON": "{}", "visState": text(state),
		"kibanaSavedObjectMeta": source(map[string]any{"indexRefName": searchIndex}),
	}
}

// Level is a part of the events, told by what a JSON message calls its level.
type Level struct {
	Label string
	// Query in Lucene's language. The levels are leaves of a flattened field, which
	// neither application offers to group by, but both can ask.
	Query string
}

// Levels are all the parts that events fall into: each event is in one.
func Levels() []Level {
	field := document.ParsedField + ".level"
	var known []string
	levels := make([]Level, 0, 5)
	for _, l := range []struct{ label, words string }{
		{"error", "error err fatal critical crit panic alert emergency"},
		{"warn", "warn warning"},
		{"info", "info notice"},
		{"debug", "debug trace"},
	} {
		var words []string
		for word := range strings.FieldsSeq(l.words) {
			words = append(words, word, strings.ToUpper(word), strings.ToUpper(word[:1])+word[1:])
		}
		levels = append(levels, Level{Label: l.label, Query: field + ":(" + strings.Join(words, " OR ") + ")"})
		known = append(known, words...)
	}
	return append(levels, Level{Label: "other", Query: "NOT " + field + ":(" + strings.Join(known, " OR ") + ")"})
}

// histogram is the state of a chart of events over time, in parts if there are
// any.
func histogram(title string, parts []Level) map[string]any {
	aggs := []any{
		map[string]any{"id": "1", "enabled": true, "type": "count", "schema": "metric", "params": map[string]any{}},
		map[string]any{"id": "2", "enabled": true, "type": "date_histogram", "schema": "segment", "params": map[string]any{
			"field": timeField, "interval": "auto", "min_doc_count": 1, "drop_partials": false, "extended_bounds": map[string]any{},
		}},
	}
	if len(parts) > 0 {
		filters := make([]any, len(parts))
		for i, p := range parts {
			filters[i] = map[string]any{"label": p.Label, "input": map[string]any{"query": p.Query, "language": "lucene"}}
		}
		aggs = append(aggs, map[string]any{
			"id": "3", "enabled": true, "type": "filters", "schema": "group", "params": map[string]any{"filters": filters},
		})
	}
	axis := func(id, kind, position string, more map[string]any) map[string]any {
		a := map[string]any{
			"id": id, "type": kind, "position": position, "show": true, "style": map[string]any{},
			"labels": map[string]any{"show": true, "filter": true, "truncate": 100}, "title": map[string]any{},
			"scale": map[string]any{"type": "linear"},
		}
		for name, value := range more {
			a[name] = value
		}
		return a
	}
	return map[string]any{
		"title": title, "type": "histogram", "aggs": aggs,
		"params": map[string]any{
			"type": "histogram", "grid": map[string]any{"categoryLines": false},
			"categoryAxes": []any{axis("CategoryAxis-1", "category", "bottom", nil)},
			"valueAxes": []any{axis("ValueAxis-1", "value", "left", map[string]any{
				"name": "LeftAxis-1", "scale": map[string]any{"type": "linear", "mode": "normal"},
				"title": map[string]any{"text": "events"},
			})},
			"seriesParams": []any{map[string]any{
				"show": true, "type": "histogram", "mode": "stacked", "valueAxis": "ValueAxis-1",
				"data":                   map[string]any{"id": "1", "label": "events"},
				"drawLinesBetweenPoints": true, "lineWidth": 2, "showCircles": true,
			}},
			"addTooltip": true, "addLegend": len(parts) > 0, "legendPosition": "right",
			"times": []any{}, "addTimeMarker": false, "labels": map[string]any{"show": false},
			"thresholdLine": map[string]any{"show": false, "value": 10, "width": 1, "style": "full", "color": "#E7664C"},
		},
	}
}

// panel is an object on the dashboard, over its whole width, so many rows high.
type panel struct {
	object object
	rows   int
}

// width of a dashboard in columns.
const width = 48

func dashboard(id, title string, panels []panel) object {
	d := object{ID: id, Type: "dashboard"}
	placed := make([]any, len(panels))
	y := 0
	for i, p := range panels {
		n := strconv.Itoa(i + 1)
		name := "panel_" + strconv.Itoa(i)
		placed[i] = map[string]any{
			// Of the form of panels: what older ones had is migrated.
			"version": "7.10.2", "panelIndex": n, "panelRefName": name, "embeddableConfig": map[string]any{},
			"gridData": map[string]any{"x": 0, "y": y, "w": width, "h": p.rows, "i": n},
		}
		d.References = append(d.References, reference{ID: p.object.ID, Name: name, Type: p.object.Type})
		y += p.rows
	}
	d.Attributes = map[string]any{
		"title": title, "version": 1, "hits": 0, "timeRestore": false,
		"description":           "Log events put back by rehydrate. Set the time range to the days that were asked for.",
		"panelsJSON":            text(placed),
		"optionsJSON":           text(map[string]any{"hidePanelTitles": false, "useMargins": true}),
		"kibanaSavedObjectMeta": source(nil),
	}
	return d
}
