package index

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/rehydrate/rehydrate/internal/bulk"
	"github.com/rehydrate/rehydrate/internal/files"
	"github.com/rehydrate/rehydrate/internal/run"
)

// toFiles is work on an object whose destination is files, for a handler that
// must not ask a cluster.
func (f *fixture) toFiles(t *testing.T, o run.Object) run.Work {
	t.Helper()
	f.connect = func(context.Context) (*bulk.Sender, error) {
		t.Error("the cluster was asked")
		return nil, context.Canceled
	}
	w := f.work(o)
	w.Destination = run.ToFiles
	return w
}

// written are the files of events by their names under events/, unpacked.
func (f *fixture) written(t *testing.T) map[string]string {
	t.Helper()
	root := filepath.Join(f.runs, run.EventsFolder("r1"))
	found := map[string]string{}
	names, err := filepath.Glob(filepath.Join(root, "*/*/*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		packed, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		rel, _ := filepath.Rel(root, name)
		found[filepath.ToSlash(rel)] = string(text)
	}
	return found
}

func lines(found map[string]string) int64 {
	var n int64
	for _, text := range found {
		n += int64(strings.Count(text, "\n"))
	}
	return n
}

// The record that the project grew out of becomes exactly these lines.
func TestWriteTheRecordedRecord(t *testing.T) {
	record, err := os.ReadFile("testdata/subscription-record.json")
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, nil)
	w, _ := f.finish(t, f.toFiles(t, f.put(t, "a", record)))
	if o := w.Outcome; o.End != run.Indexed || o.Written != 2 || o.Files != 1 || o.BytesOut == 0 || o.Hours["2018-12-10T03"] != 2 {
		t.Errorf("outcome %+v", o)
	}
	found := f.written(t)
	name := slices.Collect(maps.Keys(found))[0]
	if !strings.HasPrefix(name, "2018-12-10/03/") || !strings.HasSuffix(name, "-0-0.jsonl.gz") {
		t.Errorf("the file is %s", name)
	}
	origin := `","logGroup":"/ecs-task","logStream":"` + strings.Split(strings.Split(string(record), `"logStream":"`)[1], `"`)[0] + `","message":`
	want := `{"@timestamp":"2018-12-10T03:57:44.183Z","id":"34441870154938271236147837562430091174238210203574272001` + origin + message(t, record, 0) + "}\n" +
		`{"@timestamp":"2018-12-10T03:58:56.184Z","id":"34441871760656372934611228403198746317340917220131373058` + origin + message(t, record, 1) + "}\n"
	if found[name] != want {
		t.Errorf("%s holds\n%s\nwant\n%s", name, found[name], want)
	}
}

// Each event ends in its own counter; malformed ones are written down apart; what
// comes twice is written twice; hours lie in their own files, late ones too.
func TestWriteCountsEachWay(t *testing.T) {
	f := newFixture(t, nil)
	body := `{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g\"","logStream":"s","logEvents":[` +
		`{"id":"1","timestamp":1544414264183,"message":"good"},` +
		`{"id":"2","timestamp":1544407200000,"message":"an hour before"},` +
		`{"id":"1","timestamp":1544414264183,"message":"good"},` +
		`{"id":"3","timestamp":1544414264183,"message":"health check"},` +
		`{"id":"4","timestamp":-1,"message":"long ago"},` +
		`{"timestamp":1544414264183,"message":"no id"}]}`
	w := f.toFiles(t, f.put(t, "a", []byte(body)))
	w.Exclude = run.Filter{Message: []string{"^health"}}
	w, _ = f.finish(t, w)
	want := run.Counts{Decoded: 6, OutOfRange: 1, Filtered: 1, Malformed: 1, Written: 3}
	if o := w.Outcome; o.Counts != want || o.Files != 2 {
		t.Errorf("%d files, counts %+v\nwant   %+v", o.Files, o.Counts, want)
	}
	found := f.written(t)
	for hour, ids := range map[string][]string{"2018-12-10/03/": {"1", "1"}, "2018-12-10/02/": {"2"}} {
		for name, text := range found {
			if strings.HasPrefix(name, hour) && (strings.Count(text, "\n") != len(ids) || strings.Count(text, `"id":"`+ids[0]+`","logGroup":"g\"","logStream":"s"`) != len(ids)) {
				t.Errorf("%s holds %s, want the ids %v", name, text, ids)
			}
		}
	}
	malformed, err := filepath.Glob(filepath.Join(f.runs, "runs/r1/rejected/malformed/*"))
	if err != nil || len(malformed) != 1 {
		t.Errorf("malformed events are in %v (%v), want one file", malformed, err)
	}
}

// faulty is a run bucket that fails now and then, half of the time after it has
// done what was asked: an answer that was lost.
type faulty struct {
	files.Putter

	every, n int
}

func (f *faulty) Put(ctx context.Context, key string, body []byte) error {
	f.n++
	if f.n%f.every > 0 {
		return f.Putter.Put(ctx, key, body)
	}
	if f.n/f.every%2 > 0 {
		if err := f.Putter.Put(ctx, key, body); err != nil {
			return err
		}
	}
	return &run.Fault{Name: run.Unavailable, Reason: "for a test"}
}

// However often calls fail or end, in whatever place, the files are the very same:
// nothing is lost and nothing there twice.
func TestWriteOverManyCalls(t *testing.T) {
	body := records(60, 50)
	section := files.Section{Text: 4096, Plain: 1 << 20}
	whole := newFixture(t, nil)
	whole.section = section
	w, _ := whole.finish(t, whole.toFiles(t, whole.put(t, "a", body)))
	want, all := whole.written(t), w.Outcome
	if len(want) < 20 || lines(want) != 3000 || all.Written != 3000 {
		t.Fatalf("%d files of %d lines, outcome %+v", len(want), lines(want), all)
	}
	for _, every := range []int{2, 3, 7, 20} {
		t.Run(fmt.Sprint(every), func(t *testing.T) {
			f := newFixture(t, nil)
			f.section = section
			f.files = &faulty{Putter: f.files, every: every}
			w, _ := f.finish(t, f.toFiles(t, f.put(t, "a", body)))
			if !maps.Equal(f.written(t), want) {
				t.Error("the files are not those that one call writes")
			}
			o := w.Outcome
			if o.Calls < 2 {
				t.Errorf("%d calls: the test shows nothing", o.Calls)
			}
			if o.Counts != all.Counts || o.Files != all.Files || o.BytesOut != all.BytesOut || o.Records != all.Records || o.BytesPlain != all.BytesPlain {
				t.Errorf("outcome %+v\nwant    %+v", o, all)
			}
		})
	}
}

// slow is a run bucket in which a call's time for reading passes.
type slow struct {
	files.Putter

	stop time.Time
}

func (s slow) Put(ctx context.Context, key string, body []byte) error {
	waiting, cancel := context.WithDeadline(ctx, s.stop.Add(20*time.Millisecond)) // the call has noticed by then
	defer cancel()
	<-waiting.Done()
	return s.Putter.Put(ctx, key, body)
}

// A call whose time is over hands back what is whole, and what it had read beyond
// is read by the next.
func TestWriteUntilTheDeadline(t *testing.T) {
	f := newFixture(t, nil)
	f.section = files.Section{Text: 4096, Plain: 1 << 20}
	work := f.toFiles(t, f.put(t, "a", records(60, 50)))
	bucket := f.files
	f.now = func() time.Time { return time.Now().Add(-time.Hour) } // a long call, of which little is left
	call := func(left time.Duration) (run.Work, error) {
		stop := time.Now().Add(left)
		ctx, cancel := context.WithDeadline(t.Context(), stop.Add(30*time.Second)) // the reserve
		defer cancel()
		f.files = slow{bucket, stop}
		return f.Index(ctx, run.IndexRequest{Work: work})
	}
	w, err := call(20 * time.Millisecond)
	for left := 80 * time.Millisecond; faultName(err) == run.NoProgress && left < time.Minute; left *= 4 {
		w, err = call(left) // a busy machine had not come so far
	}
	if err != nil || w.Outcome.End != run.More || w.Outcome.Files == 0 || w.Outcome.Written != lines(f.written(t)) || w.Outcome.Check() != nil {
		t.Fatalf("%v, outcome %+v", err, w.Outcome)
	}
	f.files, f.now = bucket, time.Now
	w, _ = f.finish(t, w)
	if n := lines(f.written(t)); w.Outcome.Written != 3000 || n != 3000 {
		t.Errorf("%d lines, outcome %+v", n, w.Outcome)
	}
}

// A fault of the object itself is how it ended; what stands before is written.
func TestWriteOfADamagedObject(t *testing.T) {
	good := records(2, 5)
	f := newFixture(t, nil)
	w, _ := f.finish(t, f.toFiles(t, f.put(t, "a", good[:len(good)-3])))
	if o := w.Outcome; o.End != run.Damaged || o.Written != 10 || lines(f.written(t)) != 10 {
		t.Errorf("outcome %+v", o)
	}
}
