package views

import (
	"context"
	"fmt"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// keeper looks after the views of a cluster; a *cluster.Cluster is one.
type keeper interface {
	Views(ctx context.Context, s run.Settings) ([]run.View, error)
	Extend(ctx context.Context, s run.Settings, name, expires string, now time.Time) (run.View, error)
	Drop(ctx context.Context, s run.Settings, name string) (run.Deletion, error)
	Expire(ctx context.Context, s run.Settings, now time.Time, dry bool) ([]run.Deletion, error)
}

// handler does what is asked about views.
type handler struct {
	settings run.Settings
	connect  func(context.Context) (keeper, error)
	now      func() time.Time
}

// Views lists, extends, drops, or deletes what has expired. What was deleted, and
// what will be within a day, is to be told.
func (h handler) Views(ctx context.Context, req run.ViewsRequest) (run.ViewsAnswer, error) {
	c, err := h.connect(ctx)
	if err != nil {
		return run.ViewsAnswer{}, err
	}
	var a run.ViewsAnswer
	switch req.Do {
	case run.ListViews:
		a.Views, err = c.Views(ctx, h.settings)
	case run.ExtendView:
		var v run.View
		v, err = c.Extend(ctx, h.settings, req.View, req.Expires, h.now().In(h.settings.Zone))
		a.Views = []run.View{v}
	case run.DropView:
		var d run.Deletion
		d, err = c.Drop(ctx, h.settings, req.View)
		a.Deletions = []run.Deletion{d}
	case run.ExpireAll:
		a, err = h.expire(ctx, c, req.DryRun)
	default:
		err = &run.Fault{
			Name: run.InvalidRequest, Reason: fmt.Sprintf("do: %q is no task", req.Do),
			Remedy: `give "list", "extend", "drop" or "expire"`,
		}
	}
	if err != nil {
		return run.ViewsAnswer{}, err
	}
	for i := range a.Deletions {
		a.Deletions[i] = shorten(a.Deletions[i])
	}
	return a, nil
}

func (h handler) expire(ctx context.Context, c keeper, dry bool) (run.ViewsAnswer, error) {
	now := h.now()
	deletions, err := c.Expire(ctx, h.settings, now, dry)
	if err != nil || dry {
		return run.ViewsAnswer{Deletions: deletions}, err
	}
	left, err := c.Views(ctx, h.settings)
	if err != nil {
		return run.ViewsAnswer{}, err
	}
	a := run.ViewsAnswer{Deletions: deletions}
	var soon []run.View
	for _, v := range left {
		if at, ok := v.Expires.Time(); ok && at.After(now) && v.Soon(now) {
			soon = append(soon, v)
		}
	}
	if len(deletions)+len(soon) > 0 {
		a.Tell = true
		a.Subject, a.Message = letter(h.settings, deletions, soon)
	}
	return a, nil
}

// most is how many indices of a view an answer names: it passes between states.
const most = 40

func shorten(d run.Deletion) run.Deletion {
	if n := len(d.Deleted); n > most {
		d.Deleted = append(d.Deleted[:most:most], fmt.Sprintf("and %d more", n-most))
	}
	if n := len(d.Kept); n > most {
		d.Kept = append(d.Kept[:most:most], run.Kept{Index: fmt.Sprintf("and %d more", n-most)})
	}
	return d
}
