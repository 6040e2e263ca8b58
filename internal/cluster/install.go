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

// install puts the first of our templates that the cluster has the types for.
func (c *Cluster) install(ctx context.Context, s run.Settings, wanted []definition) error {
	name := templateName(s.IndexPrefix)
	var refused *answer
	for _, d := range wanted {
		a, err := c.put(ctx, name, d)
		if err != nil {
			return err
		}
		if a.status == http.StatusOK {
			return nil
		}
		if !s.Parse || a.status != http.StatusBadRequest || !strings.Contains(a.words(), "["+d.parsedType()+"]") {
			return c.notPut(a, name)
		}
		refused = a
	}
	return &run.Fault{
		Name:   run.UnusableCluster,
		Reason: "parse is on, but the cluster has neither the type flattened (Elasticsearch with X-Pack) nor flat_object (OpenSearch 2.7 or newer): " + refused.words(),
		Remedy: "turn parse off, or use a newer cluster",
	}
}

// definitions are the templates that serve settings, of which the first is put
// that the cluster has the types for.
func definitions(s run.Settings) []definition {
	if s.Parse {
		return []definition{define(s, flattened), define(s, flatObject)}
	}
	return []definition{define(s, "")}
}

// isOneOf tells whether t is in the state of one of wanted.
func (t *composableTemplate) isOneOf(wanted []definition) bool {
	return t.isOurs() && slices.ContainsFunc(wanted, func(d definition) bool { return d.Meta.Fingerprint == t.Body.Meta.Fingerprint })
}

// isOlder tells whether t, which has the name of ours, is to be replaced by one
// of wanted: not where it is newer, nor where somebody has made it theirs.
func (t *composableTemplate) isOlder(wanted []definition) bool {
	return t.isOurs() && t.Body.Version <= templateVersion && !t.isOneOf(wanted)
}

func (c *Cluster) put(ctx context.Context, name string, d definition) (*answer, error) {
	body, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("write the index template %s: %w", name, err)
	}
	return c.do(ctx, esapi.IndicesPutIndexTemplateRequest{Name: escape(name), Body: bytes.NewReader(body)})
}

// notPut is the fault of a template that was not taken. Two that match the same
// indices may not have the same priority.
func (c *Cluster) notPut(a *answer, name string) *run.Fault {
	if a.status != http.StatusBadRequest || !strings.Contains(a.words(), "same priority") {
		return c.refusal(a, "put the index template "+name)
	}
	return &run.Fault{
		Name: run.UnusableCluster, Reason: "an index template is in conflict with the one this program puts: " + a.words(),
		Remedy: "give that template a priority of 1 or more",
	}
}
