package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// The security plugin of OpenSearch, which Amazon's service calls fine-grained
// access control, lets nobody in but whom a role of its own is mapped to, whatever
// a policy of IAM allows.
// https://docs.opensearch.org/latest/security/access-control/api/

// SecurityRole is what somebody may do on such a cluster.
type SecurityRole struct {
	Name    string
	Cluster []string
	Index   []string
	Indices []string // patterns
	// Deletes are patterns of what may be deleted.
	Deletes []string
}

// WriterRole is what the Lambdas need, and ReaderRole what a person needs who
// searches, on the indices of a prefix.
func WriterRole(s run.Settings) SecurityRole {
	r := SecurityRole{
		Name: "rehydrate-" + s.IndexPrefix + "-writer",
		Cluster: []string{
			"cluster:monitor/*", "indices:admin/index_template/*", "indices:admin/template/get",
			"indices:data/write/bulk", "indices:data/read/msearch",
		},
		Index: []string{
			"indices:admin/create", "indices:admin/mapping*", "indices:admin/get", "indices:admin/resolve/index", "indices:admin/refresh*",
			"indices:monitor/*", "indices:data/write/bulk*", "indices:data/write/index", "indices:data/read/search*", "indices:data/read/msearch*",
		},
		Indices: []string{s.IndexPrefix + "-*"},
		// Those of views: the name of one stands between the prefix and the day.
		Deletes: []string{s.IndexPrefix + "-*-20??-??-??"},
	}
	if s.LoadReplicas >= 0 {
		r.Index = append(r.Index, "indices:admin/settings/update", "indices:admin/flush*")
	}
	return r
}

// ReaderRole is described at WriterRole.
func ReaderRole(indexPrefix string) SecurityRole {
	return SecurityRole{
		Name:    "rehydrate-" + indexPrefix + "-reader",
		Cluster: []string{"cluster:monitor/main", "indices:data/read/msearch", "indices:data/read/scroll*"},
		Index:   []string{"indices:data/read/*", "indices:admin/get", "indices:admin/mappings/*", "indices:admin/resolve/index", "indices:monitor/settings/get"},
		Indices: []string{indexPrefix + "-*"},
	}
}

// Body is the role as the API takes it.
func (r SecurityRole) Body() string {
	type permission struct {
		Patterns []string `json:"index_patterns"`
		Actions  []string `json:"allowed_actions"`
	}
	may := []permission{{r.Indices, r.Index}}
	if len(r.Deletes) > 0 {
		may = append(may, permission{r.Deletes, []string{"indices:admin/delete"}})
	}
	b, _ := json.Marshal(struct { // strings cannot fail
		Cluster []string     `json:"cluster_permissions"`
		Index   []permission `json:"index_permissions"`
	}{r.Cluster, may})
	return string(b)
}

// mapping is who has a role. To Amazon's service an IAM role is a backend role, an
// IAM user a user, each by its ARN; all other users and hosts are for others to map.
type mapping struct {
	Backend []string `json:"backend_roles"`
	Users   []string `json:"users,omitempty"`
	Hosts   []string `json:"hosts,omitempty"`
}

// add maps IAM roles and users, too, and tells whether any was not yet.
func (m *mapping) add(arns []string) bool {
	added := false
	for _, arn := range arns {
		list := &m.Backend
		if strings.Contains(arn, ":user/") {
			list = &m.Users
		}
		if !slices.Contains(*list, arn) {
			*list = append(*list, arn)
			added = true
		}
	}
	return added
}

func (m mapping) body() string {
	b, _ := json.Marshal(m) // strings cannot fail
	return string(b)
}

// Calls are those that make a role and map it to IAM roles, as one types them in
// the Dev Tools of OpenSearch Dashboards.
func (r SecurityRole) Calls(arns ...string) []string {
	var m mapping
	m.add(arns)
	return []string{
		"PUT _plugins/_security/api/roles/" + r.Name + "\n" + r.Body(),
		"PUT _plugins/_security/api/rolesmapping/" + r.Name + "\n" + m.body(),
	}
}

// Grant makes a role and maps it to IAM roles and users, beside whomever it is mapped to
// already. Whoever is signed in has to be a master user. Its errors are faults.
func (c *Cluster) Grant(ctx context.Context, r SecurityRole, arns []string) error {
	i, err := c.info(ctx)
	if err != nil {
		return err
	}
	api := "/_plugins/_security/api/"
	if i.product == elasticsearch { // Amazon's Elasticsearch 7.10
		api = "/_opendistro/_security/api/"
	}
	if err := c.secure(ctx, api+"roles/"+escape(r.Name), r.Body(), "make the role "+r.Name); err != nil {
		return err
	}
	m, err := c.mapping(ctx, api+"rolesmapping/"+escape(r.Name), r.Name)
	if err != nil {
		return err
	}
	if !m.add(arns) {
		return nil
	}
	return c.secure(ctx, api+"rolesmapping/"+escape(r.Name), m.body(), "map the role "+r.Name)
}

// mapping is what a role is mapped to; nobody where that is not said yet.
func (c *Cluster) mapping(ctx context.Context, path, role string) (mapping, error) {
	doing := "read what the role " + role + " is mapped to"
	a, err := c.do(ctx, plainRequest{http.MethodGet, path, ""})
	if err != nil {
		return mapping{}, err
	}
	if a.status == http.StatusNotFound {
		return mapping{}, nil
	}
	var all map[string]mapping
	err = c.read(a, doing, &all, func() bool { _, there := all[role]; return there })
	return all[role], err
}

func (c *Cluster) secure(ctx context.Context, path, body, doing string) error {
	a, err := c.do(ctx, plainRequest{http.MethodPut, path, body})
	if err != nil {
		return err
	}
	if a.status == http.StatusCreated {
		a.status = http.StatusOK
	}
	var done struct{ Status string }
	return c.read(a, doing, &done, func() bool { return done.Status != "" })
}

// plainRequest is a request that esapi does not know.
type plainRequest struct{ method, path, body string }

func (r plainRequest) Do(ctx context.Context, transport esapi.Transport) (*esapi.Response, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, r.path, strings.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := transport.Perform(req) //nolint:bodyclose // as below
	if err != nil {
		return nil, err
	}
	return &esapi.Response{StatusCode: res.StatusCode, Body: res.Body, Header: res.Header}, nil // closed by who asked
}

// NameMapping adds to a denial by the security plugin the calls that grant what is
// missing; any other error it leaves as it is.
func NameMapping(err error, s run.Settings) error {
	var f *run.Fault
	if !errors.As(err, &f) || f.Name != run.Denied {
		return err
	}
	_, rest, found := strings.Cut(f.Reason, "no permissions for [")
	if !found {
		return err
	}
	who := "ARN-OF-THE-ROLE"
	if _, rest, found := strings.Cut(rest, "User [name="); found {
		who, _, _ = strings.Cut(rest, ",")
	}
	with := *f
	with.Remedy = fmt.Sprintf("the domain has fine-grained access control, which does not know %s: a master user makes these calls in the Dev Tools of Dashboards "+
		"(the stack's output SearchRoleMapping has them for all Lambdas):\n%s", who, strings.Join(WriterRole(s).Calls(who), "\n"))
	return &with
}
