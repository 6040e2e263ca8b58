package clustertest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/rehydrate/rehydrate/internal/run"
)

// lender has days of two views, and the daily indices beside them.
type lender struct {
	*loader
	now time.Time
}

const lentView = "incident"

func newLender(t *testing.T, s *suite) *lender {
	t.Helper()
	l := &lender{newLoader(t, s), time.Date(2018, 12, 20, 12, 0, 0, 0, tokyo())}
	l.settings.LoadReplicas = -1
	l.fresh(t)
	return l
}

// fresh begins anew, with two days in each view; the other one never expires.
func (l *lender) fresh(t *testing.T) {
	t.Helper()
	l.clear(t)
	l.again(t)
	l.clear(t)
	if _, err := l.Prepare(t.Context(), l.settings, l.plan("before")); err != nil {
		t.Fatal(err)
	}
	l.create(t, 0)
	l.fill(t, lentView, "1d")
	l.fill(t, "other", "")
}

// clear deletes all that it has made: an engine has room for so many shards.
func (l *lender) clear(t *testing.T) {
	t.Helper()
	if l.target.NoSizes {
		return // the embedded store begins empty, has room for all, and takes a while to delete
	}
	l.delete(t, l.days[:]...)
	l.send(t, esapi.IndicesDeleteIndexTemplateRequest{Name: "rehydrate-" + l.prefix})
	for _, view := range []string{lentView, "other"} {
		l.delete(t, l.index(view, 0), l.index(view, 1), l.index(view, 2))
		l.send(t, esapi.IndicesDeleteIndexTemplateRequest{Name: l.viewTemplate(view)})
	}
}

func (l *lender) viewTemplate(view string) string { return "rehydrate.view-" + l.prefix + "-" + view }

func (l *lender) index(view string, day int) string {
	return strings.Replace(l.days[day], l.prefix, l.prefix+"-"+view, 1)
}

// lend prepares a run that fills a view.
func (l *lender) lend(t *testing.T, view, expires string) (run.Prepared, error) {
	t.Helper()
	p := l.plan("lent")
	p.View, p.Started = view, l.now
	var err error
	if p.Expires, err = run.ParseExpiry(expires, l.now); err != nil {
		t.Fatal(err)
	}
	return l.Prepare(t.Context(), l.settings, p)
}

// fill puts a document into each of the first two days of a view.
func (l *lender) fill(t *testing.T, view, expires string) {
	t.Helper()
	if p, err := l.lend(t, view, expires); err != nil || p.Template != l.viewTemplate(view) {
		t.Fatalf("%+v, %v", p, err)
	}
	for day := range 2 {
		l.put(t, l.index(view, day), strings.Repeat("3", 56), l.noon(day))
	}
}

// noon of a day, by the name of its index.
func (l *lender) noon(day int) string {
	return l.days[day][len(l.days[day])-10:] + "T12:00:00.000+09:00"
}

func (l *lender) put(t *testing.T, index, id, at string) {
	t.Helper()
	if i := l.items(t, line(index, id, source(at, `"a"`)))[0]; i.Status != http.StatusCreated {
		t.Fatalf("create: %+v", i)
	}
}

// there are those of the indices that are there: of both views, and the daily one.
func (l *lender) there(t *testing.T) string {
	t.Helper()
	var all map[string]any
	yes := true
	names := []string{l.days[0]}
	for _, view := range []string{lentView, "other"} {
		names = append(names, l.index(view, 0), l.index(view, 1))
	}
	l.must(t, esapi.IndicesGetRequest{Index: names, IgnoreUnavailable: &yes}).decode(t, &all)
	var found []string
	for _, name := range names {
		if _, ok := all[name]; ok {
			found = append(found, strings.TrimPrefix(name, l.prefix+"-"))
		}
	}
	for _, view := range []string{lentView, "other"} {
		if l.send(t, esapi.IndicesGetIndexTemplateRequest{Name: l.viewTemplate(view)}).status == http.StatusOK {
			found = append(found, view)
		}
	}
	return strings.Join(found, " ")
}

const (
	lentThere = "2018-12-09 incident-2018-12-09 incident-2018-12-10 other-2018-12-09 other-2018-12-10 incident other"
	lentGone  = "2018-12-09 other-2018-12-09 other-2018-12-10 other"
)

// A view has indices and an alias of its own, and a listing tells what it holds.
func testViews(t *testing.T, s *suite) {
	l := newLender(t, s)
	defer l.clear(t)
	l.refresh(t, l.prefix+"-"+lentView)
	var found struct{ Count int }
	l.must(t, esapi.CountRequest{Index: []string{l.prefix + "-" + lentView}}).decode(t, &found)
	if found.Count != 2 {
		t.Errorf("by its alias %d documents are found", found.Count)
	}
	views, err := l.Views(t.Context(), l.settings)
	if err != nil || len(views) != 2 {
		t.Fatalf("%+v, %v", views, err)
	}
	v := views[0]
	if v.Documents == nil || *v.Documents != 2 || v.Name != lentView || v.Alias != l.prefix+"-"+lentView || v.Indices != 2 || v.First != "2018-12-09" || v.Last != "2018-12-10" ||
		v.Expires != "2018-12-21T12:00:00+09:00" || views[1].Name != "other" || views[1].Expires != "" {
		t.Errorf("listed are %+v", views)
	}
	if known := v.Bytes != nil && *v.Bytes > 0; known == l.target.NoSizes {
		t.Errorf("its size is %v", v.Bytes)
	}
	// A run that says nothing leaves the expiry; one that says a later time extends it,
	// of the indices that are there, too.
	for _, step := range [][2]string{{"", "2018-12-21T12:00:00+09:00"}, {"1d", "2018-12-21T12:00:00+09:00"}, {"3d", "2018-12-23T12:00:00+09:00"}, {"2d", "2018-12-23T12:00:00+09:00"}} {
		if _, err := l.lend(t, lentView, step[0]); err != nil {
			t.Fatal(err)
		}
		l.wantsExpiry(t, step[1])
	}
	if _, err := l.Extend(t.Context(), l.settings, lentView, "2d", l.now); err == nil || !strings.Contains(err.Error(), "stays until") {
		t.Errorf("extended to an earlier time: %v", err)
	}
	if v, err := l.Extend(t.Context(), l.settings, lentView, "none", l.now); err != nil || v.Expires != run.Never {
		t.Errorf("extended: %+v, %v", v, err)
	}
	l.wantsExpiry(t, "none")
	l.put(t, l.index(lentView, 2), strings.Repeat("3", 56), l.noon(2))
	l.wantsExpiry(t, "none")
	if _, err := l.Extend(t.Context(), l.settings, "unknown", "2d", l.now); err == nil || !strings.Contains(err.Error(), "no view unknown") {
		t.Errorf("extended what is not there: %v", err)
	}
	// Its replicas are given to it, and its mark stays.
	l.settings.LoadReplicas = 0
	l.fresh(t)
	if err := l.EndLoading(t.Context(), l.prefix+"-"+lentView, "lent"); err != nil {
		t.Fatal(err)
	}
	l.wantsExpiry(t, "2018-12-21T12:00:00+09:00")
	if err := l.EndLoading(t.Context(), l.prefix+"-other", "lent"); err != nil {
		t.Fatal(err)
	}
	if done, err := l.Drop(t.Context(), l.settings, lentView); err != nil || len(done.Deleted) != 2 || l.there(t) != lentGone {
		t.Errorf("dropped: %+v, %v; there are %s", done, err, l.there(t))
	}
}

// wantsExpiry looks at the marks of all indices of the view.
func (l *lender) wantsExpiry(t *testing.T, want string) {
	t.Helper()
	var all map[string]struct {
		Mappings struct {
			Meta struct {
				View struct{ Expires string } `json:"rehydrate_view"`
			} `json:"_meta"`
		}
	}
	l.must(t, esapi.IndicesGetRequest{Index: []string{l.prefix + "-" + lentView + "-*"}}).decode(t, &all)
	for name, index := range all {
		if index.Mappings.Meta.View.Expires != want {
			t.Errorf("%s expires %q, want %q", name, index.Mappings.Meta.View.Expires, want)
		}
	}
	if len(all) < 2 {
		t.Errorf("there are %d indices", len(all))
	}
}

// A view may not take what is somebody else's, nor somebody else what is a view's.
func testViewsTaken(t *testing.T, s *suite) {
	l := newLender(t, s)
	defer l.clear(t)
	refused := func(what, says string, err error) {
		t.Helper()
		var f *run.Fault
		if !errors.As(err, &f) || f.Name != run.UnusableCluster || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want something with %q", what, err, says)
		}
	}
	lend := func(view string) error {
		_, err := l.lend(t, view, "1d")
		return err
	}
	l.delete(t, l.index("taken", 0), l.prefix+"-alias", l.index("alias", 0))
	l.put(t, l.index("taken", 0), strings.Repeat("3", 56), l.noon(0))
	refused("an index without a mark", "none of it", lend("taken"))
	l.put(t, l.prefix+"-alias", strings.Repeat("3", 56), l.noon(0))
	refused("an index with the name of the alias", "its alias", lend("alias"))
	others := l.settings
	others.IndexPrefix = l.prefix + "-staging"
	if _, err := l.Prepare(t.Context(), others, l.plan("live")); err != nil {
		t.Fatal(err)
	}
	refused("the prefix of another stack", "index prefix of others", lend("staging"))
	l.must(t, esapi.IndicesDeleteIndexTemplateRequest{Name: "rehydrate-" + others.IndexPrefix})
	others.IndexPrefix = l.prefix + "-" + lentView
	_, err := l.Prepare(t.Context(), others, l.plan("live"))
	refused("another stack whose prefix is a view", "is one of the view", err)
	l.must(t, esapi.IndicesPutIndexTemplateRequest{Name: l.prefix, Body: strings.NewReader(fmt.Sprintf(`{"index_patterns":["%s-high-*"],"priority":2000000}`, l.prefix))})
	refused("a template above ours", "would take their mark", lend("high"))
	l.must(t, esapi.IndicesDeleteIndexTemplateRequest{Name: l.prefix})
	l.now = l.now.AddDate(0, 0, 2)
	_, err = l.lend(t, lentView, "")
	refused("a view that has expired", "has expired", err)
	l.delete(t, l.index("taken", 0), l.prefix+"-alias")
}
