package store

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Requests about the store as a cluster of one node.

const clusterName = "rehydrate"

func sortedNames[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

func (s *Store) root(*request) (answer, error) {
	return ok(map[string]any{
		"name": clusterName, "cluster_name": clusterName, "cluster_uuid": s.uuid,
		"version": map[string]any{
			"number": Version, "build_flavor": "rehydrate", "build_type": "embedded",
			"minimum_wire_compatibility_version": "7.17.0", "minimum_index_compatibility_version": "7.0.0",
		},
		"tagline": "rehydrate's embedded store: it speaks a part of Elasticsearch's API, and refuses the rest",
	})
}

func healthParameters() []string {
	return []string{
		"wait_for_status", "wait_for_nodes", "wait_for_active_shards", "wait_for_no_relocating_shards",
		"wait_for_no_initializing_shards", "wait_for_events", "local", expandWildcards,
	}
}

// health is always green: whatever is open is whole.
func (s *Store) health(r *request) (answer, error) {
	indices, err := s.indicesOf(r)
	if err != nil {
		return answer{}, err
	}
	return ok(map[string]any{
		"cluster_name": clusterName, "status": "green", "timed_out": false,
		"number_of_nodes": 1, "number_of_data_nodes": 1,
		"active_primary_shards": len(indices), "active_shards": len(indices),
		"relocating_shards": 0, "initializing_shards": 0, "unassigned_shards": 0,
		"active_shards_percent_as_number": 100.0,
	})
}

func (s *Store) nodes(r *request) (answer, error) {
	for part := range strings.SplitSeq(r.PathValue("rest"), "/") {
		for name := range strings.SplitSeq(part, ",") {
			if !slices.Contains([]string{"", "_all", "_local", "_master", s.uuid, clusterName, "http", "settings", "plugins"}, name) {
				return answer{}, unsupported("[%s] of _nodes", name)
			}
		}
	}
	return ok(map[string]any{
		"_nodes": map[string]int{"total": 1, "successful": 1, "failed": 0}, "cluster_name": clusterName,
		"nodes": map[string]any{s.uuid: map[string]any{
			"name": clusterName, "version": Version, "build_flavor": "rehydrate", "build_type": "embedded",
			"host": r.Host, "ip": "127.0.0.1", "roles": []string{"data", "ingest", "master"},
			"http": map[string]any{"publish_address": r.Host, "max_content_length_in_bytes": maxBody},
			"settings": map[string]any{
				"cluster": map[string]string{"name": clusterName}, "node": map[string]string{"name": clusterName},
			},
			"plugins": []string{}, "modules": []string{},
		}},
	})
}

func catColumns() []string {
	return []string{"health", "status", "index", "uuid", "pri", "rep", "docs.count", "docs.deleted", "store.size", "pri.store.size"}
}

func (s *Store) catIndices(r *request) (answer, error) {
	indices, err := s.indicesOf(r)
	if err != nil {
		return answer{}, err
	}
	columns := catColumns()
	if h := r.query.Get("h"); h != "" {
		columns = strings.Split(h, ",")
	}
	for _, c := range columns {
		if !slices.Contains(catColumns(), c) {
			return answer{}, unsupported("the column [%s] of _cat/indices", c)
		}
	}
	if by := r.query.Get("s"); by != "" && by != "index" && by != "index:asc" {
		return answer{}, unsupported("_cat/indices sorted by [%s]; by index they are", by)
	}
	rows := make([]map[string]string, 0, len(indices))
	for _, ix := range indices {
		size, err := ix.size(r.query.Get("bytes"))
		if err != nil {
			return answer{}, err
		}
		full := map[string]string{
			"health": "green", "status": "open", "index": ix.name, "uuid": ix.uuid, "pri": "1", "rep": "0",
			"docs.count": strconv.FormatUint(ix.count(), 10), "docs.deleted": "0", "store.size": size, "pri.store.size": size,
		}
		shown := map[string]string{}
		for _, c := range columns {
			shown[c] = full[c]
		}
		rows = append(rows, shown)
	}
	switch format := r.query.Get("format"); format {
	case "json":
		return ok(rows)
	case "", "text":
		return answer{status: http.StatusOK, plain: true, raw: table(columns, rows, r.flag("v"))}, nil
	default:
		return answer{}, unsupported("the format [%s] of _cat; text and json are", format)
	}
}

func table(columns []string, rows []map[string]string, header bool) []byte {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 1, ' ', 0)
	if header {
		fmt.Fprintln(w, strings.Join(columns, "\t"))
	}
	for _, row := range rows {
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = row[c]
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	_ = w.Flush() // into memory
	return []byte(b.String())
}

// size is that of the documents on disk, in a unit, or in the one that fits.
func (ix *index) size(unit string) (string, error) {
	info, err := os.Stat(ix.rows.db.Path())
	if err != nil {
		return "", err
	}
	n := float64(info.Size())
	switch unit {
	case "b":
		return strconv.FormatInt(info.Size(), 10), nil
	case "kb":
		return strconv.FormatInt(info.Size()>>10, 10), nil
	case "mb":
		return strconv.FormatInt(info.Size()>>20, 10), nil
	case "":
	default:
		return "", unsupported("the unit [%s] of _cat; b, kb and mb are", unit)
	}
	for _, suffix := range []string{"b", "kb", "mb", "gb"} {
		if n < 1024 {
			return strconv.FormatFloat(n, 'f', 1, 64) + suffix, nil
		}
		n /= 1024
	}
	return strconv.FormatFloat(n, 'f', 1, 64) + "tb", nil
}
