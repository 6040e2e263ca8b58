package enginetest

import (
	"net"
	"net/http"
	"strings"
	"testing"
)

// An engine has the settings that the test gave it, and one that was killed
// comes back at the same URL with what it had acknowledged.
func TestKillAndRestart(t *testing.T) {
	for _, e := range []Engine{Elasticsearch8, OpenSearch2} {
		t.Run(string(e), func(t *testing.T) {
			r := Start(t, e, "thread_pool.write.queue_size: 7")
			if got := string(Ask(t, http.MethodGet, r.URL+"/_nodes/settings?flat_settings=true", "")); !strings.Contains(got, `"thread_pool.write.queue_size":"7"`) {
				t.Errorf("the node does not have the setting: %s", got)
			}
			Ask(t, http.MethodPut, r.URL+"/survivors/_doc/1", `{"name":"Ishmael"}`)
			url := r.URL
			r.Kill()
			if conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil {
				conn.Close()
				t.Error("a killed engine listens")
			}
			r.Restart(t)
			if got := string(Ask(t, http.MethodGet, url+"/survivors/_doc/1", "")); !strings.Contains(got, "Ishmael") {
				t.Errorf("the document is gone: %s", got)
			}
		})
	}
}

func TestFindJDK(t *testing.T) {
	if _, ok := findJDK(t.Context(), 900, 999); ok {
		t.Error("a JDK of the far future was found")
	}
	if home, ok := findJDK(t.Context(), 1, 99); ok && javaVersion(t.Context(), home) == 0 {
		t.Errorf("%s is no JDK", home)
	}
}
