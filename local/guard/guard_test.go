package guard_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rehydrate/rehydrate/local/guard"
)

func TestGuard(t *testing.T) {
	h := guard.New(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }), "logs.example")
	for _, tt := range []struct {
		what, method, host string
		header             map[string]string
		passes             bool
	}{
		{"curl", "GET", "127.0.0.1:9200", nil, true},
		{"curl by name", "DELETE", "localhost:9200", nil, true},
		{"IPv6", "GET", "[::1]:9200", nil, true},
		{"the address it listens on", "GET", "192.0.2.7", nil, true},
		{"a name that was given", "GET", "Logs.example.:80", nil, true},
		{"its own page", "POST", "127.0.0.1:9200", map[string]string{"Origin": "http://127.0.0.1:9200", "Sec-Fetch-Site": "same-origin"}, true},
		{"typed into the address bar", "GET", "localhost:9200", map[string]string{"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, true},
		{"a link in a chat", "GET", "localhost:9200", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, true},
		{"DNS rebinding", "GET", "evil.example:9200", nil, false},
		{"no host", "GET", "", nil, false},
		{"a simple POST of another site", "POST", "127.0.0.1:9200", map[string]string{"Origin": "https://evil.example"}, false},
		{"a POST of an opaque origin", "POST", "127.0.0.1:9200", map[string]string{"Origin": "null"}, false},
		{"another port is another site", "POST", "127.0.0.1:9200", map[string]string{"Origin": "http://127.0.0.1:8080"}, false},
		{"a DELETE of another site", "DELETE", "127.0.0.1:9200", map[string]string{"Sec-Fetch-Site": "cross-site"}, false},
		{"a form of another site", "POST", "127.0.0.1:9200", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, false},
		{"a page of another port", "GET", "127.0.0.1:9200", map[string]string{"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, false},
		{"a script tag", "GET", "127.0.0.1:9200", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}, false},
		{"a frame", "GET", "127.0.0.1:9200", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, false},
	} {
		r := httptest.NewRequestWithContext(t.Context(), tt.method, "/", http.NoBody)
		r.Host = tt.host
		for name, value := range tt.header {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if passed := w.Code == http.StatusTeapot; passed != tt.passes || !passed && w.Code != http.StatusForbidden {
			t.Errorf("%s: %d, passes is to be %t", tt.what, w.Code, tt.passes)
		}
	}
}
