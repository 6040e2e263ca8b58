package prepare

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/rehydrate/rehydrate/internal/run"
)

// On a domain that the stack made the master user, whose secret nobody else reads,
// maps the Lambdas and the readers; elsewhere nothing is asked.
func TestGrant(t *testing.T) {
	aws := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"SecretString":"{\"username\":\"rehydrate\",\"password\":\"s3cret\"}"}`)
	}))
	defer aws.Close()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": aws.URL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
	} {
		t.Setenv(name, value)
	}
	var sent []string
	refuses := false
	cluster := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Basic cmVoeWRyYXRlOnMzY3JldA==" {
			t.Errorf("%s %s is sent as %q", r.Method, r.URL, r.Header.Get("Authorization"))
		}
		switch {
		case refuses:
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"status":"FORBIDDEN","message":"no"}`)
		case r.Method == http.MethodPut:
			sent = append(sent, strings.TrimPrefix(r.URL.Path, "/_plugins/_security/api/"))
			w.WriteHeader(http.StatusCreated)
			fmt.Fprint(w, `{"status":"CREATED"}`)
		case r.URL.Path == "/":
			fmt.Fprint(w, `{"version":{"distribution":"opensearch","number":"2.19.1"}}`)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer cluster.Close()
	search := run.Search{
		URL: cluster.URL, Auth: "sigv4", Region: "us-east-1", Master: "arn:aws:secretsmanager:us-east-1:123456789012:secret:master-AbCdEf",
		Writers: []string{"arn:aws:iam::123456789012:role/index"},
	}
	writer, reader := []string{"roles/rehydrate-app-writer", "rolesmapping/rehydrate-app-writer"}, []string{"roles/rehydrate-app-reader", "rolesmapping/rehydrate-app-reader"}
	for _, c := range []struct {
		master  string
		readers []string
		want    []string
	}{
		{"", nil, nil},
		{search.Master, nil, writer},
		{search.Master, []string{"arn:aws:iam::123456789012:role/searcher"}, slices.Concat(writer, reader)},
	} {
		sent = nil
		s := search
		s.Master, s.Readers = c.master, c.readers
		if err := grant(t.Context(), run.Settings{IndexPrefix: "app", Search: s}); err != nil || !slices.Equal(sent, c.want) {
			t.Errorf("sent %q (%v), want %q", sent, err, c.want)
		}
	}
	refuses = true
	var f *run.Fault
	if err := grant(t.Context(), run.Settings{IndexPrefix: "app", Search: search}); !errors.As(err, &f) || f.Name != run.Denied {
		t.Errorf("refused: %v", err)
	}
}
