package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

func TestReasonsAreGroupedWithoutTheirNumbers(t *testing.T) {
	for reason, want := range map[string]string{
		"unexpected end at byte 4711 of 10,000":    "unexpected end at byte # of #,#",
		"the cluster asked to wait 91s":            "the cluster asked to wait #",
		"id 0b2bd5f05c4c of deadbeef and facade":   "id # of deadbeef and facade",
		"request c0ffee00 failed":                  "request # failed",
		"KMS key (a/b.gz) is gone: a/b.gz":         "KMS key (KEY) is gone: KEY",
		"日本 2018 年":                                "日本 # 年",
		"mapper_parsing_exception: field [level1]": "mapper_parsing_exception: field [level1]",
	} {
		if got := pattern(reason, "a/b.gz"); got != want {
			t.Errorf("%q is grouped as %q, want %q", reason, got, want)
		}
	}
}

// However many reasons, objects and problems there are, the report stays small,
// tells what it leaves out, and the files of problems hold all.
func TestReportIsBounded(t *testing.T) {
	w := newFixture(t, "many")
	const n = 25_000
	for i := range n {
		o := w.list(w.plan.From.Add(time.Duration(i) * time.Second))
		reason := strings.Repeat(string(rune('a'+i%26)), 1+i/26%40) + strings.Repeat("x", 150)
		w.succeeded(o, run.Outcome{End: run.Damaged, Reason: reason, Calls: 1})
	}
	r := w.build()
	if len(r.Errors) > maxGroups+len(run.Ends()) {
		t.Errorf("%d groups", len(r.Errors))
	}
	places, objects, left := 0, int64(0), int64(0)
	for _, g := range r.Errors {
		places += len(g.Places)
		objects += g.Objects
		left += g.LeftOut
	}
	if places != maxPlaces || objects != n || left != n-maxPlaces {
		t.Errorf("%d places of %d objects, %d left out", places, objects, left)
	}
	whole, err := r.encode()
	if err != nil {
		t.Fatal(err)
	}
	if len(whole) > 2<<20 {
		t.Errorf("report.json has %d bytes", len(whole))
	}
	if len(r.Problems.Files) < 2 || r.Problems.Objects != n {
		t.Fatalf("problems %+v", r.Problems)
	}
	seen := map[string]bool{}
	for _, key := range r.Problems.Files {
		for line := range bytes.Lines(w.files[key]) {
			var p runs.Problem
			if err := json.Unmarshal(line, &p); err != nil || p.End != run.Damaged || p.Run != "many" {
				t.Fatalf("%s: %s (%v)", key, line, err)
			}
			seen[p.Object.Key] = true
		}
	}
	if len(seen) != n {
		t.Errorf("%d objects in the files of problems", len(seen))
	}
	if s := len(r.Summary().Verdict); s > maxSentence+8 {
		t.Errorf("the verdict has %d bytes", s)
	}
}

func TestProblemsOfAnEarlierReportAreEmptied(t *testing.T) {
	w := newFixture(t, "anew")
	w.whole(1)
	stale := run.ProblemsFolder("anew") + "00007.jsonl"
	w.files[stale] = []byte("{}\n")
	w.build()
	if len(w.files[stale]) > 0 {
		t.Errorf("%s still holds %s", stale, w.files[stale])
	}
}

// denying is a bucket that may not be written to.
type denying struct{ bucket }

func (d denying) Put(context.Context, string, []byte, string) error {
	return fmt.Errorf("put: %w", &run.Fault{Name: run.Denied, Reason: "s3:PutObject is not allowed"})
}

// resetting is a bucket whose results break off in the middle.
type resetting struct{ bucket }

func (c resetting) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	body := c.bucket[key]
	if strings.HasSuffix(key, "/SUCCEEDED_1.json") {
		return io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{})), nil
	}
	return c.bucket.Open(ctx, key)
}

type broken struct{}

func (broken) Read([]byte) (int, error) {
	return 0, &run.Fault{Name: run.Unavailable, Reason: "connection reset"}
}

func TestFaultsKeepTheirNames(t *testing.T) {
	w := newFixture(t, "faults")
	w.whole(1)
	o := w.list(at(11, 5, 0))
	w.succeeded(o, damagedOutcome(o))
	w.lay()
	for name, files := range map[string]runs.Bucket{
		run.Denied:      denying{w.files},
		run.Unavailable: resetting{w.files},
	} {
		in := w.input()
		in.Folder.Bucket = files
		_, err := Build(t.Context(), in)
		var f *run.Fault
		if !errors.As(err, &f) || f.Name != name {
			t.Errorf("error %v, want %s", err, name)
		}
	}
}

func TestNothingToReport(t *testing.T) {
	w := newFixture(t, "planned")
	w.plan.PlanOnly = true
	w.lay()
	none := w.input()
	none.Folder.Name = "unheard"
	for _, in := range []Input{w.input(), none} {
		_, err := Build(t.Context(), in)
		var f *run.Fault
		if !errors.As(err, &f) || f.Name != run.InvalidRequest {
			t.Errorf("error %v of run %s, want InvalidRequest", err, in.Folder.Name)
		}
	}
}

func TestMetrics(t *testing.T) {
	w := newFixture(t, "metrics")
	w.whole(1)
	o := w.list(at(11, 5, 0))
	w.succeeded(o, damagedOutcome(o))
	o = w.list(at(11, 5, 1))
	out := read(o, 3)
	out.WaitedMs = 1500
	w.failed(o, run.Throttled, "slow down", out)
	var b bytes.Buffer
	if err := w.build().EMF(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Count(b.String(), "\n") != 1 {
		t.Errorf("not one line: %s", b.String())
	}
	var line struct {
		AWS struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
	}
	values := map[string]any{}
	if err := errors.Join(json.Unmarshal(b.Bytes(), &line), json.Unmarshal(b.Bytes(), &values)); err != nil {
		t.Fatal(err)
	}
	d := line.AWS.CloudWatchMetrics[0]
	if d.Namespace != "rehydrate" || line.AWS.Timestamp != w.input().Now().UnixMilli() || fmt.Sprint(d.Dimensions) != "[[Stack IndexPrefix]]" || values["Stack"] != "logs" || values["IndexPrefix"] != "ecs-task" {
		t.Errorf("directive %+v", line)
	}
	want := map[string]float64{
		"Objects": 74, "Events": 727, "Created": 727, "AlreadyThere": 0, "Written": 0, "Rejected": 0, "Malformed": 0,
		"Damaged": 1, "Failed": 1, "ThrottledTime": 1500, "Complete": 0,
	}
	if len(d.Metrics) != len(want) {
		t.Errorf("%d metrics", len(d.Metrics))
	}
	for _, m := range d.Metrics {
		if values[m.Name] != want[m.Name] {
			t.Errorf("%s is %v, want %v", m.Name, values[m.Name], want[m.Name])
		}
	}
}

func TestTerminalKeepsItsWidth(t *testing.T) {
	var b bytes.Buffer
	if err := everything(t).build().Terminal(&b, 80, ""); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		line = strings.TrimSuffix(line, "\n")
		// A word or a key that is longer than the line stays whole.
		if utf8.RuneCountInString(line) > 80 && strings.Count(strings.TrimLeft(line, " "), " ") > 3 && !strings.Contains(line, "e.g.") {
			t.Errorf("%d columns: %s", utf8.RuneCountInString(line), line)
		}
		if strings.IndexFunc(line, hidden) >= 0 {
			t.Errorf("a character that cannot be seen: %q", line)
		}
	}
}

func TestGaps(t *testing.T) {
	from := time.Date(2018, 12, 10, 0, 0, 0, 0, tokyo)
	for pattern, want := range map[string]string{
		"xxxx": "", "x..x": "", "....": "", "x.x.x.x.": "", // not busy
		"xxx...xxx": "3+3", "xx.xx.xx": "2+1 5+1", "...xxxx..": "0+3 7+2", "xx......................": "2+22",
	} {
		hours := make([]Hour, 0, len(pattern))
		for i, c := range pattern {
			h := Hour{Start: from.Add(time.Duration(i) * time.Hour)}
			if c == 'x' {
				h.Objects = 1
			}
			hours = append(hours, h)
		}
		var got []string
		for _, g := range gaps(hours, from, from.Add(time.Duration(len(hours))*time.Hour)) {
			got = append(got, fmt.Sprintf("%d+%d", g.From.Sub(from)/time.Hour, g.Hours))
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("gaps of %s are %q, want %q", pattern, s, want)
		}
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"plain é 日本語　x": "plain é 日本語　x", "a\u202eb": `a\u202eb`, "\x1b[0m": `\x1b[0m`, "a\nb\t": `a\nb\t`,
		"\xff": `\xff`, "\U000e0001": `\U000e0001`, "a\u200db": `a\u200db`, "": "", "שלום": "שלום",
	} {
		if got := visible(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := number(n); got != want {
			t.Errorf("number %s, want %s", got, want)
		}
	}
	for ms, want := range map[int64]string{12: "12 ms", 1500: "1.5 s", 126_000: "2 min 06 s", 3_600_000 * 30: "30 h 00 min"} {
		if got := duration(ms); got != want {
			t.Errorf("duration %s, want %s", got, want)
		}
	}
	for n, want := range map[int64]string{1: "1 byte", 1023: "1,023 bytes", 1536: "1.5 KiB", 3 << 40: "3.0 TiB"} {
		if got := size(n); got != want {
			t.Errorf("size %s, want %s", got, want)
		}
	}
}

// A long range is drawn by days, and none of its numbers is lost.
func TestChartOfALongRange(t *testing.T) {
	w := newFixture(t, "long")
	w.plan.To = w.plan.From.AddDate(0, 8, 0)
	for day := w.plan.From; day.Before(w.plan.To); day = day.AddDate(0, 0, 1) {
		o := w.list(day.Add(7 * time.Hour))
		w.succeeded(o, read(o, 3))
	}
	r := w.build()
	c := newChart(r)
	var events, objects int64
	for _, b := range c.Bars {
		events += b.Events
		objects += b.Objects
	}
	if events != r.Events.Created || objects != r.Objects.Listed || len(c.Bars) > mostBars || len(c.Ticks) > mostTicks || c.Unit != "2 days" {
		t.Errorf("%d bars of %s, %d ticks: %d events, %d objects", len(c.Bars), c.Unit, len(c.Ticks), events, objects)
	}
	for _, label := range c.Margins {
		if label.X < 0 || label.Width <= 0 || label.X+label.Width > float64(len(c.Bars)) {
			t.Errorf("margin %+v of %d bars", label, len(c.Bars))
		}
	}
}
