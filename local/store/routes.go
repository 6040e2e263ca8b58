package store

import (
	"net/http"
	"strings"
)

// Parameters of requests that speak of several indices.
const (
	ignoreUnavailable = "ignore_unavailable"
	allowNoIndices    = "allow_no_indices"
	expandWildcards   = "expand_wildcards"
)

// routes is what the store answers to. Paths of an index and those of the
// cluster are kept apart: a name never begins with an underscore.
func (s *Store) routes() http.Handler {
	cluster, index := http.NewServeMux(), http.NewServeMux()
	several := []string{ignoreUnavailable, allowNoIndices, expandWildcards}
	searches := append([]string{
		"q", "default_operator", "df", "size", "from", "sort", "_source", "track_total_hits",
		"rest_total_hits_as_int", "typed_keys", "request_cache", "preference", "search_type",
	}, several...)
	bulks := []string{"refresh", "wait_for_active_shards", "require_alias", "pipeline"}
	writes := []string{"refresh", "wait_for_active_shards", "op_type", "require_alias"}

	both := func(methods, path string, h http.HandlerFunc) {
		for method := range strings.SplitSeq(methods, " ") {
			cluster.HandleFunc(method+" /"+path, h)
			index.HandleFunc(method+" /{index}/"+path, h)
		}
	}
	both("POST PUT", "_bulk", handle(s.bulk, bulks...))
	both("GET POST", "_search", handle(s.searched, searches...))
	both("GET POST", "_msearch", handle(s.manySearched, append([]string{"max_concurrent_searches"}, several...)...))
	both("GET POST", "_count", handle(s.counted, append([]string{"q", "default_operator", "df"}, several...)...))
	both("GET POST", "_refresh", handle(s.refreshed, several...))
	both("GET POST", "_flush", handle(s.refreshed, append([]string{"force", "wait_if_ongoing"}, several...)...))
	both("GET", "_mapping", handle(s.described("mappings"), append([]string{"local"}, several...)...))
	both("GET", "_settings", handle(s.described("settings"), append([]string{"local", "flat_settings"}, several...)...))
	both("PUT", "_settings", handle(s.changeSettings, append([]string{"preserve_existing"}, several...)...))
	both("GET", "_alias", handle(s.described("aliases"), append([]string{"local"}, several...)...))

	on := func(mux *http.ServeMux, methodPath string, f func(*request) (answer, error), parameters ...string) {
		mux.HandleFunc(methodPath, handle(f, parameters...))
	}
	on(index, "PUT /{index}", s.createIndex, "wait_for_active_shards")
	on(index, "GET /{index}", s.described(""), append([]string{"local", "features", "include_defaults", "flat_settings"}, several...)...)
	on(index, "DELETE /{index}", s.deleteIndex, several...)
	on(index, "PUT /{index}/_block/{block}", s.addBlock, several...)
	on(index, "PUT /{index}/_doc/{id}", s.document(actionIndex), writes...)
	on(index, "POST /{index}/_doc/{id}", s.document(actionIndex), writes...)
	on(index, "POST /{index}/_doc", s.document(actionIndex), writes...)
	on(index, "PUT /{index}/_create/{id}", s.document(actionCreate), writes...)
	on(index, "POST /{index}/_create/{id}", s.document(actionCreate), writes...)
	on(index, "DELETE /{index}/_doc/{id}", s.document(actionDelete), writes...)
	on(index, "GET /{index}/_doc/{id}", s.get, "_source", "realtime", "refresh", "preference")
	on(index, "GET /{index}/_source/{id}", s.getSource, "realtime", "refresh", "preference")

	on(cluster, "GET /{$}", s.root)
	on(cluster, "GET /_cluster/health", s.health, healthParameters()...)
	on(cluster, "GET /_cluster/health/{index}", s.health, healthParameters()...)
	on(cluster, "GET /_cluster/settings", s.clusterSettings, "include_defaults", "flat_settings", "local")
	on(cluster, "PUT /_cluster/settings", s.changeCluster, "flat_settings")
	on(cluster, "GET /_nodes", s.nodes)
	on(cluster, "GET /_nodes/{rest...}", s.nodes, "flat_settings")
	on(cluster, "GET /_cat/indices", s.catIndices, "format", "v", "h", "bytes", "s", expandWildcards)
	on(cluster, "GET /_cat/indices/{index}", s.catIndices, "format", "v", "h", "bytes", "s", expandWildcards)
	on(cluster, "GET /_index_template", s.getTemplates, "local", "flat_settings")
	on(cluster, "GET /_index_template/{name}", s.getTemplates, "local", "flat_settings")
	on(cluster, "PUT /_index_template/{name}", s.putTemplate, "create", "cause")
	on(cluster, "POST /_index_template/{name}", s.putTemplate, "create", "cause")
	on(cluster, "DELETE /_index_template/{name}", s.deleteTemplate)
	on(cluster, "POST /_index_template/_simulate_index/{index}", s.simulateIndex)
	on(cluster, "GET /_template", s.noLegacyTemplates, "local", "flat_settings")
	on(cluster, "GET /_template/{name}", s.noLegacyTemplates, "local", "flat_settings")

	nothing := handle(func(r *request) (answer, error) {
		return answer{}, unsupported("%s %s", r.Method, r.URL.Path)
	})
	// A method that a path does not take is refused with a sentence, too.
	cluster.HandleFunc("/", nothing)
	index.HandleFunc("/", nothing)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if first == "" || strings.HasPrefix(first, "_") && first != "_all" {
			cluster.ServeHTTP(w, r)
		} else {
			index.ServeHTTP(w, r)
		}
	})
}

// indicesOf are those that the request's path and parameters name.
func (s *Store) indicesOf(r *request) ([]*index, error) {
	expression := r.PathValue("index")
	switch e := r.query.Get(expandWildcards); e {
	case "", "open", "all", "open,hidden", "open,closed":
	default:
		return nil, unsupported("expand_wildcards [%s]", e)
	}
	found, err := s.resolve(expression, r.flag(ignoreUnavailable))
	if err == nil && len(found) == 0 && r.query.Get(allowNoIndices) == "false" {
		err = indexNotFound(expression)
	}
	return found, err
}

// refreshed has nothing to do: what is kept can be found.
func (s *Store) refreshed(r *request) (answer, error) {
	indices, err := s.indicesOf(r)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, raw: []byte(`{"_shards":` + shards(len(indices)) + `}`)}, nil
}
