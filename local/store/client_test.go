package store_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// call sends a request and returns the status and the body.
func call(t testing.TB, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if product := res.Header.Get("X-Elastic-Product"); product != "Elasticsearch" {
		t.Errorf("%s %s: X-Elastic-Product is %q", method, url, product)
	}
	return res.StatusCode, string(b)
}

// must sends a request that is answered with 200 or 201, and decodes the answer
// into v if that is not nil.
func must(t testing.TB, method, url, body string, v any) {
	t.Helper()
	status, answer := call(t, method, url, body)
	if status != http.StatusOK && status != http.StatusCreated {
		t.Fatalf("%s %s: %d %s", method, url, status, answer)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal([]byte(answer), v); err != nil {
		t.Fatalf("%s %s: %v in %s", method, url, err, answer)
	}
}

// outcome is what a bulk request says of a document.
type outcome struct {
	ID      string `json:"_id"`
	Status  int
	Result  string
	Version int `json:"_version"`
	Error   struct{ Type, Reason string }
}

// bulk sends documents with one action and returns what is said of each.
func bulk(t testing.TB, url, action, index string, documents ...[2]string) []outcome {
	t.Helper()
	var b strings.Builder
	for _, d := range documents {
		fmt.Fprintf(&b, "{%q:{\"_index\":%q,\"_id\":%q}}\n", action, index, d[0])
		if action != "delete" {
			b.WriteString(d[1] + "\n")
		}
	}
	var answer struct{ Items []map[string]outcome }
	must(t, http.MethodPost, url+"/_bulk", b.String(), &answer)
	if len(answer.Items) != len(documents) {
		t.Fatalf("%d answers to %d documents", len(answer.Items), len(documents))
	}
	var all []outcome
	for i, item := range answer.Items {
		o, ok := item[action]
		if !ok || o.ID != documents[i][0] {
			t.Fatalf("answer %d is %+v, want %s of %s", i, item, action, documents[i][0])
		}
		all = append(all, o)
	}
	return all
}

// wantRefused wants the status and a sentence that names what is refused.
func wantRefused(t *testing.T, status int, names, method, url, body string) {
	t.Helper()
	got, answer := call(t, method, url, body)
	var p struct {
		Error struct{ Type, Reason string }
	}
	if err := json.Unmarshal([]byte(answer), &p); err != nil {
		t.Errorf("%s %s %s: %v in %s", method, url, body, err, answer)
	}
	if got != status || !strings.Contains(p.Error.Reason, names) {
		t.Errorf("%s %s %s: %d %q, want %d and a sentence with %q", method, url, body, got, p.Error.Reason, status, names)
	}
}
