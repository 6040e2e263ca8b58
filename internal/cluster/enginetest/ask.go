package enginetest

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// Ask asks a cluster, past all clients, and gives its answer. The test ends where the
// cluster does not agree.
func Ask(t testing.TB, method, url, body string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode > 299 {
		t.Fatalf("%s %s: %s %v\n%.2000s", method, url, res.Status, err, answer)
	}
	return answer
}
