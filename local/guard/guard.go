// Package guard keeps the pages of other sites away from a server that is meant
// for the person at this computer. A browser sends requests to 127.0.0.1 for
// whatever page asks it to, and a name that a stranger's DNS points to 127.0.0.1
// makes that page one of the server's own (DNS rebinding).
//
// It knows nothing of what the server serves.
package guard

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// New passes on to next the requests that come from a program, from a page of
// the server itself, or from a person who follows a link to it, and refuses all
// others with 403: those for a host that is neither an IP address, nor localhost,
// nor one of hosts (a rebinding attack always comes under a name), and those that
// a page of another site made.
func New(next http.Handler, hosts ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !known(r.Host, hosts):
			http.Error(w, "refused: this server is not known as "+r.Host+"; use its IP address or localhost", http.StatusForbidden)
		case foreign(r):
			http.Error(w, "refused: the request was made by a page of another site", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func known(host string, hosts []string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return host == "localhost" || slices.Contains(hosts, host)
}

// foreign tells whether a page of another site made the request. Browsers say so
// in Sec-Fetch-Site, older ones in Origin where the method is not GET.
// https://www.w3.org/TR/fetch-metadata/
func foreign(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		if err != nil || !strings.EqualFold(u.Host, r.Host) {
			return true
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	follows := r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
	return !follows
}
