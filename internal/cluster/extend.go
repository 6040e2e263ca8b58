package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Extend has a view expire at another time: never before it does already, for which
// there is Drop. Its error is a fault named InvalidRequest where there is no such view
// or the time is none.
func (c *Cluster) Extend(ctx context.Context, s run.Settings, name, expires string, now time.Time) (run.View, error) {
	l, err := c.lending(ctx, s.IndexPrefix, name)
	if err != nil {
		return run.View{}, err
	}
	if l == nil {
		return run.View{}, noView(name)
	}
	until, err := run.ParseExpiry(expires, now)
	switch {
	case err != nil:
		return run.View{}, &run.Fault{Name: run.InvalidRequest, Reason: "expires", Err: err}
	case until == "":
		return run.View{}, &run.Fault{Name: run.InvalidRequest, Reason: "expires: missing", Remedy: "say until when, or none"}
	case l.Expires != "" && l.Expires.Later(until) == l.Expires && l.Expires != until:
		return run.View{}, &run.Fault{
			Name: run.InvalidRequest, Reason: fmt.Sprintf("the view %s stays until %s already, and %s is before that", name, l.Expires, until),
			Remedy: "give a later time, or drop the view",
		}
	}
	v := l.view
	v.Expires = until
	// The template first: what is made meanwhile has the new mark, and the later of
	// all marks counts from here on.
	if err := c.extendTemplate(ctx, v); err != nil {
		return run.View{}, err
	}
	if err := c.markLent(ctx, v); err != nil {
		return run.View{}, err
	}
	if l, err = c.lending(ctx, s.IndexPrefix, name); err != nil {
		return run.View{}, err
	}
	if l == nil {
		return run.View{}, noView(name)
	}
	return c.describe(ctx, l)
}

func noView(name string) error {
	return &run.Fault{Name: run.InvalidRequest, Reason: fmt.Sprintf("there is no view %s", name), Remedy: "`rehydrate views` lists those that there are"}
}

// extendTemplate puts the view's template with another mark; what it makes of indices
// stays as it is.
func (c *Cluster) extendTemplate(ctx context.Context, v view) error {
	var all struct {
		Templates []struct {
			Name     string
			Template map[string]any `json:"index_template"`
		} `json:"index_templates"`
	}
	doing := "read the index template " + v.template()
	a, err := c.do(ctx, esapi.IndicesGetIndexTemplateRequest{Name: escape(v.template())})
	if err != nil {
		return err
	}
	if a.status == http.StatusNotFound {
		return nil
	}
	if err := c.read(a, doing, &all, func() bool { return len(all.Templates) == 1 }); err != nil {
		return err
	}
	body := all.Templates[0].Template
	// A cluster tells more of a template than it takes.
	maps.DeleteFunc(body, func(name string, _ any) bool {
		return !slices.Contains([]string{"index_patterns", "priority", "version", "_meta", "template"}, name)
	})
	member(body, "_meta")[viewKey] = v
	member(member(member(body, "template"), "mappings"), "_meta")[viewKey] = v
	// What tells this state of the template from another: Prepare puts it anew.
	delete(member(body, "_meta"), "fingerprint")
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("%s: %w", putting(v.template()), err)
	}
	if a, err = c.do(ctx, esapi.IndicesPutIndexTemplateRequest{Name: escape(v.template()), Body: bytes.NewReader(b)}); err != nil {
		return err
	}
	return c.acknowledged(a, putting(v.template()))
}

// member is an object in another, made where it is not there.
func member(of map[string]any, name string) map[string]any {
	m, ok := of[name].(map[string]any)
	if !ok {
		m = map[string]any{}
		of[name] = m
	}
	return m
}
