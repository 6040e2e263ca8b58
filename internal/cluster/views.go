package cluster

import (
	"context"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// Views lists the views beside the daily indices of s, by name. What they hold is
// counted after a refresh. Its errors are faults.
func (c *Cluster) Views(ctx context.Context, s run.Settings) ([]run.View, error) {
	lent, err := c.lentAll(ctx, s.IndexPrefix)
	if err != nil {
		return nil, err
	}
	views := make([]run.View, 0, len(lent))
	for _, name := range sortedKeys(lent) {
		v, err := c.describe(ctx, lent[name])
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}

// lending is a view as it is in the cluster.
type lending struct {
	view    // with the expiry of the whole
	indices map[string]indexConfig
	// template and loading say which of its templates are there.
	template, loading bool
}

// lentAll are all views of an index prefix, by name: those of which a template or an
// index is there.
func (c *Cluster) lentAll(ctx context.Context, prefix string) (map[string]*lending, error) {
	t, err := c.templates(ctx, prefix)
	if err != nil {
		return nil, err
	}
	all, err := c.indexConfigs(ctx, []string{prefix + "-*"}, "look for the indices of views")
	if err != nil {
		return nil, err
	}
	lent := map[string]*lending{}
	of := func(mark *view) *lending {
		l := lent[mark.View]
		if l == nil {
			l = &lending{view: *mark, indices: map[string]indexConfig{}}
			lent[mark.View] = l
		}
		l.Expires = l.Expires.Later(mark.Expires)
		return l
	}
	for _, other := range t.composable {
		if mark := other.Body.Meta.View; mark != nil && mark.Prefix == prefix && other.Name == mark.template() {
			of(mark).template = true
		}
	}
	for name, index := range all {
		if mark := index.Mappings.Meta.View; mark != nil && mark.Prefix == prefix && mark.has(name) {
			of(mark).indices[name] = index
		}
	}
	for _, l := range lent {
		l.loading = slices.ContainsFunc(t.composable, func(c composableTemplate) bool {
			return c.Name == loadingName(l.alias()) && c.Body.Meta.ManagedBy == owner
		})
	}
	return lent, nil
}

// lending is one view; nil where there is none of that name.
func (c *Cluster) lending(ctx context.Context, prefix, name string) (*lending, error) {
	lent, err := c.lentAll(ctx, prefix)
	return lent[name], err
}

// describe tells what a view holds.
func (c *Cluster) describe(ctx context.Context, l *lending) (run.View, error) {
	names := sortedKeys(l.indices)
	v := run.View{Name: l.View, Alias: l.alias(), Expires: l.Expires, Indices: len(names)}
	if len(names) == 0 {
		return v, nil
	}
	day := func(name string) string { return strings.TrimPrefix(name, l.alias()+"-") }
	v.First, v.Last = day(names[0]), day(names[len(names)-1])
	var documents int64
	known := true
	for some := range chunkByPath(names) {
		if err := c.refresh(ctx, some); err != nil {
			return v, err
		}
		searches := make([]search, len(some))
		for i, name := range some {
			searches[i] = search{index: name, all: true}
		}
		found, err := c.search(ctx, searches)
		if err != nil {
			return v, err
		}
		for _, f := range found {
			if f.documents == nil {
				known = false
				continue
			}
			documents += *f.documents
		}
	}
	if known {
		v.Documents = &documents
	}
	var err error
	v.Bytes, err = c.stored(ctx, names)
	return v, err
}

// stored is what indices take on disk with their replicas, in bytes; nil where the
// cluster does not tell.
func (c *Cluster) stored(ctx context.Context, names []string) (*int64, error) {
	var size int64
	for some := range chunkByPath(names) {
		a, err := c.do(ctx, esapi.IndicesStatsRequest{Index: escapeAll(some), Metric: []string{"store"}, FilterPath: []string{"_all.total.store.size_in_bytes"}})
		if err != nil {
			return nil, err
		}
		var all struct {
			All struct {
				Total struct {
					Store struct {
						Size *int64 `json:"size_in_bytes"`
					}
				}
			} `json:"_all"`
		}
		if c.read(a, "tell the size of "+several(some), &all, func() bool { return all.All.Total.Store.Size != nil }) != nil {
			return nil, nil // the embedded store keeps all indices in one place; who may not ask is not told
		}
		size += *all.All.Total.Store.Size
	}
	return &size, nil
}
