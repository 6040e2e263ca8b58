package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// install puts our template where u wants it and it is missing, or there in
// another state: not where it is newer, nor where somebody has made it theirs. It
// adds to u that ours applies and what it is, and tells whether it was put.
func (c *Cluster) install(ctx context.Context, wanted []definition, t templates, u *use) (installed bool, err error) {
	if !u.wanted {
		return false, nil
	}
	u.applies[t.ours] = u.bare
	if i := slices.IndexFunc(t.composable, func(c composableTemplate) bool { return c.Name == t.ours }); i >= 0 {
		there := t.composable[i].Body
		same := slices.IndexFunc(wanted, func(d definition) bool { return d.Meta.Fingerprint == there.Meta.Fingerprint })
		switch {
		case there.Meta.ManagedBy != owner:
			return false, nil
		case same >= 0:
			u.known = &wanted[same]
			return false, nil
		case there.Version > templateVersion:
			return false, nil
		}
	}
	u.known, err = c.putFirst(ctx, t.ours, wanted)
	return err == nil, err
}

// putFirst puts the first of wanted that the cluster has everything for.
func (c *Cluster) putFirst(ctx context.Context, name string, wanted []definition) (*definition, error) {
	lacks := map[string]bool{}
	var words string
	for i, d := range wanted {
		if d.form.has(lacks) {
			continue
		}
		a, err := c.put(ctx, name, d)
		if err != nil {
			return nil, err
		}
		words = a.words()
		if part := d.form.lacking(words); a.status == http.StatusBadRequest && part != "" {
			lacks[part] = true
			continue
		}
		if a.status == http.StatusBadRequest && strings.Contains(words, "same priority") {
			return nil, &run.Fault{
				Name: run.UnusableCluster, Reason: "an index template is in conflict with the one this program puts: " + words,
				Remedy: "give that template a priority of 1 or more",
			}
		}
		return &wanted[i], c.acknowledged(a, putting(name))
	}
	return nil, &run.Fault{
		Name:   run.UnusableCluster,
		Reason: "parse is on, but the cluster has neither the type flattened (Elasticsearch with X-Pack) nor flat_object (OpenSearch 2.7 or newer): " + words,
		Remedy: "turn parse off, or use a newer cluster",
	}
}

func putting(name string) string { return "put the index template " + name }

func (c *Cluster) put(ctx context.Context, name string, d definition) (*answer, error) {
	body, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", putting(name), err)
	}
	return c.do(ctx, esapi.IndicesPutIndexTemplateRequest{Name: escape(name), Body: bytes.NewReader(body)})
}

// acknowledged reads the answer to a change of the cluster's state.
func (c *Cluster) acknowledged(a *answer, doing string) error {
	var done struct{ Acknowledged bool }
	return c.read(a, doing, &done, func() bool { return done.Acknowledged })
}
