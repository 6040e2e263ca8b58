package list

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
	"github.com/rehydrate/rehydrate/internal/settings"
	"github.com/rehydrate/rehydrate/local/bucket"
)

// fixture is a handler over folders, served by a real S3 server.
type fixture struct {
	handler
	client              *s3.Client
	archiveDir, runsDir string
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{archiveDir: t.TempDir(), runsDir: t.TempDir()}
	buckets, err := bucket.New(map[string]bucket.Folder{"archive": {Dir: f.archiveDir, ReadOnly: true}, "runs": {Dir: f.runsDir}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(buckets)
	t.Cleanup(server.Close)
	client, err := archive.NewClient(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"ARCHIVE_BUCKET": "archive", "RUN_BUCKET": "runs", "SEARCH_URL": "http://127.0.0.1:1"}
	told, err := settings.Read(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	objects, err := archive.New(client, "archive", told.ArchivePrefixes, told.ArchiveZone)
	if err != nil {
		t.Fatal(err)
	}
	f.client = client
	f.handler = handler{
		settings: told, archive: objects, runs: archive.NewBucket(client, "runs"),
		open: func(ctx context.Context, o run.Object) (*archive.Body, error) {
			return archive.Open(ctx, client, "archive", o)
		},
		stat: func(ctx context.Context, o run.Object) (run.Object, error) {
			return archive.Stat(ctx, client, "archive", o)
		},
	}
	return f
}

// put puts an object whose key tells the UTC time.
func (f *fixture) put(t *testing.T, at string, body string) string {
	t.Helper()
	when, err := time.Parse(time.RFC3339, at)
	if err != nil {
		t.Fatal(err)
	}
	key := "_/cwl/ecs/ecs-task/" + when.Format("2006/01/02/15/") + "ecs-task-1-" + when.Format("2006-01-02-15-04-05") + "-0f5c"
	write(t, filepath.Join(f.archiveDir, key), body)
	return key
}

func write(t *testing.T, file, body string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(body), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) list(t *testing.T, name, input string) (run.Plan, error) {
	t.Helper()
	return f.List(t.Context(), run.ListRequest{Request: json.RawMessage(input), Execution: run.Execution{
		ID: "arn:" + name, Name: name, StartTime: time.Date(2018, 12, 20, 0, 0, 0, 0, time.UTC),
	}})
}

// manifest gives the keys of a run's manifest.
func (f *fixture) manifest(t *testing.T, name string) []string {
	t.Helper()
	file, err := os.Open(filepath.Join(f.runsDir, run.ManifestKey(name)))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	keys := []string{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var o run.Object
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
	return keys
}

func (f *fixture) read(t *testing.T, key string, v any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(f.runsDir, key))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

const oneDay = `{"from":"2018-12-10","to":"2018-12-10"}` // 2018-12-09T15Z to 2018-12-10T15Z

func TestListChoosesByKeyWithMargins(t *testing.T) {
	f := newFixture(t)
	f.put(t, "2018-12-09T11:59:59Z", "before the margin")
	want := []string{
		f.put(t, "2018-12-09T12:00:00Z", "first of the margin"),
		f.put(t, "2018-12-10T00:00:00Z", "within"),
		f.put(t, "2018-12-10T17:59:59Z", "last of the margin"),
	}
	f.put(t, "2018-12-10T19:00:00Z", "behind the margin")
	write(t, filepath.Join(f.archiveDir, "_/cwl/ecs/ecs-task/2018/12/10/00/aws-logs-write-test"), "test")

	p, err := f.list(t, "r1", oneDay)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.manifest(t, "r1"); !reflect.DeepEqual(got, want) {
		t.Errorf("manifest %q\nwant %q", got, want)
	}
	if p.Objects != 3 || p.Skipped != 1 || p.Bytes == 0 {
		t.Errorf("plan %+v", p)
	}
	var kept run.Plan
	f.read(t, run.PlanKey("r1"), &kept)
	if kept.Objects != 3 || !kept.From.Equal(p.From) {
		t.Errorf("plan.json %+v", kept)
	}
	var v run.Inventory
	f.read(t, run.InventoryKey("r1"), &v)
	if len(v.Hours) != 3 || len(v.Gaps) == 0 || v.Gaps[0] != "2018-12-09T15" || v.Estimate == nil || v.Estimate.Sampled != 3 {
		t.Errorf("inventory %+v", v)
	}
}

// A plan is estimated by opening objects, and what is unreadable is no error.
func TestPlanEstimates(t *testing.T) {
	f := newFixture(t)
	record := `{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":[` +
		`{"id":"1","timestamp":1544414264183,"message":"a"},{"id":"2","timestamp":1544414264183,"message":"b"}]}`
	for i := range 40 {
		f.put(t, fmt.Sprintf("2018-12-10T%02d:%02d:00Z", i%10, i), record)
	}
	p, err := f.list(t, "r1", `{"from":"2018-12-10","to":"2018-12-10","plan":true}`)
	if err != nil {
		t.Fatal(err)
	}
	var v run.Inventory
	f.read(t, run.InventoryKey("r1"), &v)
	e := v.Estimate
	if !p.PlanOnly || e == nil || e.Sampled != 20 || e.Events != 80 || e.Wanted != 80 || e.DocumentBytes < 80*40 || e.BulkBytes < e.DocumentBytes+80*40 || e.SentBytes != e.BulkBytes || e.PlainBytes != int64(40*len(record)) || e.Unreadable != 0 {
		t.Fatalf("estimate %+v", e)
	}
	if e.Dollars <= 0 || math.Abs(e.Dollars-(e.Lambda+e.StepFunctions+e.S3+e.Network+e.KMS+e.Retrieval)) > 1e-9 {
		t.Errorf("the costs do not add up: %+v", e)
	}
	f.put(t, "2018-12-10T14:00:00Z", "<html>")
	if _, err := f.list(t, "r2", `{"from":"2018-12-10T14:00:00Z","to":"2018-12-10T15:00:00Z","plan":true,"marginBefore":"0s","marginAfter":"0s"}`); err != nil {
		t.Fatal(err)
	}
	f.read(t, run.InventoryKey("r2"), &v)
	if v.Estimate.Unreadable != 1 || v.Estimate.Events != 0 {
		t.Errorf("estimate %+v", v.Estimate)
	}
}

// The sample is of the archive's bytes: many small objects do not hide what a few
// large ones hold.
func TestPlanEstimatesUnevenObjects(t *testing.T) {
	f := newFixture(t)
	event := `{"id":"1","timestamp":1544414264183,"message":"a"}`
	head := `{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":[`
	for i := range 200 {
		f.put(t, fmt.Sprintf("2018-12-10T00:%02d:%02dZ", i/60, i%60), head+event+"]}")
	}
	for i := range 10 {
		f.put(t, fmt.Sprintf("2018-12-10T01:00:%02dZ", i), head+event+strings.Repeat(","+event, 999)+"]}")
	}
	if _, err := f.list(t, "r1", `{"from":"2018-12-10","to":"2018-12-10","plan":true}`); err != nil {
		t.Fatal(err)
	}
	var v run.Inventory
	f.read(t, run.InventoryKey("r1"), &v)
	if e := v.Estimate; e == nil || e.Sampled != 20 || e.Events < 9000 || e.Events > 11500 {
		t.Errorf("estimate %+v, there are 10,200 events", e)
	}
}

// What lies below ** is in every manifest; the plan says so, and what of it is of
// the range.
func TestPlanOfAllBelow(t *testing.T) {
	f := newFixture(t)
	var err error
	if f.archive, err = archive.New(f.client, "archive", []string{"exports/**"}, time.UTC); err != nil {
		t.Fatal(err)
	}
	record := `{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":[` +
		`{"id":"1","timestamp":1544414264183,"message":"a"},{"id":"2","timestamp":1,"message":"b"},{"id":"3","timestamp":2,"message":"c"}]}`
	write(t, filepath.Join(f.archiveDir, "exports/aws-logs-write-test"), "Permission Check Successful")
	for i := range 30 {
		write(t, filepath.Join(f.archiveDir, fmt.Sprintf("exports/%08d-0000-4000-8000-000000000000/app-1/000000.gz", i)), record)
	}
	p, err := f.list(t, "r1", `{"from":"2018-12-10","to":"2018-12-10","plan":true}`)
	if err != nil {
		t.Fatal(err)
	}
	var v run.Inventory
	f.read(t, run.InventoryKey("r1"), &v)
	if p.Objects != 30 || p.Skipped != 1 || v.Whole != 30 || v.Unfit != 0 || len(v.Days)+len(v.Hours)+len(v.Gaps) != 0 {
		t.Errorf("plan %+v, inventory %+v", p, v)
	}
	if e := v.Estimate; e == nil || e.Events != 90 || e.InRange != 30 {
		t.Errorf("estimate %+v", e)
	}
}

// A run whose destination is files is estimated by what it would write: of the
// range, and past the filters. It needs no cluster.
func TestPlanEstimatesFiles(t *testing.T) {
	f := newFixture(t)
	f.settings.Search.URL = ""
	for i := range 40 {
		f.put(t, fmt.Sprintf("2018-12-10T%02d:%02d:00Z", i%10, i), `{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":[`+
			`{"id":"1","timestamp":1544414264183,"message":"a"},{"id":"2","timestamp":1,"message":"a"},{"id":"3","timestamp":1544414264183,"message":"b"}]}`)
	}
	p, err := f.list(t, "r1", `{"from":"2018-12-10","to":"2018-12-10","plan":true,"destination":"files","include":{"message":["a"]}}`)
	if err != nil {
		t.Fatal(err)
	}
	var v run.Inventory
	f.read(t, run.InventoryKey("r1"), &v)
	e := v.Estimate
	if p.Destination != run.ToFiles || e == nil || e.Events != 120 || e.Written != 40 || e.OutputBytes < 40*50 || e.OutputBytes > 40*200 {
		t.Fatalf("estimate %+v", e)
	}
	if e.S3 < 40*2*0.005/1e3 || e.Network != 0 {
		t.Errorf("the costs are those of no files: %+v", e)
	}
}

// A name belongs to the execution that claimed it first, for good.
func TestListClaimsItsName(t *testing.T) {
	f := newFixture(t)
	f.put(t, "2018-12-10T00:00:00Z", "x")
	for range 2 { // a call that Step Functions repeats
		if _, err := f.list(t, "r1", oneDay); err != nil {
			t.Fatal(err)
		}
	}
	_, err := f.List(t.Context(), run.ListRequest{Request: json.RawMessage(oneDay), Execution: run.Execution{
		ID: "arn:of another", Name: "r1", StartTime: time.Date(2018, 12, 21, 0, 0, 0, 0, time.UTC),
	}})
	if got := faultName(err); got != run.NameTaken {
		t.Errorf("error %v, want a fault named %s", err, run.NameTaken)
	}
}

func TestListRefuses(t *testing.T) {
	f := newFixture(t)
	if _, err := f.list(t, "no run", oneDay); faultName(err) != run.InvalidRequest {
		t.Errorf("a name with a space: %v", err)
	}
	if _, err := f.list(t, "r1", `{"nonsense":1}`); faultName(err) != run.InvalidRequest {
		t.Errorf("an unknown member: %v", err)
	}
	f.settings.Search.URL = ""
	if _, err := f.list(t, "r1", oneDay); faultName(err) != run.InvalidRequest || !strings.HasPrefix(err.Error(), "destination: this stack has no cluster to index into; give ") {
		t.Errorf("a run that indexes, of a stack without a cluster: %v", err)
	}
	if _, err := os.Stat(filepath.Join(f.runsDir, "runs")); !errors.Is(err, os.ErrNotExist) {
		t.Error("a request that is refused has touched the run bucket")
	}
}

// A retry takes what may end otherwise now, as it is now, and nothing else.
func TestRetry(t *testing.T) {
	f := newFixture(t)
	put := func(minute int, body string) run.Object {
		key := f.put(t, fmt.Sprintf("2018-12-10T00:%02d:00Z", minute), body)
		o, err := f.stat(t.Context(), run.Object{Key: key})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	failed, started, lost := put(1, "failed"), put(2, "never started"), put(3, "no result")
	damaged, repaired, changed := put(4, "damaged"), put(5, "damaged"), put(6, "changed")
	put(7, "indexed")
	repaired.ETag, changed.ETag = `"old"`, `"old"`
	gone := run.Object{Key: "_/cwl/ecs/ecs-task/2018/12/10/00/gone", ETag: `"old"`, Size: 1}
	if _, err := f.list(t, "r0", `{"from":"2018-12-10","to":"2018-12-10","exclude":{"message":["^health"]},"destination":"files"}`); err != nil {
		t.Fatal(err)
	}
	if _, err := f.list(t, "early", `{"retry":"r0"}`); faultName(err) != run.InvalidRequest || !strings.Contains(err.Error(), "has no report") {
		t.Errorf("a retry of a run without a report: %v", err)
	}
	var problems strings.Builder
	for _, p := range []runs.Problem{
		{End: run.NotIndexed, Object: failed},
		{End: run.NeverStarted, Object: started},
		{End: run.NoResult, Object: lost},
		{End: run.Damaged, Object: damaged},
		{End: run.Damaged, Object: repaired},
		{End: run.Changed, Object: changed},
		{End: run.Gone, Object: gone},
	} {
		b, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		problems.Write(append(b, '\n'))
	}
	write(t, filepath.Join(f.runsDir, run.ProblemsFolder("r0"), "00000.jsonl"), problems.String())
	write(t, filepath.Join(f.runsDir, run.ReportKey("r0")), `{"events":{"malformed":3}}`)
	refused := run.RefusedFolder("r0") + "a.json.gz"
	write(t, filepath.Join(f.runsDir, refused), "refused")
	write(t, filepath.Join(f.runsDir, run.MalformedFolder("r0"), "b.json.gz"), "malformed")

	p, err := f.list(t, "r1", `{"retry":"r0"}`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{failed.Key, started.Key, lost.Key, damaged.Key, repaired.Key, changed.Key, gone.Key, refused}
	if got := f.manifest(t, "r1"); !reflect.DeepEqual(got, want) {
		t.Errorf("manifest %q\nwant     %q", got, want)
	}
	if p.From.Format(time.DateOnly) != "2018-12-10" || len(p.Exclude.Message) != 1 || p.Destination != run.ToFiles {
		t.Errorf("the range, filters and destination are not the earlier run's: %+v", p)
	}
	notes := strings.Join(p.Notes, "\n")
	if !strings.Contains(notes, "1 damaged object is the same as before and is read once more") || !strings.Contains(notes, "3 malformed events can never be indexed") {
		t.Errorf("notes %q", notes)
	}
	var first run.Object
	b, err := os.ReadFile(filepath.Join(f.runsDir, run.ManifestKey("r1")))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(strings.Split(string(b), "\n")[5]), &first); err != nil || first.ETag == `"old"` {
		t.Errorf("the changed object is not taken as it is now: %+v (%v)", first, err)
	}
}

func faultName(err error) string {
	var f *run.Fault
	if errors.As(err, &f) {
		return f.Name
	}
	return ""
}

// A look tries what a run would need, and writes nothing.
func TestLook(t *testing.T) {
	f := newFixture(t)
	yesterday := time.Now().UTC().Add(-24 * time.Hour).Format(time.RFC3339)
	f.put(t, yesterday, "x")
	look := func() (run.Plan, error) {
		return f.List(t.Context(), run.ListRequest{Request: json.RawMessage(`{"lastDays":2,"plan":true,"destination":"files"}`)})
	}
	p, err := look()
	if err != nil || p.Objects != 1 || len(p.Prefixes) == 0 {
		t.Errorf("%+v, %v", p, err)
	}
	if files, err := os.ReadDir(f.runsDir); err != nil || len(files) != 0 {
		t.Errorf("it wrote %v, %v", files, err)
	}
	f.open = func(context.Context, run.Object) (*archive.Body, error) {
		return nil, &run.Fault{Name: run.Denied, Reason: "S3 denies access"}
	}
	if _, err := look(); faultName(err) != run.Denied {
		t.Errorf("an archive that may not be read: %v", err)
	}
}
