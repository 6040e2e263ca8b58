package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// view marks an index of a view, in the _meta of its mapping, and the template that
// makes it. Only what has this mark is ever deleted.
//
// A view expires as a whole, when the latest of all of its marks says: what writes a
// mark back as it was a moment ago can never bring the end nearer.
type view struct {
	Prefix  string     `json:"prefix"`
	View    string     `json:"view"`
	Expires run.Expiry `json:"expires"`
}

// viewKey is where the mark stands in a _meta, beside that of loading.
const viewKey = "rehydrate_view"

// viewPriority is above what people give templates of their own: an index that one of
// these made would have no mark, and stay for ever.
const viewPriority = 1_000_000

// alias has all indices of the view, whose names it begins.
func (v view) alias() string { return run.Settings{IndexPrefix: v.Prefix}.In(v.View).IndexPrefix }

// template is the name of the view's own. No index prefix gives the name of another
// template of ours.
func (v view) template() string { return owner + ".view-" + v.alias() }

// is tells whether a mark is that of the view, whatever its expiry.
func (v view) is(mark *view) bool {
	return mark != nil && mark.Prefix == v.Prefix && mark.View == v.View
}

// has tells whether an index can be one of the view by its name.
func (v view) has(index string) bool {
	day, ok := strings.CutPrefix(index, v.alias()+"-")
	if !ok {
		return false
	}
	_, err := time.Parse(time.DateOnly, day)
	return err == nil
}

// lend makes d the template of a view.
func (d definition) lend(v view) definition {
	d.Priority = viewPriority
	d.Template.Aliases = map[string]any{v.alias(): struct{}{}}
	d.Template.Mappings = maps.Clone(d.Template.Mappings)
	d.Template.Mappings["_meta"] = map[string]any{viewKey: v}
	d.Meta = meta{}
	d.Meta = meta{
		ManagedBy: owner, Fingerprint: d.fingerprint(), View: &v,
		Description: "Put by rehydrate for the indices of a view, and removed with it.",
	}
	return d
}

// lent are the definitions of a view's template.
func lent(all []definition, v *view) []definition {
	if v == nil {
		return all
	}
	views := make([]definition, len(all))
	for i, d := range all {
		views[i] = d.lend(*v)
	}
	return views
}

// loan is the view of a plan with the expiry that it is to have; nil for a run that
// fills the daily indices. It is a fault where the names of the view are somebody
// else's, or it has expired.
func (c *Cluster) loan(ctx context.Context, s run.Settings, p run.Plan, there map[string]indexConfig, t templates, indices []string) (*view, error) {
	if p.View == "" {
		return nil, t.lentToOthers(indices, there)
	}
	v := view{Prefix: s.IndexPrefix, View: p.View, Expires: p.Expires}
	if there == nil {
		return nil, &run.Fault{
			Name: run.Denied, Reason: fmt.Sprintf("we may not look at the indices of the view %s, and so not tell them from others", p.View),
			Remedy: "grant that (view_index_metadata) on " + v.alias() + "-* to the user or role that this program uses",
		}
	}
	if err := c.free(ctx, v, t, there, indices); err != nil {
		return nil, err
	}
	all, err := c.lentIndices(ctx, v)
	if err != nil {
		return nil, err
	}
	v.Expires = p.Expires.Later(expiry(v, t, all))
	if at, ok := v.Expires.Time(); ok && !at.After(p.Started) {
		return nil, &run.Fault{
			Name: run.UnusableCluster, Reason: fmt.Sprintf("the view %s has expired at %s, and is about to be deleted", p.View, v.Expires),
			Remedy: "say with expires until when it is to stay, or drop it first",
		}
	}
	return &v, nil
}

// lentToOthers is the fault of daily indices that would be those of a view.
func (t templates) lentToOthers(indices []string, there map[string]indexConfig) error {
	for _, index := range indices {
		v := there[index].Mappings.Meta.View
		if a := t.applying(index); v == nil && a != nil {
			v = a.Body.Meta.View
		}
		if v != nil {
			return &run.Fault{
				Name: run.UnusableCluster, Reason: fmt.Sprintf("the index %s is one of the view %s beside the indices %s-*, with which it is deleted", index, v.View, v.Prefix),
				Remedy: "choose another index prefix, or drop that view",
			}
		}
	}
	return nil
}

// free is a fault where indices, alias or template of the view are none of its.
func (c *Cluster) free(ctx context.Context, v view, t templates, there map[string]indexConfig, indices []string) error {
	taken := func(format string, args ...any) error {
		return &run.Fault{
			Name: run.UnusableCluster, Reason: fmt.Sprintf("the view %s cannot be filled: ", v.View) + fmt.Sprintf(format, args...),
			Remedy: "give the view another name",
		}
	}
	for _, index := range sortedKeys(there) {
		if !v.is(there[index].Mappings.Meta.View) {
			return taken("the index %s is there, and none of it", index)
		}
	}
	for _, other := range t.composable {
		switch {
		case other.Name == v.template() && !v.is(other.Body.Meta.View):
			return taken("the index template %s is there, and none of it", other.Name)
		case other.Name == v.template():
		case other.Name == templateName(v.alias()):
			return taken("%s is the index prefix of others, whose index template %s is", v.alias(), other.Name)
		case other.Body.Priority >= viewPriority && other.Name != loadingName(v.alias()) &&
			slices.ContainsFunc(indices, other.Body.IndexPatterns.match):
			return taken("the index template %s applies to its indices with a priority of %d, and would take their mark from them", other.Name, other.Body.Priority)
		}
	}
	all, err := c.indexConfigs(ctx, []string{v.alias()}, "look at what is called "+v.alias())
	if err != nil {
		return err
	}
	for _, index := range sortedKeys(all) {
		if !v.has(index) {
			return taken("its alias %s is the name of the index %s, or an alias of it", v.alias(), index)
		}
	}
	return nil
}

// ofView says that a view's own template is to be there, and makes its indices.
func ofView(indices []string) use {
	return use{applies: map[string]string{}, streams: map[string]string{}, bare: indices[0], wanted: true}
}

// lendable has what is there of the view say what its template says. It is a fault
// where that is not as this program puts it: what it makes may have no mark.
func (c *Cluster) lendable(ctx context.Context, v *view, u use) error {
	switch {
	case v == nil:
		return nil
	case u.known == nil:
		return &run.Fault{
			Name: run.UnusableCluster, Reason: fmt.Sprintf("the index template %s is not as this program puts it: somebody has changed it, or a newer version has put it", v.template()),
			Remedy: "delete that template, or use the newer version",
		}
	}
	return c.markLent(ctx, *v)
}

// expiry is the latest that any mark of the view says.
func expiry(v view, t templates, indices map[string]indexConfig) run.Expiry {
	var latest run.Expiry
	for _, c := range t.composable {
		if c.Name == v.template() && v.is(c.Body.Meta.View) {
			latest = latest.Later(c.Body.Meta.View.Expires)
		}
	}
	for _, index := range indices {
		latest = latest.Later(index.Mappings.Meta.View.Expires)
	}
	return latest
}

// lentIndices are those of the view: by their names and their marks.
func (c *Cluster) lentIndices(ctx context.Context, v view) (map[string]indexConfig, error) {
	all, err := c.indexConfigs(ctx, indexPatterns(v.alias()), "look for the indices of the view "+v.View)
	maps.DeleteFunc(all, func(name string, index indexConfig) bool { return !v.has(name) || !v.is(index.Mappings.Meta.View) })
	return all, err
}

// indexConfigs reads marks, replicas and aliases of the indices of a name or pattern
// that are there.
func (c *Cluster) indexConfigs(ctx context.Context, names []string, doing string) (map[string]indexConfig, error) {
	yes := true
	all := map[string]indexConfig{}
	err := c.ask(ctx, esapi.IndicesGetRequest{
		Index: escapeAll(names), IgnoreUnavailable: &yes, AllowNoIndices: &yes,
		FilterPath: []string{"*.aliases", "*.settings.index.uuid", "*.settings.index.number_of_replicas", "*.mappings._meta." + owner, "*.mappings._meta." + viewKey},
	}, doing, &all, func() bool {
		unknown := func(i indexConfig) bool { return i.Settings.Index.UUID == "" }
		return all != nil && !slices.ContainsFunc(slices.Collect(maps.Values(all)), unknown)
	})
	return all, err
}

// markLent has all indices of a view say when it expires.
func (c *Cluster) markLent(ctx context.Context, v view) error {
	all, err := c.lentIndices(ctx, v)
	if err != nil {
		return err
	}
	bodies := map[string][]string{} // indices by what their mapping is told
	for _, name := range sortedKeys(all) {
		m := all[name].Mappings.Meta
		if m.View.Expires == v.Expires {
			continue
		}
		m.View = &v
		b, err := m.body()
		if err != nil {
			return err
		}
		bodies[b] = append(bodies[b], name)
	}
	return c.putMeta(ctx, bodies, "tell when they expire to")
}

// putMeta gives indices, by the bodies of their requests, another _meta. One that is
// gone is passed over.
func (c *Cluster) putMeta(ctx context.Context, bodies map[string][]string, doing string) error {
	yes := true
	for _, body := range sortedKeys(bodies) {
		for some := range chunkByPath(bodies[body]) {
			req := esapi.IndicesPutMappingRequest{Index: escapeAll(some), Body: bytes.NewReader([]byte(body)), IgnoreUnavailable: &yes, AllowNoIndices: &yes}
			if err := c.change(ctx, req, doing+" "+several(some)); err != nil {
				return err
			}
		}
	}
	return nil
}

// body is the request that gives an index these marks and no others.
func (m indexMeta) body() (string, error) {
	b, err := json.Marshal(map[string]indexMeta{"_meta": m})
	if err != nil {
		return "", fmt.Errorf("write the marks of an index: %w", err)
	}
	return string(b), nil
}
