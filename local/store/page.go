package store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"time"

	"github.com/rehydrate/rehydrate/local/store/logdb"
)

// openPage leads a browser to the page, with the range of what is stored chosen
// and all of it asked for, in the zone of ShowIn.
func (s *Store) openPage(w http.ResponseWriter, r *http.Request) {
	from, to, err := s.Range(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.mu.RLock()
	zone := s.catalog.Zone
	s.mu.RUnlock()
	sum := sha256.Sum256([]byte(openScript))
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	length := max(to.Sub(from), 0).Truncate(time.Second) + 2*time.Second
	_, _ = fmt.Fprintf(w, `<!DOCTYPE html><title>logs</title><body data-zone="%s" data-seconds="%d" data-end="%s"><a href="/select/vmui/">The logs</a><script>%s</script>`,
		html.EscapeString(zone), length/time.Second, to.UTC().Add(time.Second).Format(time.RFC3339), openScript)
}

// openScript goes on to the page. That keeps in the browser which zone it shows
// times in, and one that was chosen there stays; but it takes the end of the range
// in its address by the browser's own.
const openScript = `
const {zone, seconds, end} = document.body.dataset;
const stored = localStorage.getItem("VLUI:TIMEZONE");
if (zone && (stored === null || stored === localStorage.getItem("rehydrate:TIMEZONE"))) {
  for (const name of ["VLUI:TIMEZONE", "rehydrate:TIMEZONE"]) localStorage.setItem(name, JSON.stringify({value: zone}));
}
const local = new Intl.DateTimeFormat("sv-SE", {dateStyle: "short", timeStyle: "medium"}).format(new Date(end));
location.replace("/select/vmui/?#/?" + new URLSearchParams({
  "query": "*", "g0.range_input": seconds + "s", "g0.end_input": local.replace(" ", "T"), "g0.relative_time": "none",
}));
`

// ShowIn is the zone in which the page shows times, also when the store is opened
// again; before, it is the browser's.
func (s *Store) ShowIn(zone *time.Location) error {
	name := zone.String()
	if zone == time.Local {
		name = ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.catalog.Zone == name {
		return nil
	}
	s.catalog.Zone = name
	return s.catalog.save(s.dir)
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
