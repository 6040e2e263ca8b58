package cluster

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

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
			return nil, nil //nolint:nilerr // the embedded store keeps all indices in one place; who may not ask is not told
		}
		size += *all.All.Total.Store.Size
	}
	return &size, nil
}

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

// Drop deletes a view, whenever it expires: its indices, but for those that hold
// anything else, and its template.
func (c *Cluster) Drop(ctx context.Context, s run.Settings, name string) (run.Deletion, error) {
	l, err := c.lending(ctx, s.IndexPrefix, name)
	if err != nil {
		return run.Deletion{}, err
	}
	if l == nil {
		return run.Deletion{}, noView(name)
	}
	return c.remove(ctx, s, l, time.Time{})
}

// Expire deletes the views that have expired by now; with dry, it only tells which
// these are. Whatever is done twice or ends early, the next goes on with: as long as
// anything of a view is there, its mark is.
func (c *Cluster) Expire(ctx context.Context, s run.Settings, now time.Time, dry bool) ([]run.Deletion, error) {
	lent, err := c.lentAll(ctx, s.IndexPrefix)
	if err != nil {
		return nil, err
	}
	var done []run.Deletion
	for _, name := range slices.Sorted(maps.Keys(lent)) {
		l := lent[name]
		if !l.due(now) {
			continue
		}
		var d run.Deletion
		if dry {
			d = run.Deletion{View: l.View, Expires: l.Expires, Deleted: sortedKeys(l.indices)}
		} else if d, err = c.remove(ctx, s, l, now); err != nil {
			return done, err
		}
		done = append(done, d)
	}
	return done, nil
}

// due tells whether it has expired; at the zero time, everything has.
func (v view) due(now time.Time) bool {
	at, ok := v.Expires.Time()
	return now.IsZero() || ok && !at.After(now)
}

// remove deletes a view that is due at now, index by index.
func (c *Cluster) remove(ctx context.Context, s run.Settings, l *lending, now time.Time) (run.Deletion, error) {
	d := run.Deletion{View: l.View, Expires: l.Expires}
	for _, name := range sortedKeys(l.indices) {
		why, err := c.deletes(ctx, s, l.view, name, now)
		if err != nil {
			return d, err
		}
		if why != "" {
			d.Kept = append(d.Kept, run.Kept{Index: name, Why: why})
			continue
		}
		d.Deleted = append(d.Deleted, name)
	}
	// As long as the template is there, there may be something left to do.
	left, err := c.lending(ctx, s.IndexPrefix, l.View)
	if err != nil || left == nil || len(left.indices) > 0 || !left.due(now) {
		return d, err
	}
	for name, there := range map[string]bool{loadingName(l.alias()): left.loading, l.view.template(): left.template} {
		if there {
			err = cmp.Or(err, c.deleteTemplate(ctx, name))
		}
	}
	return d, err
}

func (c *Cluster) deleteTemplate(ctx context.Context, name string) error {
	a, err := c.do(ctx, esapi.IndicesDeleteIndexTemplateRequest{Name: escape(name)})
	if err != nil || a.status == http.StatusNotFound {
		return err
	}
	return c.acknowledged(a, "remove the index template "+name)
}

// deletes deletes one index of a view, or tells why it is kept. It looks at
// everything once more first: what was seen a while ago may have been extended, or
// taken for something else.
func (c *Cluster) deletes(ctx context.Context, s run.Settings, v view, name string, now time.Time) (kept string, err error) {
	l, err := c.lending(ctx, s.IndexPrefix, v.View)
	if err != nil || l == nil {
		return "", err
	}
	index, there := l.indices[name]
	switch {
	case !there: // somebody else has deleted it
		return "", nil
	case !l.due(now):
		return fmt.Sprintf("its view was extended meanwhile, until %s", l.Expires), nil
	}
	for _, alias := range sortedKeys(index.Aliases) {
		if alias != v.alias() {
			return "it has another alias, " + alias, nil
		}
	}
	if kept, err = c.foreign(ctx, s, v, name); kept != "" || err != nil {
		return kept, err
	}
	a, err := c.do(ctx, esapi.IndicesDeleteRequest{Index: []string{escape(name)}})
	if err != nil || a.status == http.StatusNotFound {
		return "", err
	}
	return "", c.acknowledged(a, "delete the index "+name)
}

// foreign tells what an index holds that no run has put there: documents of another
// time than its day, or with ids that are none of an event.
func (c *Cluster) foreign(ctx context.Context, s run.Settings, v view, name string) (string, error) {
	day, err := time.Parse(time.DateOnly, strings.TrimPrefix(name, v.alias()+"-"))
	if err != nil {
		return "its name tells no day", nil //nolint:nilerr // that is the answer
	}
	if err := c.refresh(ctx, []string{name}); err != nil {
		return "", err
	}
	y, m, d := day.Date()
	from, to := run.StartOfDay(y, m, d, s.Zone), run.StartOfDay(y, m, d+1, s.Zone)
	found, err := c.search(ctx, []search{
		{index: name, all: true, ids: sampleSize},
		{index: name, all: true, ids: sampleSize, last: true},
		{index: name, from: from, to: to},
	})
	if err != nil {
		return "", err
	}
	for _, f := range found {
		switch at := slices.IndexFunc(f.ids, isForeign); {
		case f.refused != nil:
			return "the cluster does not tell what it holds: " + f.refused.Reason, nil
		case f.documents == nil:
			return "the cluster does not tell what it holds: a shard failed, or took too long", nil
		case at >= 0:
			return fmt.Sprintf("it holds the document %q, whose id is none of an event", f.ids[at]), nil
		}
	}
	if all, ofDay := *found[0].documents, *found[2].documents; all != ofDay {
		return fmt.Sprintf("it holds %d documents that are not of its day in %s", all-ofDay, s.Zone), nil
	}
	return "", nil
}
