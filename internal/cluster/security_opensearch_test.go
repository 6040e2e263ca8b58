package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/cluster"
	"github.com/rehydrate/rehydrate/internal/cluster/enginetest"
	"github.com/rehydrate/rehydrate/internal/run"
)

// What Prepare does on a new domain with fine-grained access control: whoever is
// mapped to the writers' role may do what a run does, and nothing else; readers
// search. Here users of the plugin stand for IAM roles, whose ARNs are their
// backend roles, as in Amazon's service.
func TestSecurityOfOpenSearch(t *testing.T) {
	e := enginetest.StartSecured(t)
	const (
		lambda   = "arn:aws:iam::123456789012:role/rehydrate-index"
		searcher = "arn:aws:iam::123456789012:role/searcher"
		password = "only-For_This-Test-4711"
	)
	as := func(user, password string) *cluster.Cluster {
		t.Helper()
		secret := vault(fmt.Sprintf(`{"username":%q,"password":%q}`, user, password))
		c, err := cluster.Connect(t.Context(), run.Search{URL: e.URL, Auth: "basic", Secret: "arn:of:it"}, secret, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	send := func(c *cluster.Cluster, method, path, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := c.Perform(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(answer)
	}
	master := as(enginetest.Master, enginetest.MasterPassword)
	for user, arn := range map[string]string{"lambda": lambda, "searcher": searcher} {
		if status, answer := send(master, http.MethodPut, "/_plugins/_security/api/internalusers/"+user,
			fmt.Sprintf(`{"password":%q,"backend_roles":[%q]}`, password, arn)); status != http.StatusCreated {
			t.Fatalf("%d %s", status, answer)
		}
	}
	writer, reader := as("lambda", password), as("searcher", password)
	day := time.Date(2018, 12, 10, 0, 0, 0, 0, time.UTC)
	settings := run.Settings{IndexPrefix: "app", Zone: time.UTC, Shards: 1, Replicas: 1, LoadReplicas: 0, Search: run.Search{Auth: "sigv4"}}
	prepare := func(ctx context.Context) (run.Prepared, error) {
		prepared, err := writer.Prepare(ctx, settings, run.Plan{Run: "r", From: day, To: day.AddDate(0, 0, 1)})
		return prepared, cluster.NameMapping(err, settings)
	}

	// Before: the first denial says what to type.
	_, err := prepare(t.Context())
	wantFault(t, err, run.Denied, func(s string) string { return s }, []string{
		"cluster:monitor/main", "does not know lambda", "PUT _plugins/_security/api/roles/rehydrate-app-writer\n{",
		"PUT _plugins/_security/api/rolesmapping/rehydrate-app-writer\n" + `{"backend_roles":["lambda"]}`,
	})

	// Whom a person maps beside us stays.
	if err := master.Grant(t.Context(), cluster.ReaderRole("app"), []string{searcher, "arn:aws:iam::123456789012:user/person"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := master.Grant(t.Context(), cluster.WriterRole(settings), []string{lambda, "arn:aws:iam::123456789012:role/other"}); err != nil {
			t.Fatal(err)
		}
	}
	if status, _ := send(master, http.MethodPatch, "/_plugins/_security/api/rolesmapping/rehydrate-app-writer", `[{"op":"add","path":"/users","value":["somebody"]}]`); status != http.StatusOK {
		t.Fatal(status)
	}
	if err := master.Grant(t.Context(), cluster.WriterRole(settings), []string{lambda, "arn:aws:iam::123456789012:role/third"}); err != nil {
		t.Fatal(err)
	}
	if _, answer := send(master, http.MethodGet, "/_plugins/_security/api/rolesmapping/rehydrate-app-writer", ""); !strings.Contains(answer, "somebody") ||
		!strings.Contains(answer, lambda) || !strings.Contains(answer, "role/third") {
		t.Errorf("the mapping is %s", answer)
	}

	if _, answer := send(master, http.MethodGet, "/_plugins/_security/api/rolesmapping/rehydrate-app-reader", ""); !strings.Contains(answer, `"backend_roles":["`+searcher+`"]`) ||
		!strings.Contains(answer, `"users":["arn:aws:iam::123456789012:user/person"]`) {
		t.Errorf("the readers' mapping is %s", answer)
	}

	// What a run does.
	prepared, err := prepare(t.Context())
	if err != nil || !prepared.Installed || len(prepared.Warnings) > 0 {
		t.Fatalf("%+v, %v", prepared, err)
	}
	const document = `{"create":{"_index":"app-2018-12-10","_id":"34444444444444444444444444444444444444444444444444444444"}}` + "\n" + `{"@timestamp":"2018-12-10T12:00:00Z","message":"hello"}` + "\n"
	if status, answer := send(writer, http.MethodPost, "/_bulk", document); status != http.StatusOK || !strings.Contains(answer, `"status":201`) {
		t.Fatalf("bulk: %d %s", status, answer)
	}
	if counts, err := writer.Count(t.Context(), []string{"app-2018-12-10"}, day, day.AddDate(0, 0, 1)); err != nil || *counts[0].Documents != 1 {
		t.Errorf("counted %+v, %v", counts, err)
	}
	if err := writer.EndLoading(t.Context(), "app", "r"); err != nil {
		t.Error(err)
	}
	if _, answer := send(master, http.MethodGet, "/app-2018-12-10?flat_settings=true", ""); !strings.Contains(answer, `"index.number_of_replicas":"1"`) || strings.Contains(answer, `"run"`) {
		t.Errorf("at the end the index is %s", answer)
	}
	if prepared, err := prepare(t.Context()); err != nil || prepared.Installed || len(prepared.Warnings) > 0 {
		t.Errorf("once more: %+v, %v", prepared, err)
	}

	// And what nobody was granted.
	if status, answer := send(master, http.MethodPut, "/other-2018-12-10", ""); status != http.StatusOK {
		t.Fatal(answer)
	}
	for _, c := range []struct {
		who                *cluster.Cluster
		method, path, body string
		want               string // of the answer
	}{
		{reader, http.MethodPost, "/app-*/_search", `{}`, `"hello"`},
		{reader, http.MethodPost, "/_bulk", document, "no permissions"},
		{reader, http.MethodPost, "/other-2018-12-10/_search", `{}`, "no permissions"},
		{writer, http.MethodPost, "/_bulk", strings.ReplaceAll(document, "app-", "other-"), `"status":403`},
		{writer, http.MethodDelete, "/app-2018-12-10", "", "no permissions"},
		{writer, http.MethodPut, "/app-2018-12-10/_doc/2", `{}`, `"result":"created"`},
		{writer, http.MethodDelete, "/app-2018-12-10/_doc/2", ``, "no permissions"},
		{writer, http.MethodGet, "/_plugins/_security/api/roles", "", "FORBIDDEN"},
	} {
		if status, answer := send(c.who, c.method, c.path, c.body); !strings.Contains(answer, c.want) {
			t.Errorf("%s %s: %d %.300s, want %s", c.method, c.path, status, answer, c.want)
		}
	}
	var f *run.Fault
	if err := writer.Grant(t.Context(), cluster.WriterRole(settings), []string{lambda}); !errors.As(err, &f) || f.Name != run.Denied {
		t.Errorf("who is no master grants: %v", err)
	}
}

// Amazon's service names the role itself.
func TestDenialNamesTheMapping(t *testing.T) {
	const arn = "arn:aws:iam::123456789012:role/rehydrate-PrepareRole-1"
	denied := &run.Fault{Name: run.Denied, Reason: "we may not say what it is (403): no permissions for [cluster:monitor/main] and User [name=" + arn + ", backend_roles=[" + arn + "], requestedTenant=null]"}
	err := cluster.NameMapping(denied, run.Settings{IndexPrefix: "app"})
	if !strings.Contains(err.Error(), `PUT _plugins/_security/api/rolesmapping/rehydrate-app-writer`+"\n"+`{"backend_roles":["`+arn+`"]}`) {
		t.Error(err)
	}
	for _, other := range []error{
		nil, errors.New("other"), &run.Fault{Name: run.Denied, Reason: "the cluster does not know us (401)"},
		&run.Fault{Name: run.Unavailable, Reason: "no permissions for [x]"},
	} {
		if got := cluster.NameMapping(other, run.Settings{}); got != other { //nolint:errorlint // the very same
			t.Errorf("%v became %v", other, got)
		}
	}
}
