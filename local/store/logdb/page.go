package logdb

import (
	"net/http"
	"strings"

	"github.com/VictoriaMetrics/VictoriaLogs/app/vlselect"
)

// Page serves VictoriaLogs' web page under /select/vmui/ and the API under
// /select/ that it asks. Of that API only what reads is there: an answer of 404
// stands for the rest. Rows without Identity are not found, and fields whose names
// begin with one of hidden are not shown.
func Page(hidden ...string) http.Handler {
	filters := `["` + strings.Join(hidden, `*","`) + `*"]`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost {
			w.Header().Set("Allow", "GET, HEAD, POST")
			http.Error(w, "only GET, HEAD and POST are answered here", http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		if !reads(r.URL.Path) {
			http.NotFound(w, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/select/logsql/") {
			if err := r.ParseForm(); err != nil {
				http.Error(w, "the form cannot be read: "+err.Error(), http.StatusBadRequest)
				return
			}
			r.Form.Set("hidden_fields_filters", filters)
			r.Form.Add("extra_filters", whole)
		}
		if !vlselect.RequestHandler(w, r) {
			http.NotFound(w, r)
		}
	})
}

// pagePolicy lets the page load what is its own and nothing else. It sets styles
// of elements by script, hence unsafe-inline for these.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
	"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// reads tells whether what answers to a path only reads.
func reads(path string) bool {
	if strings.HasPrefix(path, "/select/vmui/") {
		return true
	}
	switch path {
	case "/select/vmui", "/select/buildinfo", "/select/tenant_ids":
		return true
	}
	name, ok := strings.CutPrefix(path, "/select/logsql/")
	if !ok {
		return false
	}
	switch name {
	case "query", "query_time_range", "tail", "hits", "facets", "stats_query", "stats_query_range",
		"field_names", "field_values", "stream_field_names", "stream_field_values", "stream_ids", "streams":
		return true
	}
	return false
}
