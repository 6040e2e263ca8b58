package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// loading marks, in the _meta of its mapping, an index that is loaded with other
// replicas than it is to have. Only such an index is ever changed.
type loading struct {
	Run string `json:"run"`
	// Loads are the replicas that it was made with, Replicas those that it is to
	// have; nil for the cluster's default.
	Loads    int  `json:"loads"`
	Replicas *int `json:"replicas"`
}

// loadingName is the name of the template for the indices that a run makes. No
// index prefix gives the name of another template of ours.
func loadingName(prefix string) string { return owner + ".loading-" + prefix }

// beginLoading gives those of missing to which our template will apply one of
// their own with s.LoadReplicas, which names each of them and so can apply to no
// other. First it ends what another run has left behind, if there is a sign of it:
// a run that is still on loses nothing but speed by that. It returns warnings.
func (c *Cluster) beginLoading(ctx context.Context, s run.Settings, name string, there map[string]indexConfig, missing []string, t templates, u use) ([]string, error) {
	left := t.loading != nil && t.loading.Body.Meta.Run != name
	for _, index := range there {
		l := index.Mappings.Meta.Loading
		left = left || l != nil && l.Run != name
	}
	var warnings []string
	if left {
		err := c.endLoading(ctx, s.IndexPrefix, func(other string) bool { return other != name })
		var f *run.Fault
		if errors.As(err, &f) && (f.Name == run.Denied || f.Name == run.UnusableCluster) {
			warnings = append(warnings, fmt.Sprintf("an earlier run has left indices without the replicas that they are to have: %v", err))
		} else if err != nil {
			return nil, err
		}
	}
	if s.LoadReplicas < 0 || s.LoadReplicas == s.Replicas {
		return warnings, nil
	}
	var ours, others []string
	for _, index := range missing {
		if applying := t.applying(index); u.known != nil && (applying == nil || applying.Name == t.ours) {
			ours = append(ours, index)
		} else {
			others = append(others, index)
		}
	}
	if len(others) > 0 {
		warnings = append(warnings, fmt.Sprintf("%s will be made by an index template that is not ours, with the replicas that it says: loadReplicas does nothing there", several(others)))
	}
	if len(ours) == 0 {
		return warnings, nil
	}
	template := loadingName(s.IndexPrefix)
	a, err := c.put(ctx, template, u.known.loading(s, name, ours))
	if err != nil {
		return nil, err
	}
	return warnings, c.acknowledged(a, putting(template))
}

// loading is d for indices that a run makes.
func (d definition) loading(s run.Settings, name string, indices []string) definition {
	mark := loading{Run: name, Loads: s.LoadReplicas}
	if s.Replicas >= 0 {
		mark.Replicas = &s.Replicas
	}
	d.IndexPatterns, d.Priority = indices, d.Priority+1
	d.Meta = meta{ManagedBy: owner, Run: name, Description: "Put by a run of rehydrate for the indices that it makes, and removed when it ends."}
	d.Template.Settings = maps.Clone(d.Template.Settings)
	d.Template.Settings[numberOfReplicas] = s.LoadReplicas
	d.Template.Mappings = maps.Clone(d.Template.Mappings)
	marks := map[string]any{owner: mark}
	if others, ok := d.Template.Mappings["_meta"].(map[string]any); ok {
		maps.Copy(marks, others)
	}
	d.Template.Mappings["_meta"] = marks
	return d
}

// EndLoading gives the indices that a run has made the replicas that they are to
// have, and removes the template by which it made them. It may be called again at
// any time: what is done, is left. An index that was there before the run, or
// whose replicas somebody else has changed since, keeps what it has.
//
// Its errors are faults. What they left undone, the next run's Prepare does.
func (c *Cluster) EndLoading(ctx context.Context, prefix, name string) error {
	return c.endLoading(ctx, prefix, func(run string) bool { return run == name })
}

// endLoading ends that of the runs that are of those. The template goes when all
// of its indices have theirs: as long as it is there, something may be left to do.
func (c *Cluster) endLoading(ctx context.Context, prefix string, those func(run string) bool) error {
	if err := c.restore(ctx, prefix, those); err != nil {
		return err
	}
	t, err := c.templates(ctx, prefix)
	if err != nil || t.loading == nil || !those(t.loading.Body.Meta.Run) {
		return err
	}
	doing := "remove the index template " + t.loading.Name
	a, err := c.do(ctx, esapi.IndicesDeleteIndexTemplateRequest{Name: escape(t.loading.Name)})
	if err != nil {
		return err
	}
	if a.status != http.StatusNotFound {
		if err := c.acknowledged(a, doing); err != nil {
			return err
		}
	}
	// A call that outlived its run may have made one until now.
	return c.restore(ctx, prefix, those)
}

// restore gives the indices that are marked by those runs their replicas, and then
// takes the mark away.
func (c *Cluster) restore(ctx context.Context, prefix string, those func(run string) bool) error {
	all, err := c.marked(ctx, prefix)
	if err != nil {
		return err
	}
	replicas := map[string][]string{} // indices by the replicas that they are to have, as JSON
	bodies := map[string][]string{}   // and by what is left of their marks
	for _, index := range sortedKeys(all) {
		l := all[index].Mappings.Meta.Loading
		if l == nil || !those(l.Run) {
			continue
		}
		meta := all[index].Mappings.Meta
		meta.Loading = nil
		body, err := meta.body()
		if err != nil {
			return err
		}
		bodies[body] = append(bodies[body], index)
		if all[index].Settings.Index.Replicas != strconv.Itoa(l.Loads) {
			continue // somebody has changed them
		}
		// A number, or null, which is the cluster's default.
		b, err := json.Marshal(l.Replicas)
		if err != nil {
			return fmt.Errorf("write the replicas of %s: %w", index, err)
		}
		replicas[string(b)] = append(replicas[string(b)], index)
	}
	yes := true
	for _, number := range sortedKeys(replicas) {
		for some := range chunkByPath(replicas[number]) {
			body := strings.NewReader(`{"` + numberOfReplicas + `":` + number + `}`)
			if err := c.flush(ctx, some); err != nil {
				return err
			}
			req := esapi.IndicesPutSettingsRequest{Index: escapeAll(some), Body: body, IgnoreUnavailable: &yes}
			if err := c.change(ctx, req, "give "+several(some)+" their replicas"); err != nil {
				return err
			}
		}
	}
	return c.putMeta(ctx, bodies, "take the mark of a run from")
}

// flush has what was indexed so far written into files. A new replica copies these;
// what is in the translog alone it has to index once more.
func (c *Cluster) flush(ctx context.Context, indices []string) error {
	var done struct {
		Shards *shards `json:"_shards"`
	}
	yes := true
	req := esapi.IndicesFlushRequest{Index: escapeAll(indices), IgnoreUnavailable: &yes, AllowNoIndices: &yes}
	return c.ask(ctx, req, "flush "+several(indices), &done, func() bool { return done.Shards.sound() })
}

func (c *Cluster) change(ctx context.Context, req esapi.Request, doing string) error {
	a, err := c.do(ctx, req)
	if err != nil {
		return err
	}
	return c.acknowledged(a, doing)
}

// marked reads the marks and replicas of all daily indices of a prefix.
func (c *Cluster) marked(ctx context.Context, prefix string) (map[string]indexConfig, error) {
	return c.indexConfigs(ctx, indexPatterns(prefix), "look for indices that a run has made")
}
