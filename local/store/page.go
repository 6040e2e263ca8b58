package store

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/rehydrate/rehydrate/local/store/logdb"
)

// openPage leads a browser to the page, with the range of what is stored chosen
// and all of it asked for.
func (s *Store) openPage(w http.ResponseWriter, r *http.Request) {
	from, to, err := s.Range(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, PagePath("*", from, to), http.StatusFound)
}

// PagePath is the path of the page that shows what a query in LogsQL finds in a
// range of time. The page shows times in the zone of the browser.
func PagePath(query string, from, to time.Time) string {
	const second = "2006-01-02T15:04:05"
	length := max(to.Sub(from), 0).Truncate(time.Second) + 2*time.Second
	values := url.Values{
		"query":            {query},
		"g0.range_input":   {strconv.FormatInt(int64(length/time.Second), 10) + "s"},
		"g0.end_input":     {to.UTC().Add(time.Second).Format(second)},
		"g0.relative_time": {"none"},
	}
	return "/select/vmui/?#/?" + values.Encode()
}

// Range is the times of the first and last event that is stored; both are now
// where there is none.
func (s *Store) Range(ctx context.Context) (first, last time.Time, err error) {
	found, err := s.extents(ctx, "*", logdb.Oldest(), logdb.Newest())
	if err != nil {
		return first, last, err
	}
	whole := all(found)
	if whole.documents == 0 {
		now := time.Now()
		return now, now, nil
	}
	return time.Unix(0, whole.first), time.Unix(0, whole.last), nil
}
