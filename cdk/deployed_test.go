package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	objects "github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/asl"
	"github.com/rehydrate/rehydrate/local/bucket"
	"github.com/rehydrate/rehydrate/local/lambdahost"
	"github.com/rehydrate/rehydrate/local/sample"
	"github.com/rehydrate/rehydrate/local/store"
	"github.com/rehydrate/rehydrate/statemachine"
)

// What is deployed is what runs here: the template's machines with its
// substitutions, its Lambdas with its environment, timeouts and memory. Only
// what surrounds them is of this computer: S3, by the SDK's own variable, and
// the cluster, which is a setting.
func TestWhatIsDeployedRuns(t *testing.T) {
	d := deployHere(t)
	for _, name := range []string{"monday", "again"} { // the second time all is there
		out, err := d.execute(t, "Machine", name, `{"from": "2018-12-10", "to": "2018-12-12"}`)
		var ended *asl.ExecutionError
		if !errors.As(err, &ended) || ended.Name != "Incomplete" { // the sample holds damaged objects
			t.Fatalf("the run %s ended with %s, %v", name, out, err)
		}
	}
	zone, _ := time.LoadLocation("Asia/Tokyo")
	from := time.Date(2018, 12, 10, 0, 0, 0, 0, zone)
	want := slices.Sorted(maps.Keys(d.truth.Expect(from, from.AddDate(0, 0, 3))))
	if got := d.documents(t); !slices.Equal(got, want) {
		t.Errorf("%d documents are in the cluster, the archive holds %d", len(got), len(want))
	}

	// A live object is the same work once more.
	var object sample.Object
	for _, o := range d.truth.Objects {
		if o.End == run.Indexed && !o.Skipped && len(o.Events) > 0 {
			object = o
		}
	}
	etag := d.etag(t, object.Key)
	event := map[string]any{"detail": map[string]any{"object": map[string]any{"key": object.Key, "size": float64(object.Size), "etag": etag}}}
	out, err := d.execute(t, "LiveMachine", "event", transform(t, d.tpl.only(t, "AWS::Events::Rule", "LiveRule"), event))
	var outcome run.Outcome
	if err != nil || json.Unmarshal(out, &outcome) != nil || outcome.End != run.Indexed || outcome.AlreadyThere+outcome.Created != int64(len(object.Events)) {
		t.Errorf("the live object ended with %s, %v", out, err)
	}

	// The report of a stopped run is made by a machine of its own.
	event = map[string]any{"detail": map[string]any{"name": "monday", "status": "ABORTED"}}
	out, err = d.execute(t, "StoppedMachine", "stopped", transform(t, d.tpl.only(t, "AWS::Events::Rule", "StoppedRule"), event))
	var summary run.Summary
	if err != nil || json.Unmarshal(out, &summary) != nil || summary.Run != "monday" || summary.Complete {
		t.Errorf("the stopped run is reported as %s, %v", out, err)
	}
	d.checkRequests(t)
}

// deployment is the stack on this computer.
type deployment struct {
	tpl       *template
	functions map[string]*lambdahost.Function // by ARN
	arns      map[string]string               // by what stands for them in the template
	runs      *objects.Bucket
	archive   *objects.Bucket
	search    string
	unwatched string // the same, for the test's own requests
	truth     sample.Truth

	mu sync.Mutex
	// calling is the Lambda that is being called; only index is called at once
	// with itself.
	calling  string
	requests map[string][]string
}

const runBucket = "rehydrate-runs"

func deployHere(t *testing.T) *deployment {
	t.Helper()
	d := &deployment{functions: map[string]*lambdahost.Function{}, arns: map[string]string{}, requests: map[string][]string{}}
	folder := t.TempDir()
	options := sample.Default()
	options.Objects, options.Events = 150, 3000
	var err error
	if d.truth, err = sample.Generate(options, func(key string, _ time.Time, body []byte) error {
		file := filepath.Join(folder, filepath.FromSlash(key))
		return errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, body, 0o644))
	}); err != nil {
		t.Fatal(err)
	}
	s3, err := bucket.New(map[string]bucket.Folder{"my-archive": {Dir: folder, ReadOnly: true}, runBucket: {Dir: t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	documents, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = documents.Close() })
	storage := serve(t, s3)
	d.search, d.unwatched = serve(t, d.record(documents)), serve(t, documents)
	client, err := objects.NewClient(t.Context(), storage)
	if err != nil {
		t.Fatal(err)
	}
	d.runs, d.archive = objects.NewBucket(client, runBucket), objects.NewBucket(client, "my-archive")
	d.tpl = synthesize(t, "archive", "my-archive", "search", d.search, "live", "true")
	d.startLambdas(t, storage)
	return d
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// startLambdas readies the template's functions, built for this computer.
func (d *deployment) startLambdas(t *testing.T, storage string) {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "lambda.norpc", "-o", bin, "../lambdas/bootstrap")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the Lambdas: %v\n%s", err, out)
	}
	for _, name := range []string{"list", "restore", "prepare", "index", "report"} {
		id := strings.ToUpper(name[:1]) + name[1:] + "Function"
		r := d.tpl.only(t, "AWS::Lambda::Function", id)
		variables := environment(t, d.tpl, id)
		for variable, value := range variables {
			variables[variable] = strings.ReplaceAll(value, "${RunBucket}", runBucket)
		}
		variables["AWS_ENDPOINT_URL_S3"] = storage
		f, err := lambdahost.New(lambdahost.Config{
			Name: plain(r.at("FunctionName")).(string), Binary: bin, Handler: r.at("Handler").(string), Env: variables,
			Region: "ap-northeast-1", Credentials: lambdahost.Credentials{AccessKeyID: "local", SecretAccessKey: "local"},
			Timeout: time.Duration(r.at("Timeout").(float64) * float64(time.Second)), Memory: int(r.at("MemorySize").(float64)),
			Concurrency: 2, Log: t.Output(),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(f.Close)
		d.functions[f.ARN()] = f
		d.arns["${"+id+".Arn}"] = f.ARN()
	}
}

// execute runs a machine of the template.
func (d *deployment) execute(t *testing.T, id, name, input string) ([]byte, error) {
	t.Helper()
	r := d.tpl.only(t, "AWS::StepFunctions::StateMachine", id)
	values := map[string]string{}
	for substitution, value := range r.at("DefinitionSubstitutions").(map[string]any) {
		values[substitution] = d.arns[plain(value).(string)]
	}
	filled, err := statemachine.Fill(r.at("DefinitionString").(string), values)
	if err != nil {
		t.Fatal(err)
	}
	m, err := asl.Load([]byte(filled))
	if err != nil {
		t.Fatal(err)
	}
	machine := r.at("StateMachineName").(string)
	return m.Run(t.Context(), asl.Execution{
		ARN:   "arn:aws:states:ap-northeast-1:123456789012:execution:" + machine + ":" + name,
		Input: []byte(input), StartTime: time.Now(),
	}, asl.Env{
		Invoke: d.invoke, Buckets: d,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
}

func (d *deployment) invoke(ctx context.Context, function string, payload []byte) ([]byte, error) {
	f := d.functions[function]
	if f == nil {
		return nil, fmt.Errorf("there is no function %s", function)
	}
	d.mu.Lock()
	d.calling = function[strings.LastIndex(function, "-")+1:]
	d.mu.Unlock()
	answer, err := f.Invoke(ctx, payload)
	if failed := (*lambdahost.InvokeError)(nil); errors.As(err, &failed) {
		return nil, &asl.TaskError{Name: failed.Type, Cause: failed.Cause}
	}
	return answer, err
}

// Open and Put are the run bucket as a map uses it.
func (d *deployment) Open(ctx context.Context, _, key string) (io.ReadCloser, error) {
	return d.runs.Open(ctx, key)
}

func (d *deployment) Put(ctx context.Context, _, key string, body io.ReadSeeker) error {
	return d.runs.PutStream(ctx, key, body, "application/json")
}

// etag of an object, as an event of S3 has it: without quotes.
func (d *deployment) etag(t *testing.T, key string) string {
	t.Helper()
	var etag string
	if err := d.archive.List(t.Context(), key, func(o run.Object) error { etag = o.ETag; return nil }); err != nil {
		t.Fatal(err)
	}
	return strings.Trim(etag, `"`)
}

// documents are the ids in the cluster.
func (d *deployment) documents(t *testing.T) []string {
	t.Helper()
	response, err := http.Post(d.unwatched+"/ecs-task-*/_search", "application/json", strings.NewReader(`{"size": 10000, "_source": false}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var found struct {
		Hits struct {
			Hits []struct {
				ID string `json:"_id"`
			}
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, hit := range found.Hits.Hits {
		ids = append(ids, hit.ID)
	}
	slices.Sort(ids)
	return ids
}
