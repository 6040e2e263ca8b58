package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

func TestProgressLine(t *testing.T) {
	start := time.Date(2018, 12, 13, 0, 0, 0, 0, time.UTC)
	half := tally{stage: "Index objects", objects: 5, total: 10, bytes: 500, size: 1000, events: 4000, since: start}
	done := tally{objects: 10, total: 10, bytes: 1000, size: 1000, events: 8000, failed: 1, since: start}
	for _, c := range []struct {
		name    string
		tally   tally
		after   time.Duration
		columns int
		want    string
	}{
		{"before the list is known", tally{stage: "List objects"}, 0, 80, "List objects"},
		{"first moment", tally{total: 10, size: 1000, since: start}, 0, 0, "0 of 10 objects, 0 events"},
		{"plain", half, 4 * time.Second, 0, "5 of 10 objects, 4000 events, 1000 events/s, 4s left"},
		{"terminal", half, 4 * time.Second, 100, "████████████░░░░░░░░░░░░  5 of 10 objects, 4000 events, 1000 events/s, 4s left"},
		{"no room for the bar", half, 4 * time.Second, 60, "5 of 10 objects, 4000 events, 1000 events/s, 4s left"},
		{"narrow", half, 4 * time.Second, 20, "5 of 10 objects, 40"},
		{"done", done, 8 * time.Second, 0, "10 of 10 objects, 8000 events, 1000 events/s, 1 not indexed"},
		{"empty objects", tally{objects: 1, total: 2, since: start}, 8 * time.Second, 0, "1 of 2 objects, 0 events, 0 events/s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.tally.line(start.Add(c.after), c.columns); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestProgressEndsWithItsLastState(t *testing.T) {
	for _, width := range []int{0, 80} {
		var out strings.Builder
		now := time.Date(2018, 12, 13, 0, 0, 0, 0, time.UTC)
		p := &progress{out: &out, width: width, now: func() time.Time { return now }}
		stop := p.show()
		p.planned(run.Plan{Objects: 2, Bytes: 20})
		p.indexed(10, 7)
		p.failed(10)
		stop()
		if !strings.Contains(out.String(), "2 of 2 objects, 7 events, 1 not indexed") || !strings.HasSuffix(out.String(), "\n") {
			t.Errorf("width %d: %q does not end with the last state", width, out.String())
		}
	}
}

// What is waited for is said once while it is waited for, and steers no terminal.
func TestProgressTellsWhatIsWaitedFor(t *testing.T) {
	var out strings.Builder
	now := time.Date(2018, 12, 13, 0, 0, 0, 0, time.UTC)
	p := &progress{out: &out, now: func() time.Time { return now }}
	p.stage("Prepare index")
	p.waiting("the cluster does not answer\x1b[2J", 5*time.Second)
	p.waiting("the cluster does not answer\x1b[2J", 4*time.Second)
	now = now.Add(6 * time.Second)
	p.waiting("the cluster does not answer\x1b[2J", 10*time.Second)
	want := "Prepare index\nwaiting 5s: the cluster does not answer\\u001b[2J\nwaiting 10s: the cluster does not answer\\u001b[2J\n"
	if out.String() != want {
		t.Errorf("told\n%q\nwant\n%q", out.String(), want)
	}
	if got := p.seen.line(now, 80); got != "Prepare index, waiting 10s: the cluster does not answer\\u001b[2J" {
		t.Errorf("a terminal shows %q", got)
	}
}

// How far a listing is, the list Lambda logs and the progress shows.
func TestProgressOfAListing(t *testing.T) {
	var shown, file strings.Builder
	l := listingLog{&file, &progress{out: &shown, now: time.Now}}
	for _, line := range []string{
		"[rehydrate-list] {\"time\":\"2018-12-13T00:00:00Z\",\"level\":\"INFO\",\"msg\":\"listing the archive\",\"prefixes\":1200,\"of\":438000}\n",
		"[rehydrate-list] {\"msg\":\"something else\"}\n", "[rehydrate-list] no JSON\n",
	} {
		if n, err := l.Write([]byte(line)); n != len(line) || err != nil {
			t.Errorf("wrote %d of %d bytes, %v", n, len(line), err)
		}
	}
	if shown.String() != "List objects: 1200 of 438000 prefixes\n" || strings.Count(file.String(), "\n") != 3 {
		t.Errorf("shown %q, logged %q", shown.String(), file.String())
	}
}

// A run that ends without a report says how far it came, if it came to indexing.
func TestProgressSoFar(t *testing.T) {
	p := &progress{out: io.Discard, now: time.Now}
	if got := p.soFar(); got != "" {
		t.Errorf("before there is a plan: %q", got)
	}
	p.planned(run.Plan{Objects: 9})
	p.indexed(0, 7)
	p.failed(0)
	if got := p.soFar(); !strings.Contains(got, "1 of 9 objects with 7 events are indexed") || !strings.Contains(got, "start the same again") {
		t.Errorf("%q does not say how far it came", got)
	}
}
