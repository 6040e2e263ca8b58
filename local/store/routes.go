package store

import (
	"net/http"
	"strings"

	"github.com/rehydrate/rehydrate/local/store/logdb"
)

// routes is what the store answers to: the page under /select/, and
// Elasticsearch's API. Paths of an index and those of the cluster are kept apart:
// a name never begins with an underscore.
func (s *Store) routes() http.Handler {
	cluster, index := http.NewServeMux(), http.NewServeMux()
	several := []string{"ignore_unavailable", "allow_no_indices", "expand_wildcards"}
	on := func(mux *http.ServeMux, methods, path string, f func(*request) (answer, error), parameters ...string) {
		for method := range strings.SplitSeq(methods, " ") {
			mux.HandleFunc(method+" "+path, handle(f, parameters...))
		}
	}
	for mux, prefix := range map[*http.ServeMux]string{cluster: "/", index: "/{index}/"} {
		on(mux, "POST PUT", prefix+"_bulk", s.bulk, "refresh", "wait_for_active_shards")
		on(mux, "GET POST", prefix+"_search", s.searched, several...)
		on(mux, "GET POST", prefix+"_msearch", s.manySearched, several...)
		on(mux, "GET POST", prefix+"_count", s.counted, several...)
		on(mux, "GET POST", prefix+"_refresh", s.refreshed, several...)
		on(mux, "GET POST", prefix+"_flush", s.refreshed, several...)
	}
	on(index, "GET", "/{index}", s.getIndex, several...)
	on(index, "DELETE", "/{index}", s.deleteIndex, several...)
	on(index, "PUT", "/{index}/_settings", s.putSettings, several...)
	on(index, "PUT", "/{index}/_mapping", s.putMapping, several...)
	on(index, "GET", "/{index}/_doc/{id}", s.getDocument)
	on(index, "DELETE", "/{index}/_doc/{id}", s.deleteDocument, "refresh")
	on(cluster, "GET", "/{$}", s.root)
	on(cluster, "GET", "/_cluster/settings", s.clusterSettings, "include_defaults", "flat_settings")
	on(cluster, "GET", "/_index_template", s.getTemplates)
	on(cluster, "GET", "/_index_template/{name}", s.getTemplates)
	on(cluster, "PUT", "/_index_template/{name}", s.putTemplate)
	on(cluster, "DELETE", "/_index_template/{name}", s.deleteTemplate)
	on(cluster, "POST", "/_index_template/_simulate_index/{index}", s.simulateIndex)
	on(cluster, "GET", "/_template", s.noLegacyTemplates)

	nothing := handle(func(r *request) (answer, error) {
		return answer{}, unsupported("%s %s", r.Method, r.URL.Path)
	}, "")
	for _, mux := range []*http.ServeMux{cluster, index} {
		mux.HandleFunc("/", nothing)
	}
	page := logdb.Page(hidden)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/" && strings.Contains(r.Header.Get("Accept"), "text/html"):
			s.openPage(w, r)
		case strings.HasPrefix(r.URL.Path, "/select/"):
			page.ServeHTTP(w, r)
		case r.URL.Path == "/" || strings.HasPrefix(r.URL.Path, "/_"):
			cluster.ServeHTTP(w, r)
		default:
			index.ServeHTTP(w, r)
		}
	})
}
