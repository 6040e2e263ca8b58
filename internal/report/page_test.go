package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/run"
)

// hostile are strings that a log or a key may hold, and that a page must show as
// the text they are.
var hostile = []string{
	`<script>document.title='owned'</script>`,
	`"><img src=http://evil.example/x onerror="document.title='owned'">`,
	`' onmouseover='alert(1)`,
	"\u202egnp.exe\u202c and \u2066isolated\u2069 \u200f",
	"line\nbreak\ttab \x00\x1b[31mred\x7f \xff\xfe bytes",
	`{{.Run}} </style></title></textarea><!-- ]]> &amp; &#60;`,
	"javascript:alert(1)//%0a\u2028\u2029\ufeff",
	"שלום עולם and 日本語　の ログ",
}

// everything is a run in which everything went wrong at once, in hostile words.
func everything(t testing.TB) *fixture {
	w := newFixture(t, "7bfe19bf-6bb7-4dd5-8c96-0b2bd5f05c4c")
	w.plan.Notes = []string{"to: 2026-12-31 lies in the future; the range was cut " + hostile[0]}
	w.plan.Include = run.Filter{LogGroup: []string{"/ecs-*", hostile[0]}, Message: []string{hostile[1]}}
	w.prepared.Warnings = []string{"ecs-task-2018-12-10 holds documents of another loader " + hostile[3]}
	i := 0
	for at := w.plan.From.Add(-time.Hour); at.Before(w.plan.To.Add(time.Hour)); at = at.Add(time.Hour) {
		if at.Day() == 11 && at.Hour() >= 4 && at.Hour() < 9 {
			continue
		}
		// Busy by day, calm at night.
		for n := range 2 + (at.Hour()*(23-at.Hour()))/22 {
			i++
			o := w.list(at.Add(time.Duration(n) * 5 * time.Minute))
			out := read(o, 0)
			if at.Before(w.plan.From) || !at.Before(w.plan.To) {
				out.Decoded, out.OutOfRange = 40, 40
				w.succeeded(o, out)
				continue
			}
			created := int64(30 + (i*37)%90)
			count(&out, at, created+12, run.Counts{Created: created, AlreadyThere: 12, InDoubt: 1})
			out.Ms, out.WaitedMs, out.Retries = int64(100+(i*7919)%5000), int64((i*31)%700), int64(i%3)
			switch {
			case i%53 == 0:
				out.End, out.Reason = run.Damaged, "gzip: invalid checksum in member 3 "+hostile[i/53%len(hostile)]
				out.Damage = &run.Damage{Reason: out.Reason, Offset: 47110, ObjectOffset: 8120, Record: 12, Event: 3}
			case i%71 == 0:
				count(&out, at, 4, run.Counts{Rejected: 4})
				out.CountRejection("mapper_parsing_exception: failed to parse field [app.level] "+hostile[i/71%len(hostile)], 4)
			case i%83 == 0:
				out.Decoded, out.Malformed = out.Decoded+2, 2
				out.CountMalformation("no id: "+hostile[i/83%len(hostile)], 2)
			}
			w.succeeded(o, out)
		}
	}
	for n, words := range hostile {
		o := w.list(time.Date(2018, 12, 12, 6+n%3, n, 0, 0, tokyo))
		w.objects[len(w.objects)-1].Key += words
		o.Key += words
		out := read(o, 0)
		out.End, out.Reason = run.Archived, "it is in GLACIER and not restored; restore it and start a retry"
		if n%2 == 0 {
			w.failed(o, "Lambda."+words, words, out)
			continue
		}
		w.succeeded(o, out)
	}
	w.pending(w.list(time.Date(2018, 12, 12, 9, 0, 0, 0, tokyo)))
	w.list(time.Date(2018, 12, 12, 9, 1, 0, 0, tokyo))
	w.cluster["ecs-task-2018-12-11"] -= 5
	w.caught = run.Caught{Error: "States.ExceedToleratedFailureThreshold", Cause: "too many failed " + hostile[0]}
	return w
}

func pageOf(t testing.TB, r *Report) string {
	var b bytes.Buffer
	if err := r.Page(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The page of a run into files has its numbers, shows the first events as the text
// that they are, and tells how to read all of them.
func TestPageOfFiles(t *testing.T) {
	w := newFixture(t, "Files.1")
	w.wholeInFiles(strings.Join(hostile, " "))
	r := w.build()
	page := pageOf(t, r)
	for _, words := range []string{
		`<data data-of="events.written" value="144">144</data>`, `<data data-of="files.files" value="72">72</data>`,
		"2018-12-09T15:01:00.001Z", "&lt;script&gt;document.title",
		"aws s3 cp --recursive s3://runs/runs/Files.1/events/ events/",
		"CREATE EXTERNAL TABLE rehydrate_files_1 (", "2018-12-09,2018-12-12", "s3://runs/runs/Files.1/events/${day}/${hour}/",
		"read_json(&#39;s3://runs/runs/Files.1/events/*/*/*.jsonl.gz&#39;",
	} {
		if !strings.Contains(page, words) {
			t.Errorf("the page has no %s", words)
		}
	}
	for _, words := range []string{"<script", "<img", "requests to the cluster", "already there", "held before"} {
		if strings.Contains(page, words) {
			t.Errorf("the page has %s", words)
		}
	}
	s := r.Summary()
	if s.Files == nil || s.Files.Files != 72 || len(s.Files.Preview) != maxPreview || s.Written != 144 {
		t.Errorf("summary %+v", s)
	}
	if whole, err := json.Marshal(s); err != nil || len(whole) > 8<<10 {
		t.Errorf("the summary has %d bytes, %v", len(whole), err)
	}
}

// On one computer there is no s3:// to read them from.
func TestFilesOnOneComputer(t *testing.T) {
	w := newFixture(t, "local")
	w.settings.RunEndpoint = "http://127.0.0.1:1"
	w.wholeInFiles("m")
	r := w.build()
	if r.Files.Folder != "events/" || len(r.Files.Readings) != 1 || !strings.Contains(r.Files.Readings[0].Text, "read_json('events/*") {
		t.Errorf("files %+v", r.Files)
	}
}
