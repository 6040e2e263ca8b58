package index

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/klauspost/compress/gzip"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/bulk"
	"github.com/rehydrate/rehydrate/internal/bulk/bulktest"
	"github.com/rehydrate/rehydrate/internal/cluster"
	"github.com/rehydrate/rehydrate/internal/files"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
	"github.com/rehydrate/rehydrate/internal/settings"
	"github.com/rehydrate/rehydrate/local/bucket"
)

// fixture is a handler between a real S3 server and a bulk server, with a clock
// that only waiting moves.
type fixture struct {
	handler
	dir    string // of the archive
	runs   string
	client *s3.Client
	server *bulktest.Server

	buffer bytes.Buffer // of metrics
}

func newFixture(t *testing.T, behave func(n int, d []bulktest.Document) bulktest.Reply) *fixture {
	t.Helper()
	f := &fixture{dir: t.TempDir(), runs: t.TempDir(), server: bulktest.New(t, behave)}
	buckets, err := bucket.New(map[string]bucket.Folder{"archive": {Dir: f.dir}, "runs": {Dir: f.runs}})
	if err != nil {
		t.Fatal(err)
	}
	s3server := httptest.NewServer(buckets)
	t.Cleanup(s3server.Close)
	if f.client, err = archive.NewClient(t.Context(), s3server.URL); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"ARCHIVE_BUCKET": "archive", "RUN_BUCKET": "runs", "SEARCH_URL": f.server.URL,
		"BULK_BYTES": "4096", "BULK_IN_FLIGHT": "2",
	}
	told, err := settings.Read(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	keys, err := archive.New(f.client, "archive", told.ArchivePrefixes, told.ArchiveZone)
	if err != nil {
		t.Fatal(err)
	}
	f.handler = handler{
		settings: told,
		objects:  func(run.Object) archive.Getter { return f.client },
		files:    runs.Gzip{Bucket: archive.NewBucket(f.client, "runs")},
		connect:  f.sender,
		spent:    archive.NewBucket(f.client, "runs"),
		maker:    makers(told),
		section:  files.Usual(),
		written:  files.NewBuffers(),
		began:    keys.Began,
		metrics:  &f.buffer,
		now:      time.Now,
	}
	return f
}

// sender does not wait: its clock jumps instead.
func (f *fixture) sender(ctx context.Context) (*bulk.Sender, error) {
	c, err := cluster.Connect(ctx, f.settings.Search, nil, nil)
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	var slept atomic.Int64
	return bulk.NewSender(bulk.Config{
		Transport: c, InFlight: 1,
		Now: func() time.Time { return begun.Add(time.Duration(slept.Load())) },
		Sleep: func(ctx context.Context, d time.Duration) error {
			slept.Add(int64(d))
			return ctx.Err()
		},
		Jitter: func(n int64) int64 { return n - 1 },
	}), nil
}

// put puts an object into the archive and gives it as it would be listed.
func (f *fixture) put(t *testing.T, key string, body []byte) run.Object {
	t.Helper()
	file := filepath.Join(f.dir, key)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, body, 0o644); err != nil {
		t.Fatal(err)
	}
	o, err := archive.Stat(t.Context(), f.client, "archive", run.Object{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (f *fixture) work(o run.Object) run.Work {
	return run.Work{
		Run: "r1", Object: o,
		From: time.Date(2018, 12, 10, 0, 0, 0, 0, f.settings.Zone),
		To:   time.Date(2018, 12, 11, 0, 0, 0, 0, f.settings.Zone),
	}
}

// records are n gzipped records of perRecord events each, one a second.
func records(n, perRecord int) []byte {
	var body bytes.Buffer
	z := gzip.NewWriter(&body)
	second := time.Date(2018, 12, 10, 3, 0, 0, 0, time.UTC)
	for i := range n {
		z.Reset(&body)
		fmt.Fprint(z, `{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/ecs-task","logStream":"s","subscriptionFilters":["f"],"logEvents":[`)
		for j := range perRecord {
			if j > 0 {
				fmt.Fprint(z, ",")
			}
			fmt.Fprintf(z, `{"id":"%056d","timestamp":%d,"message":"event %d of record %d"}`, i*perRecord+j, second.UnixMilli(), j, i)
			second = second.Add(time.Second)
		}
		fmt.Fprint(z, "]}")
		_ = z.Close()
	}
	return body.Bytes()
}

// finish calls as the state machine does until the object has ended; a fault is
// retried.
func (f *fixture) finish(t *testing.T, w run.Work) (run.Work, int) {
	t.Helper()
	attempt, faults := 0, 0
	for calls := range 200 {
		next, err := f.Index(t.Context(), run.IndexRequest{Work: w, Attempt: attempt})
		if err != nil {
			var fault *run.Fault
			if !errors.As(err, &fault) {
				t.Fatalf("call %d: %v is no fault", calls, err)
			}
			attempt++
			faults++
			continue
		}
		attempt = 0
		if err := next.Outcome.Check(); err != nil {
			t.Fatalf("call %d: %v", calls, err)
		}
		if next.Outcome.End != run.More {
			return next, faults
		}
		if next.Outcome.Place == w.Outcome.Place {
			t.Fatalf("call %d moved nothing and asks for more", calls)
		}
		w = next
	}
	t.Fatal("it never ends")
	return w, faults
}

// The record that the project grew out of becomes exactly these documents.
func TestIndexOfTheRecordedRecord(t *testing.T) {
	record, err := os.ReadFile("testdata/subscription-record.json")
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, nil)
	w, _ := f.finish(t, f.work(f.put(t, "a", record)))
	if w.Outcome.End != run.Indexed || w.Outcome.Created != 2 {
		t.Errorf("outcome %+v", w.Outcome)
	}
	got := f.server.Documents()["ecs-task-2018-12-10"]
	for id, want := range map[string]string{
		"34441870154938271236147837562430091174238210203574272001": `{"@timestamp":"2018-12-10T12:57:44.183+09:00","message":` + message(t, record, 0) + `}`,
		"34441871760656372934611228403198746317340917220131373058": `{"@timestamp":"2018-12-10T12:58:56.184+09:00","message":` + message(t, record, 1) + `}`,
	} {
		if got[id] != want {
			t.Errorf("document %s is\n%s\nwant\n%s", id, got[id], want)
		}
	}
}

// message is the message of an event as it stands in the record.
func message(t *testing.T, record []byte, event int) string {
	t.Helper()
	var r struct {
		LogEvents []struct{ Message json.RawMessage }
	}
	if err := json.Unmarshal(record, &r); err != nil {
		t.Fatal(err)
	}
	return string(r.LogEvents[event].Message)
}

// A cluster that takes a few requests and then none for as long as a call lasts,
// again and again: each call goes on where the last one stopped, the counts add
// up to the truth, and what may be there already is in doubt.
func TestIndexOverManyCalls(t *testing.T) {
	for _, healthy := range []int{1, 2, 3, 7} {
		t.Run(fmt.Sprint(healthy), func(t *testing.T) {
			busy := 0
			f := newFixture(t, func(n int, _ []bulktest.Document) bulktest.Reply {
				if busy > 0 {
					busy--
					return bulktest.Reply{Whole: &bulktest.Problem{Status: 429, Type: "es_rejected_execution_exception"}}
				}
				if n%healthy == 0 {
					busy = 60 // longer than a call waits
				}
				return bulktest.Reply{}
			})
			w, _ := f.finish(t, f.work(f.put(t, "a", records(20, 30))))
			o := w.Outcome
			if o.End != run.Indexed || o.Decoded != 600 || o.Created+o.AlreadyThere != 600 || o.AlreadyThere != o.InDoubt {
				t.Errorf("outcome %+v", o)
			}
			if got := len(f.server.Documents()["ecs-task-2018-12-10"]); got != 600 || o.Created > 600 || o.Created+o.InDoubt < 600 {
				t.Errorf("%d documents, of which %d are told to be created and %d in doubt", got, o.Created, o.InDoubt)
			}
			if o.Records != 20 || o.Hours["2018-12-10T03"] != 600 {
				t.Errorf("%d records, hours %v", o.Records, o.Hours)
			}
		})
	}
}

// So it is with lines that have no ids: those that each call derives are the same,
// also of equal events, and once more over the object all is there already.
func TestIndexOfAnExportOverManyCalls(t *testing.T) {
	busy := 0
	f := newFixture(t, func(n int, _ []bulktest.Document) bulktest.Reply {
		if busy > 0 {
			busy--
			return bulktest.Reply{Whole: &bulktest.Problem{Status: 429, Type: "es_rejected_execution_exception"}}
		}
		if n%2 == 0 {
			busy = 60
		}
		return bulktest.Reply{}
	})
	var text bytes.Buffer
	z := gzip.NewWriter(&text)
	for i := range 600 {
		fmt.Fprintf(z, "%s event %d\n\tof two lines\n", time.Date(2018, 12, 10, 3, i/60, 0, 0, time.UTC).Format("2006-01-02T15:04:05.000Z"), i/3)
	}
	_ = z.Close()
	o := f.put(t, "exports/task/ecs-web-1b2c/000000.gz", text.Bytes())
	w, _ := f.finish(t, f.work(o))
	if c := w.Outcome; c.Calls < 2 || c.Created+c.AlreadyThere != 600 || c.AlreadyThere != c.InDoubt || c.DerivedIDs != 600 || c.PlacedIDs+c.MessageTimes+c.KeyTimes != 0 || c.Forms["export"] != 600 {
		t.Errorf("outcome %+v", c)
	}
	w, _ = f.finish(t, f.work(o))
	if got := len(f.server.Documents()["ecs-task-2018-12-10"]); got != 600 || w.Outcome.Created != 0 {
		t.Errorf("%d documents, of which the second time made %d", got, w.Outcome.Created)
	}
}

// A line that is no event of its object's form is written down as a JSON string.
func TestIndexOfALineThatIsNone(t *testing.T) {
	f := newFixture(t, nil)
	w, _ := f.finish(t, f.work(f.put(t, "a", []byte(`{"timestamp":1544414264183,"message":"a","logStream":"s"}`+"\noops \"\xff\n"))))
	if o := w.Outcome; o.Created != 1 || o.Malformed != 1 || o.End != run.Indexed {
		t.Errorf("outcome %+v", o)
	}
	files, err := filepath.Glob(filepath.Join(f.runs, run.MalformedFolder("r1"), "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	packed, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	var record struct{ LogEvents []string }
	if err := json.NewDecoder(z).Decode(&record); err != nil || len(record.LogEvents) != 1 || record.LogEvents[0] != "oops \"\ufffd" {
		t.Errorf("%v, %q", err, record.LogEvents)
	}
}

// What fails a call that moved nothing is the surroundings' fault, by name.
func TestIndexFaults(t *testing.T) {
	for status, want := range map[int]string{429: run.Throttled, 503: run.Unavailable, 401: run.Denied} {
		f := newFixture(t, func(int, []bulktest.Document) bulktest.Reply {
			return bulktest.Reply{Whole: &bulktest.Problem{Status: status, Type: "some_exception", Reason: "for a test"}}
		})
		_, err := f.Index(t.Context(), run.IndexRequest{Work: f.work(f.put(t, "a", records(1, 10)))})
		var fault *run.Fault
		if !errors.As(err, &fault) || fault.Name != want {
			t.Errorf("status %d: %v, want a fault named %s", status, err, want)
		}
	}
}

// A call that is tried again cannot know what the lost one created.
func TestIndexAfterALostCall(t *testing.T) {
	f := newFixture(t, nil)
	w := f.work(f.put(t, "a", records(2, 10)))
	if _, err := f.Index(t.Context(), run.IndexRequest{Work: w}); err != nil {
		t.Fatal(err)
	}
	again, err := f.Index(t.Context(), run.IndexRequest{Work: w, Attempt: 1})
	if err != nil {
		t.Fatal(err)
	}
	if o := again.Outcome; o.AlreadyThere != 20 || o.InDoubt != 20 {
		t.Errorf("outcome %+v", o)
	}
	other, err := f.Index(t.Context(), run.IndexRequest{Work: w})
	if err != nil {
		t.Fatal(err)
	}
	if o := other.Outcome; o.AlreadyThere != 20 || o.InDoubt != 0 {
		t.Errorf("outcome of another run %+v", o)
	}
}

// Each event ends in its own counter, and the refused ones are written down.
func TestIndexCountsEachWay(t *testing.T) {
	f := newFixture(t, func(_ int, d []bulktest.Document) bulktest.Reply {
		return bulktest.Reply{Item: func(i int, _ bulktest.Document) *bulktest.Problem {
			if bytes.Contains([]byte(d[i].Source), []byte("refuse me")) {
				return &bulktest.Problem{Status: 400, Type: "mapper_parsing_exception", Reason: "for a test"}
			}
			return nil
		}}
	})
	body := `{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":[` +
		`{"id":"1","timestamp":1544414264183,"message":"good"},` +
		`{"id":"1","timestamp":1544414264183,"message":"good"},` +
		`{"id":"2","timestamp":1544414264183,"message":"refuse me"},` +
		`{"id":"3","timestamp":1544414264183,"message":"health check"},` +
		`{"id":"4","timestamp":1,"message":"long ago"},` +
		`{"timestamp":1544414264183,"message":"no id"}]}{"messageType":"CONTROL_MESSAGE","logEvents":[]}`
	w := f.work(f.put(t, "a", []byte(body)))
	w.Exclude = run.Filter{Message: []string{"^health"}}
	w, _ = f.finish(t, w)
	want := run.Counts{Decoded: 6, OutOfRange: 1, Filtered: 1, Malformed: 1, Rejected: 1, Created: 1, AlreadyThere: 1}
	if w.Outcome.Counts != want {
		t.Errorf("counts %+v\nwant   %+v", w.Outcome.Counts, want)
	}
	if o := w.Outcome; o.Records != 1 || o.ControlRecords != 1 || o.BytesPlain != int64(len(body)) || o.BytesIn == 0 {
		t.Errorf("outcome %+v", o)
	}
	for _, folder := range []string{"refused", "malformed"} {
		files, err := filepath.Glob(filepath.Join(f.runs, "runs/r1/rejected", folder, "*"))
		if err != nil || len(files) != 1 {
			t.Errorf("%s events are in %v (%v), want one file", folder, files, err)
		}
	}
}

// A fault of the object itself is how it ended, and no error.
func TestIndexEnds(t *testing.T) {
	good := records(2, 5)
	for _, c := range []struct {
		name    string
		broken  func(f *fixture, o run.Object) run.Object
		body    []byte
		end     run.End
		created int64
	}{
		{"sound", nil, good, run.Indexed, 10},
		{"empty", nil, nil, run.Indexed, 0},
		{"cut off", nil, good[:len(good)-3], run.Damaged, 10},
		{"no records", nil, []byte("<html></html>"), run.Damaged, 0},
		{"gone", func(f *fixture, o run.Object) run.Object {
			_ = os.Remove(filepath.Join(f.dir, o.Key))
			return o
		}, good, run.Gone, 0},
		{"changed", func(_ *fixture, o run.Object) run.Object {
			o.ETag = `"another"`
			return o
		}, good, run.Changed, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t, nil)
			o := f.put(t, "a", c.body)
			if c.broken != nil {
				o = c.broken(f, o)
			}
			w, _ := f.finish(t, f.work(o))
			if w.Outcome.End != c.end || w.Outcome.Created != c.created {
				t.Errorf("ended %s (%s) with %d created, want %s with %d", w.Outcome.End, w.Outcome.Reason, w.Outcome.Created, c.end, c.created)
			}
			if sound := c.end == run.Indexed; (w.Outcome.Reason == "") != sound || (w.Outcome.Damage == nil) == (c.end == run.Damaged) {
				t.Errorf("outcome %+v", w.Outcome)
			}
		})
	}
}

// A call whose time is over before anything was read says so instead of asking
// for more.
func TestIndexWithoutTime(t *testing.T) {
	f := newFixture(t, nil)
	o := f.put(t, "a", records(1, 1))
	// Of a long call 20 s are left, less than what is kept in reserve.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	f.now = func() time.Time { return time.Now().Add(-time.Hour) }
	_, err := f.Index(ctx, run.IndexRequest{Work: f.work(o)})
	if faultName(err) != run.NoProgress {
		t.Errorf("error %v, want a fault named %s", err, run.NoProgress)
	}
}

func faultName(err error) string {
	var f *run.Fault
	if errors.As(err, &f) {
		return f.Name
	}
	return ""
}

// Events that stand at the time of their object's key say nothing of how late they
// arrived.
func TestIndexOfMessages(t *testing.T) {
	f := newFixture(t, nil)
	key := "_/cwl/ecs/ecs-task/2018/12/10/03/s-1-2018-12-10-03-57-00-1b2c"
	o := f.put(t, key, []byte("2018-12-10 03:56:44 a\nb\n{\"level\":\"info\"}\n"))
	o.Time = archive.KeyTime(key, time.UTC)
	w, _ := f.finish(t, f.work(o))
	var late int64
	for _, n := range w.Outcome.Lag {
		late += n
	}
	if c := w.Outcome; c.Created != 3 || late != 1 || c.Inferred != (run.Inferred{DerivedIDs: 3, PlacedIDs: 3, MessageTimes: 1, KeyTimes: 2}) || c.Forms["messages"] != 3 {
		t.Errorf("outcome %+v", c)
	}
}
