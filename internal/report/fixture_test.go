package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
)

var tokyo = time.FixedZone("Asia/Tokyo", 9*60*60)

// bucket is a run bucket in memory.
type bucket map[string][]byte

func (b bucket) Name() string { return "runs" }

func (b bucket) Open(_ context.Context, key string) (io.ReadCloser, error) {
	body, ok := b[key]
	if !ok {
		return nil, fmt.Errorf("open %s: %w", key, archive.ErrNotFound)
	}
	return io.NopCloser(bytes.NewReader(body)), nil
}

func (b bucket) List(_ context.Context, prefix string, each func(run.Object) error) error {
	for _, key := range slices.Sorted(maps.Keys(b)) {
		if strings.HasPrefix(key, prefix) {
			if err := each(run.Object{Key: key, Size: int64(len(b[key]))}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b bucket) Put(_ context.Context, key string, body []byte, _ string) error {
	b[key] = bytes.Clone(body)
	return nil
}

func (b bucket) PutNew(context.Context, string, []byte, string) error { return errors.ErrUnsupported }

func (b bucket) PutStream(context.Context, string, io.Reader, string) error {
	return errors.ErrUnsupported
}

// counts is a cluster that holds so many documents by index.
type counts map[string]int64

func (c counts) Count(_ context.Context, indices []string, _, _ time.Time) ([]run.IndexCount, error) {
	var answer []run.IndexCount
	for _, index := range indices {
		a := run.IndexCount{Index: index}
		if n, ok := c[index]; ok && n >= 0 {
			a.Documents = &n
		}
		answer = append(answer, a)
	}
	return answer, nil
}

// fixture is a run that a test makes up: its files as List, Prepare and Step
// Functions write them.
type fixture struct {
	t        testing.TB
	files    bucket
	cluster  counts
	plan     run.Plan
	prepared run.Prepared
	settings run.Settings
	objects  []run.Object
	results  map[string][]any // by status
	caught   run.Caught
	last     bool
	machine  string // start of its ARNs
	manifest bool
}

const machine = "arn:aws:states:ap-northeast-1:123456789012:"

// newFixture is a run over three days of December 2018 that found nothing yet.
func newFixture(t testing.TB, name string) *fixture {
	from := time.Date(2018, 12, 10, 0, 0, 0, 0, tokyo)
	w := &fixture{
		t: t, files: bucket{}, cluster: counts{}, results: map[string][]any{}, manifest: true, machine: machine,
		plan: run.Plan{
			Run: name, Execution: machine + "execution:rehydrate:" + name,
			Started: time.Date(2026, 11, 23, 9, 0, 0, 0, tokyo),
			From:    from, To: from.AddDate(0, 0, 3),
			MarginBefore: run.DefaultMargin, MarginAfter: run.DefaultMargin, MaxConcurrency: 10,
			ToleratedFailurePercentage: 10,
			Prefixes:                   []string{"_/cwl/ecs/ecs-task/2018/12/09/12/", "_/cwl/ecs/ecs-task/2018/12/12/18/"},
			Notes:                      []string{},
		},
		prepared: run.Prepared{Product: "opensearch", Version: "2.19.1", Template: "rehydrate-ecs-task", Installed: true},
		settings: run.Settings{
			Stack:         "logs",
			ArchiveBucket: "archive", ArchivePrefixes: []string{"_/cwl/ecs/ecs-task/!{timestamp:yyyy/MM/dd/HH}/"}, ArchiveZone: time.UTC,
			RunBucket: "runs", IndexPrefix: "ecs-task", Zone: tokyo, BulkBytes: 5 << 20, BulkInFlight: 2,
			RecordLimit: 64 << 20, Search: run.Search{URL: "https://search.example", Auth: "sigv4"}, Version: "1.0.0",
		},
	}
	for day := from; day.Before(w.plan.To); day = day.AddDate(0, 0, 1) {
		var none int64
		w.prepared.Indices = append(w.prepared.Indices, run.IndexCount{Index: indexOf(day), Documents: &none})
		w.cluster[indexOf(day)] = 0
	}
	return w
}

func indexOf(t time.Time) string { return "ecs-task-" + t.In(tokyo).Format(time.DateOnly) }

// list adds an object to the manifest that arrived at t.
func (w *fixture) list(t time.Time) run.Object {
	t = t.UTC()
	o := run.Object{
		Key:  fmt.Sprintf("_/cwl/ecs/ecs-task/%s/ecs-task-1-%s-%04d", t.Format("2006/01/02/15"), t.Format("2006-01-02-15-04-05"), len(w.objects)),
		Size: 1000, ETag: `"e"`, Time: &t,
	}
	w.objects = append(w.objects, o)
	return o
}

// read is the outcome of an object that was read to its end, with n events at
// its time, all of them created.
func read(o run.Object, n int64) run.Outcome {
	var out run.Outcome
	out.End, out.Calls, out.Records, out.BytesIn, out.BytesPlain, out.BytesOut = run.Indexed, 1, 3, o.Size, 5*o.Size, 4*o.Size
	out.Requests, out.Ms = 2, 150
	out.First, out.Last = o.Time, o.Time
	count(&out, *o.Time, n, run.Counts{Created: n})
	return out
}

// count adds n documents at t that ended as c says.
func count(out *run.Outcome, t time.Time, n int64, c run.Counts) {
	if n == 0 {
		return
	}
	c.Decoded = n
	out.Counts.Add(c)
	out.CountIndex(indexOf(t), run.IndexCounts{Documents: n, Created: c.Created, AlreadyThere: c.AlreadyThere, Rejected: c.Rejected})
	out.CountHour(t, n)
	out.CountLag(2, n)
}

func (w *fixture) child(o run.Object, status string) map[string]any {
	input, err := json.Marshal(run.Work{Run: w.plan.Run, From: w.plan.From, To: w.plan.To, Object: o})
	if err != nil {
		w.t.Fatal(err)
	}
	id := fmt.Sprintf("%08d-0000-4000-8000-000000000000", len(w.results["SUCCEEDED"])+len(w.results["FAILED"]))
	r := map[string]any{"Input": string(input), "InputDetails": map[string]bool{"Included": true}, "Status": status}
	if status != "PENDING" {
		r["ExecutionArn"] = w.machine + "execution:rehydrate/IndexObjects:" + id
		r["Name"], r["OutputDetails"] = id, map[string]bool{"Included": true}
		r["StartDate"], r["StopDate"] = "2026-11-23T00:00:01.579Z", "2026-11-23T00:00:05.670Z"
	}
	return r
}

// succeeded adds the result of a child, and its documents to the cluster.
func (w *fixture) succeeded(o run.Object, out run.Outcome) {
	output, err := json.Marshal(out)
	if err != nil {
		w.t.Fatal(err)
	}
	r := w.child(o, "SUCCEEDED")
	r["Output"] = string(output)
	w.results["SUCCEEDED"] = append(w.results["SUCCEEDED"], r)
	for index, c := range out.Indices {
		w.cluster[index] += c.Created
	}
}

// failed adds the result of a child that failed, with the cause that the state
// machine makes.
func (w *fixture) failed(o run.Object, name, message string, out run.Outcome) {
	inner, _ := json.Marshal(map[string]string{"errorMessage": message, "errorType": name})
	cause, err := json.Marshal(map[string]any{"object": o, "error": name, "cause": string(inner), "outcome": out})
	if err != nil {
		w.t.Fatal(err)
	}
	r := w.child(o, "FAILED")
	r["Error"], r["Cause"] = name, string(cause)
	w.results["FAILED"] = append(w.results["FAILED"], r)
	for index, c := range out.Indices {
		w.cluster[index] += c.Created
	}
}

func (w *fixture) pending(o run.Object) {
	w.results["PENDING"] = append(w.results["PENDING"], w.child(o, "PENDING"))
}

// whole adds n objects an hour over the whole range with ten events each.
func (w *fixture) whole(n int) {
	for t := w.plan.From; t.Before(w.plan.To); t = t.Add(time.Hour) {
		for i := range n {
			o := w.list(t.Add(time.Duration(i+1) * time.Minute))
			w.succeeded(o, read(o, 10))
		}
	}
}

// write writes an object's n events at its time into a file, and gives its outcome.
func (w *fixture) write(o run.Object, n int64, message string) run.Outcome {
	w.t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for i := range n {
		line, err := json.Marshal(Preview{
			Time: o.Time.Add(time.Duration(n-i) * time.Millisecond).Format("2006-01-02T15:04:05.000Z"), ID: fmt.Sprintf("%s-%d", o.Key, i),
			LogGroup: "/ecs-task", LogStream: "s", Message: message,
		})
		if err != nil {
			w.t.Fatal(err)
		}
		_, _ = z.Write(append(line, '\n'))
	}
	_ = z.Close()
	w.files[run.EventsFolder(w.plan.Run)+o.Time.Format("2006-01-02/15/")+path.Base(o.Key)+".jsonl.gz"] = packed.Bytes()
	out := read(o, 0)
	out.Decoded, out.Written, out.Files, out.BytesOut, out.Requests = n, n, 1, int64(packed.Len()), 0
	out.CountHour(*o.Time, n)
	out.CountLag(2, n)
	return out
}

// wholeInFiles is whole, with files for a destination.
func (w *fixture) wholeInFiles(message string) {
	w.plan.Destination = run.ToFiles
	for t := w.plan.From; t.Before(w.plan.To); t = t.Add(time.Hour) {
		o := w.list(t.Add(time.Minute))
		w.succeeded(o, w.write(o, 2, message))
	}
}

func (w *fixture) putJSON(key string, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		w.t.Fatal(err)
	}
	w.files[key] = body
}

// lay writes the files of the run.
func (w *fixture) lay() {
	name := w.plan.Run
	w.plan.Objects, w.plan.Bytes = 0, 0
	var manifest bytes.Buffer
	e := json.NewEncoder(&manifest)
	for _, o := range w.objects {
		w.plan.Objects++
		w.plan.Bytes += o.Size
		if err := e.Encode(o); err != nil {
			w.t.Fatal(err)
		}
	}
	w.putJSON(run.PlanKey(name), w.plan)
	if w.plan.Destination != run.ToFiles {
		w.putJSON(run.PreparedKey(name), w.prepared)
	}
	w.files[run.ManifestKey(name)] = manifest.Bytes()
	folder := run.ResultsPrefix(name) + "/d0b38e10-30a5-4934-9ac6-a333df406947/"
	type file struct {
		Key  string
		Size int
	}
	named := map[string][]file{"FAILED": {}, "PENDING": {}, "SUCCEEDED": {}}
	for status, records := range w.results {
		// Two files, as there are when results are many.
		for i, part := range [][]any{records[:len(records)/2], records[len(records)/2:]} {
			key := fmt.Sprintf("%s%s_%d.json", folder, status, i)
			w.putJSON(key, part)
			named[status] = append(named[status], file{key, len(w.files[key])})
		}
	}
	if w.manifest {
		w.putJSON(folder+"manifest.json", map[string]any{
			"DestinationBucket": "runs", "MapRunArn": machine + "mapRun:rehydrate/IndexObjects:d0b38e10-30a5-4934-9ac6-a333df406947",
			"ResultFiles": named,
		})
	}
}

func (w *fixture) input() Input {
	return Input{
		Folder: runs.Folder{Bucket: w.files, Name: w.plan.Run}, Map: w.caught, Last: w.last, Settings: w.settings, Counter: w.cluster,
		Now: func() time.Time { return time.Date(2026, 11, 23, 9, 5, 0, 0, tokyo) },
	}
}

// build lays the files and makes the report.
func (w *fixture) build() *Report {
	w.t.Helper()
	w.lay()
	r, err := Build(w.t.Context(), w.input())
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}
