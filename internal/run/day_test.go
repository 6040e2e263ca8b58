package run

import (
	"archive/zip"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// zones are all of the time zone database that Go brings along, those that are
// links to others once.
func zones(t *testing.T) []*time.Location {
	t.Helper()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	database, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib/time/zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	var list []*time.Location
	known := map[uint32]bool{}
	for _, f := range database.File {
		if strings.HasSuffix(f.Name, "/") || known[f.CRC32] {
			continue
		}
		known[f.CRC32] = true
		zone, err := time.LoadLocation(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, zone)
	}
	if len(list) < 300 {
		t.Fatalf("only %d zones", len(list))
	}
	return list
}

// TestDaysTileTime: in every zone each day from 1970 to 2037 begins at the first
// instant whose local date is that or later, so that none overlaps another and
// nothing lies between, and DayOf is the day whose range holds an instant. Days
// near a change of the clocks are looked at closely; of others the start says
// all.
func TestDaysTileTime(t *testing.T) {
	for _, zone := range zones(t) {
		t.Run(zone.String(), func(t *testing.T) {
			t.Parallel()
			start := StartOfDay(1970, 1, 1, zone)
			var calm time.Time // until when no change is near
			var offset int
			for date := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC); date.Year() < 2038; date = date.Add(24 * time.Hour) {
				y, m, d := date.Date()
				next := StartOfDay(y, m, d+1, zone)
				if !next.Before(calm) {
					calm = time.Time{}
					if since, until := start.ZoneBounds(); start.Sub(since) > 48*time.Hour {
						_, offset = start.Zone()
						if calm = until.Add(-48 * time.Hour); until.IsZero() {
							calm = start.AddDate(100, 0, 0)
						}
					}
				}
				if next.Before(calm) {
					if midnight := date.Add(-time.Duration(offset) * time.Second); !start.Equal(midnight) || next.Sub(start) != 24*time.Hour {
						t.Fatalf("%s begins at %v and ends at %v", date.Format(time.DateOnly), start, next)
					}
				} else {
					lookClosely(t, date, start, next)
				}
				start = next
			}
		})
	}
}

// lookClosely checks that a date begins at start, that its day holds what lies
// before next, and that next comes after.
func lookClosely(t *testing.T, date, start, next time.Time) {
	t.Helper()
	if before := start.Add(-time.Second); !dateOf(before).Before(date) {
		t.Fatalf("%s %s begins at %v, but %v has that date or a later one", start.Location(), date.Format(time.DateOnly), start, before)
	}
	if dateOf(start).Before(date) {
		t.Fatalf("%s %s begins at %v, which has an earlier date", start.Location(), date.Format(time.DateOnly), start)
	}
	for at := start; at.Before(next); at = at.Add(30 * time.Minute) {
		holds(t, date, at)
	}
	if start.Before(next) {
		holds(t, date, next.Add(-time.Second))
	}
}

// dateOf is the local date of an instant.
func dateOf(at time.Time) time.Time {
	y, m, d := at.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func holds(t *testing.T, date, at time.Time) {
	t.Helper()
	if y, m, d := DayOf(at); !time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Equal(date) {
		t.Fatalf("%s: %v belongs to %d-%02d-%02d, want %s", at.Location(), at, y, m, d, date.Format(time.DateOnly))
	}
}

// TestDayWithoutMidnight asks for days whose midnight does not exist, or that
// come right before or after one that does not.
func TestDayWithoutMidnight(t *testing.T) {
	for _, c := range []struct{ zone, from, to, begin, end string }{
		{"America/Santiago", "2025-09-07", "2025-09-07", "2025-09-07T01:00:00-03:00", "2025-09-08T00:00:00-03:00"},
		{"America/Santiago", "2025-09-06", "2025-09-06", "2025-09-06T00:00:00-04:00", "2025-09-07T01:00:00-03:00"},
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04", "2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00"},
		{"Atlantic/Azores", "2025-03-30", "2025-03-30", "2025-03-30T01:00:00Z", "2025-03-31T00:00:00Z"},
		{"America/Havana", "2025-03-09", "2025-03-09", "2025-03-09T01:00:00-04:00", "2025-03-10T00:00:00-04:00"},
		{"America/Asuncion", "2018-10-07", "2018-10-07", "2018-10-07T01:00:00-03:00", "2018-10-08T00:00:00-03:00"},
		{"Pacific/Apia", "2011-12-29", "2011-12-29", "2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00"},
		{"Pacific/Apia", "2011-12-30", "2011-12-31", "2011-12-31T00:00:00+14:00", "2012-01-01T00:00:00+14:00"},
		// The clocks went back over midnight, a minute after it.
		{"America/St_Johns", "2006-10-28", "2006-10-29", "2006-10-28T00:00:00-02:30", "2006-10-30T00:00:00-03:30"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		e := execution(t)
		e.StartTime = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		p, err := Request{From: c.from, To: c.to}.Resolve(e, zone)
		if err != nil {
			t.Errorf("%s %s to %s: %v", c.zone, c.from, c.to, err)
			continue
		}
		// An end may be shown by either of two clocks: the instant counts.
		for _, at := range []struct {
			got  time.Time
			want string
		}{{p.From, c.begin}, {p.To, c.end}} {
			if want, err := time.Parse(time.RFC3339, at.want); err != nil || !at.got.Equal(want) {
				t.Errorf("%s %s to %s: %s, want %s", c.zone, c.from, c.to, at.got.Format(time.RFC3339), at.want)
			}
		}
	}
}

func TestLastDaysOfADayWithoutMidnight(t *testing.T) {
	zone, err := time.LoadLocation("America/Santiago")
	if err != nil {
		t.Fatal(err)
	}
	e, days := execution(t), 1
	e.StartTime = time.Date(2025, 9, 8, 12, 0, 0, 0, zone)
	p, err := Request{LastDays: &days}.Resolve(e, zone)
	if err != nil || p.From.Format(time.RFC3339) != "2025-09-07T01:00:00-03:00" || p.To.Format(time.RFC3339) != "2025-09-08T00:00:00-03:00" {
		t.Errorf("%v to %v, %v", p.From, p.To, err)
	}
}

func TestSkippedDayIsRefused(t *testing.T) {
	zone, err := time.LoadLocation("Pacific/Apia")
	if err != nil {
		t.Fatal(err)
	}
	one := 1
	for says, r := range map[string]Request{
		"from: there is no 2011-12-30 in Pacific/Apia": {From: "2011-12-30", To: "2011-12-30"},
		"lastDays: the clocks of Pacific/Apia skipped": {LastDays: &one},
	} {
		e := execution(t)
		e.StartTime = time.Date(2011, 12, 31, 12, 0, 0, 0, zone)
		if _, err := r.Resolve(e, zone); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want one that says %s", err, says)
		}
	}
}
