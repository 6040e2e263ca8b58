package clustertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// What is due is deleted, and nothing that holds anything else.
func testExpire(t *testing.T, s *suite) {
	l := newLender(t, s)
	defer l.clear(t)
	due := l.now.AddDate(0, 0, 1)
	for _, c := range []struct {
		what string
		now  time.Time
		dry  bool
		// spoil does something to the view before.
		spoil func()
		// kept says why an index is.
		kept  string
		there string
	}{
		{what: "not yet", now: due.Add(-time.Second), there: lentThere},
		{what: "only told", now: due, dry: true, there: lentThere},
		{what: "due", now: due, there: lentGone},
		{
			what: "a document of another loader", now: due, kept: `"theirs", whose id`,
			spoil: func() { l.put(t, l.index(lentView, 0), "theirs", l.noon(0)) },
			there: "2018-12-09 incident-2018-12-09 other-2018-12-09 other-2018-12-10 incident other",
		},
		{
			what: "a document of another day", now: due, kept: "1 documents that are not of its day",
			spoil: func() { l.put(t, l.index(lentView, 0), strings.Repeat("4", 56), l.noon(1)) },
			there: "2018-12-09 incident-2018-12-09 other-2018-12-09 other-2018-12-10 incident other",
		},
		{
			what: "no mark", now: due,
			spoil: func() {
				l.must(t, esapi.IndicesPutMappingRequest{Index: []string{l.index(lentView, 0)}, Body: strings.NewReader(`{"_meta":{}}`)})
			},
			there: "2018-12-09 incident-2018-12-09 other-2018-12-09 other-2018-12-10 other",
		},
		{
			what: "extended", now: due,
			spoil: func() {
				if _, err := l.Extend(t.Context(), l.settings, lentView, "2d", l.now); err != nil {
					t.Fatal(err)
				}
			},
			there: lentThere,
		},
		{
			what: "one of its indices extended", now: due,
			spoil: func() {
				body := fmt.Sprintf(`{"_meta":{"rehydrate_view":{"prefix":%q,"view":%q,"expires":"none"}}}`, l.prefix, lentView)
				l.must(t, esapi.IndicesPutMappingRequest{Index: []string{l.index(lentView, 0)}, Body: strings.NewReader(body)})
			},
			there: lentThere,
		},
	} {
		l.fresh(t)
		if c.spoil != nil {
			c.spoil()
		}
		done, err := l.Expire(t.Context(), l.settings, c.now, c.dry)
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if got := l.there(t); got != c.there {
			t.Errorf("%s: there are %s\nwant %s", c.what, got, c.there)
		}
		if c.dry && (len(done) != 1 || len(done[0].Deleted) != 2) {
			t.Errorf("%s: told is %+v", c.what, done)
		}
		var why []string
		for _, d := range done {
			for _, k := range d.Kept {
				why = append(why, k.Why)
			}
		}
		if (c.kept == "") != (len(why) == 0) || c.kept != "" && !slices.ContainsFunc(why, func(w string) bool { return strings.Contains(w, c.kept) }) {
			t.Errorf("%s: kept because %q, want %q", c.what, why, c.kept)
		}
	}
}

// Wherever it is killed, what deletes never deletes anything else, and the next goes on
// with it to its end; what extends never brings the end nearer.
func testExpireKilled(t *testing.T, s *suite) {
	l := newLender(t, s)
	defer l.clear(t)
	due := l.now.AddDate(0, 0, 1)
	step := 1
	if l.target.NoSizes {
		step = 3 // see clear
	}
	for _, doing := range []string{"expire", "extend"} {
		for n := 0; ; n += step {
			l.fresh(t)
			client, ended := l.mortal(t, n)
			if doing == "expire" {
				_, _ = client.Expire(t.Context(), l.settings, due, false) // what it is killed with
			} else {
				_, _ = client.Extend(t.Context(), l.settings, lentView, "7d", l.now)
			}
			if got := l.there(t); !strings.Contains(got, "2018-12-09 ") || !strings.HasSuffix(got, "other") || strings.Count(got, "other-") != 2 {
				t.Fatalf("%s killed before request %d: there are %s", doing, n, got)
			}
			_, err := l.Expire(t.Context(), l.settings, due, false)
			if got := l.there(t); err != nil || got != lentGone && (got != lentThere || doing == "expire") {
				t.Fatalf("%s killed before request %d: then there are %s, %v", doing, n, got, err)
			}
			if !ended.Load() {
				if n < 4 {
					t.Errorf("%s made %d requests", doing, n)
				}
				break
			}
		}
	}
}
