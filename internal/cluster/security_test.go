package cluster_test

import (
	"cmp"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/rehydrate/rehydrate/internal/cluster"
	"github.com/rehydrate/rehydrate/internal/cluster/enginetest"
	"github.com/rehydrate/rehydrate/internal/run"
)

// vault holds one secret.
type vault string

func (v vault) GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	return &secretsmanager.GetSecretValueOutput{SecretString: aws.String(string(v))}, nil
}

// An engine with its security on: who may do what a run does, and what is said to
// those who may not. (Its core keeps users in files, and has no API keys.)
func TestSecurity(t *testing.T) {
	e := enginetest.StartWith(t, enginetest.Elasticsearch8, map[string]string{
		"roles.yml": `
loader: {cluster: [manage_index_templates, monitor], indices: [{names: ["secured-*"], privileges: [create_doc, auto_configure, read, maintenance, view_index_metadata]}]}
manager: {cluster: [manage_index_templates, monitor], indices: [{names: ["secured-*"], privileges: [create_doc, auto_configure, read, maintenance, manage]}]}
reader: {cluster: [manage_index_templates, monitor], indices: [{names: ["secured-*"], privileges: [read]}]}
writer: {cluster: [monitor], indices: [{names: ["secured-*", "unprepared-*"], privileges: [create_doc, auto_configure, read, maintenance]}]}
`,
		// bcrypt of "of-" and the name; the manager's is the loader's.
		"users": `loader:$2a$04$abcdefghijklmnopqrstuu6F0/dJIA8UxlkBazUHMtPq17GByNwCa
manager:$2a$04$abcdefghijklmnopqrstuu6F0/dJIA8UxlkBazUHMtPq17GByNwCa
reader:$2a$04$abcdefghijklmnopqrstuuxK4Kk0vcxX2q7GYoNL3YypnGczEaahC
writer:$2a$04$abcdefghijklmnopqrstuuTzVQu6Uc.1g/rkga9J/.QnRdszHIyva
`,
		"users_roles": "loader:loader\nmanager:manager\nreader:reader\nwriter:writer\n",
	}, "xpack.security.enabled: true")
	for _, c := range []struct {
		what, auth, secret string
		fault              string
		says               []string
		warns              []string
		prefix             string // secured where empty
		loads              bool   // with loadReplicas
	}{
		{what: "basic", auth: "basic", secret: `{"username":"loader","password":"of-loader"}`},
		{what: "loadReplicas", loads: true, auth: "basic", secret: `{"username":"manager","password":"of-loader"}`},
		{
			what: "may not change indices", loads: true, auth: "basic", secret: `{"username":"loader","password":"of-loader"}`, fault: run.Denied,
			says: []string{"the user loader lacks on the index secured-2018-12-10 the privileges manage"},
		},
		{what: "wrong password", auth: "basic", secret: `{"username":"loader","password":"of-reader"}`, fault: run.Denied, says: []string{"401", "unable to authenticate user [loader]"}},
		{what: "wrong API key", auth: "apikey", secret: "YTpi", fault: run.Denied, says: []string{"401"}},
		{what: "may only read", auth: "basic", secret: `{"username":"reader","password":"of-reader"}`, fault: run.Denied, says: []string{"the user reader lacks on the index secured-2018-12-10 the privileges create_doc, maintenance, auto_configure"}},
		{what: "may not manage templates, nor needs to", auth: "basic", secret: `{"username":"writer","password":"of-writer"}`, warns: []string{"we may not look at the settings"}},
		{
			what: "may not put the template", auth: "basic", secret: `{"username":"writer","password":"of-writer"}`, prefix: "unprepared", fault: run.Denied,
			says: []string{"403", "put the index template rehydrate-unprepared", "indices:admin/index_template/put", "user [writer]"},
		},
	} {
		t.Run(c.what, func(t *testing.T) {
			search := run.Search{URL: e.URL, Auth: c.auth, Secret: "arn:of:it"}
			connection, err := cluster.Connect(t.Context(), search, vault(c.secret), nil)
			if err != nil {
				t.Fatal(err)
			}
			prefix := cmp.Or(c.prefix, "secured")
			day := time.Date(2018, 12, 10, 0, 0, 0, 0, time.UTC)
			settings := run.Settings{IndexPrefix: prefix, Zone: time.UTC, Shards: -1, Replicas: -1, LoadReplicas: -1, Search: search}
			if c.loads {
				settings.LoadReplicas = 0
			}
			got, err := connection.Prepare(t.Context(), settings, run.Plan{Run: "r", From: day, To: day.AddDate(0, 0, 1)})
			if c.fault != "" {
				wantFault(t, err, c.fault, func(s string) string { return s }, c.says)
				return
			}
			if err != nil || got.Template != "rehydrate-secured" || len(got.Warnings) != len(c.warns) {
				t.Fatalf("%+v, %v, want our template and the warnings %q", got, err, c.warns)
			}
			if c.loads {
				if err := connection.EndLoading(t.Context(), prefix, "r"); err != nil {
					t.Error(err)
				}
			}
			for i, w := range c.warns {
				if !strings.Contains(got.Warnings[i], w) {
					t.Errorf("%q does not say %q", got.Warnings[i], w)
				}
			}
		})
	}
}
