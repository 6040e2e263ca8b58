package views

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// shelf is a keeper of what a test says.
type shelf struct {
	views     []run.View
	deletions []run.Deletion
	asked     []string
}

func (s *shelf) Views(context.Context, run.Settings) ([]run.View, error) { return s.views, nil }

func (s *shelf) Extend(_ context.Context, _ run.Settings, name, expires string, now time.Time) (run.View, error) {
	s.asked = append(s.asked, "extend", name, expires, now.Format(time.RFC3339))
	return run.View{Name: name}, nil
}

func (s *shelf) Drop(_ context.Context, _ run.Settings, name string) (run.Deletion, error) {
	s.asked = append(s.asked, "drop", name)
	return s.deletions[0], nil
}

func (s *shelf) Expire(_ context.Context, _ run.Settings, now time.Time, dry bool) ([]run.Deletion, error) {
	s.asked = append(s.asked, "expire", now.UTC().Format(time.RFC3339), fmt.Sprint(dry))
	return s.deletions, nil
}

var now = time.Date(2018, 12, 20, 3, 0, 0, 0, time.UTC)

func handle(s *shelf) handler {
	zone := time.FixedZone("JST", 9*60*60)
	return handler{
		settings: run.Settings{Stack: "rehydrate", Zone: zone},
		connect:  func(context.Context) (keeper, error) { return s, nil },
		now:      func() time.Time { return now },
	}
}

// Mail says what was deleted, what was kept and why, and a day before what will be;
// there is none where there is nothing to say, nor of a dry run.
func TestMail(t *testing.T) {
	documents := int64(5)
	soon := run.View{Name: "soon", Expires: "2018-12-21T02:00:00Z", First: "2018-12-09", Last: "2018-12-10", Documents: &documents}
	later := run.View{Name: "later", Expires: "2018-12-21T04:00:00Z"}
	gone := run.Deletion{View: "gone", Expires: "2018-12-20T00:00:00Z", Deleted: []string{"p-gone-2018-12-09"}}
	stuck := run.Deletion{View: "stuck", Expires: "2018-12-19T00:00:00Z", Kept: []run.Kept{{Index: "p-stuck-2018-12-09", Why: "it has another alias, x"}}}
	for _, c := range []struct {
		what  string
		shelf shelf
		dry   bool
		says  []string
		not   string
	}{
		{what: "nothing", shelf: shelf{views: []run.View{later, {Name: "never", Expires: run.Never}, {Name: "unsaid"}}}},
		{what: "soon", shelf: shelf{views: []run.View{soon, later}}, says: []string{"Will be deleted: view soon (2018-12-09 to 2018-12-10, 5 documents) expires at 2018-12-21T02:00:00Z", "rehydrate extend soon"}, not: "later"},
		{what: "gone", shelf: shelf{deletions: []run.Deletion{gone}}, says: []string{"Deleted: view gone", "p-gone-2018-12-09"}},
		{what: "kept", shelf: shelf{deletions: []run.Deletion{stuck}}, says: []string{"Kept", "p-stuck-2018-12-09, because it has another alias, x"}, not: "Deleted"},
		{what: "dry", shelf: shelf{deletions: []run.Deletion{gone}}, dry: true},
	} {
		a, err := handle(&c.shelf).Views(t.Context(), run.ViewsRequest{Do: run.ExpireAll, DryRun: c.dry})
		if err != nil || a.Tell != (len(c.says) > 0) || len(a.Deletions) != len(c.shelf.deletions) {
			t.Errorf("%s: %+v, %v", c.what, a, err)
		}
		for _, want := range c.says {
			if !strings.Contains(a.Message, want) || c.not != "" && strings.Contains(a.Message, c.not) {
				t.Errorf("%s: the message is %q", c.what, a.Message)
			}
		}
		if len(a.Subject) > 100 || strings.Contains(a.Subject, "\n") {
			t.Errorf("%s: the subject is %q", c.what, a.Subject)
		}
	}
}

func TestTasks(t *testing.T) {
	many := run.Deletion{View: "a"}
	for i := range 1000 {
		many.Deleted = append(many.Deleted, fmt.Sprint(i))
	}
	for _, c := range []struct {
		req   run.ViewsRequest
		asked string
	}{
		{run.ViewsRequest{Do: run.ListViews}, ""},
		{run.ViewsRequest{Do: run.ExtendView, View: "a", Expires: "7d"}, "extend a 7d 2018-12-20T12:00:00+09:00"},
		{run.ViewsRequest{Do: run.DropView, View: "a"}, "drop a"},
		{run.ViewsRequest{Do: run.ExpireAll, DryRun: true}, "expire 2018-12-20T03:00:00Z true"},
	} {
		s := &shelf{deletions: []run.Deletion{many}}
		a, err := handle(s).Views(t.Context(), c.req)
		if err != nil || strings.Join(s.asked, " ") != c.asked {
			t.Errorf("%+v asked %q, %v; want %q", c.req, s.asked, err, c.asked)
		}
		for _, d := range a.Deletions {
			if n := len(d.Deleted); n != most+1 || d.Deleted[most] != "and 960 more" {
				t.Errorf("%d indices are named, last %q", n, d.Deleted[n-1])
			}
		}
	}
	var f *run.Fault
	if _, err := handle(&shelf{}).Views(t.Context(), run.ViewsRequest{Do: "burn"}); !errors.As(err, &f) || f.Name != run.InvalidRequest {
		t.Errorf("an unknown task: %v", err)
	}
}
