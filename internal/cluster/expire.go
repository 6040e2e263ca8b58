package cluster

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

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
			return "", f.refused
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
