package runs_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/runs"
	"github.com/rehydrate/rehydrate/local/bucket"
)

// folder is that of a run on a real S3 server, which acknowledges what it is told
// to put under lost, and does not keep it.
func folder(t *testing.T, lost string) runs.Folder {
	t.Helper()
	buckets, err := bucket.New(map[string]bucket.Folder{"runs": {Dir: t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && lost != "" && strings.Contains(r.URL.Path, lost) {
			w.Header().Set("ETag", `"e"`)
			return
		}
		buckets.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	client, err := archive.NewClient(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return runs.Folder{Bucket: archive.NewBucket(client, "runs"), Name: "r1"}
}

func object(i int) run.Object {
	return run.Object{Key: fmt.Sprintf("key<%d>", i), Size: int64(i), ETag: `"e"`}
}

func put(f runs.Folder, t *testing.T) map[string]error {
	ctx := t.Context()
	problems := runs.ProblemWriter{Folder: f}
	return map[string]error{
		"plan.json":      f.PutPlan(ctx, run.Plan{Run: "r1", Objects: 3}),
		"inventory.json": f.PutInventory(ctx, run.Inventory{Objects: 3}),
		"prepared.json":  f.PutPrepared(ctx, run.Prepared{Product: "opensearch"}),
		"report.json":    f.PutReport(ctx, []byte(`{"version": 2}`)),
		"report.html":    f.PutPage(ctx, []byte("<p>")),
		"manifest.jsonl": f.PutManifest(ctx, func(write func(run.Object) error) error {
			return errors.Join(write(object(1)), write(object(2)), write(object(3)))
		}),
		"problems/": errors.Join(problems.Add(ctx, runs.Problem{End: run.Damaged, Object: object(2)}), problems.Close(ctx)),
	}
}

func TestFilesAreReadAsTheyWereWritten(t *testing.T) {
	f := folder(t, "")
	for name, err := range put(f, t) {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, err := f.Plan(t.Context()); err != nil || p.Objects != 3 {
		t.Errorf("plan %+v, %v", p, err)
	}
	if v, err := f.Inventory(t.Context()); err != nil || v.Objects != 3 {
		t.Errorf("inventory %+v, %v", v, err)
	}
	if p, err := f.Prepared(t.Context()); err != nil || p.Product != "opensearch" {
		t.Errorf("prepared %+v, %v", p, err)
	}
	var report struct{ Version int }
	if err := f.Report(t.Context(), &report); err != nil || report.Version != 2 {
		t.Errorf("report %+v, %v", report, err)
	}
	var listed []run.Object
	if err := f.Manifest(t.Context(), func(o run.Object) error { listed = append(listed, o); return nil }); err != nil ||
		!slices.Equal(listed, []run.Object{object(1), object(2), object(3)}) {
		t.Errorf("manifest %+v, %v", listed, err)
	}
	var problems []runs.Problem
	if err := f.Problems(t.Context(), func(p runs.Problem) error { problems = append(problems, p); return nil }); err != nil ||
		!slices.Equal(problems, []runs.Problem{{End: run.Damaged, Object: object(2)}}) {
		t.Errorf("problems %+v, %v", problems, err)
	}
}

// S3's acknowledgement is not believed by its status alone.
func TestAFileThatIsNotThereIsNotWritten(t *testing.T) {
	for _, name := range []string{"plan.json", "inventory.json", "prepared.json", "report.json", "report.html", "manifest.jsonl", "problems/"} {
		err := put(folder(t, name), t)[name]
		var fault *run.Fault
		if !errors.As(err, &fault) || fault.Name != run.Unavailable ||
			!strings.Contains(err.Error(), "S3 acknowledged s3://runs/runs/r1/"+name) || fault.Remedy == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMissingFiles(t *testing.T) {
	f := folder(t, "")
	_, err := f.Plan(t.Context())
	for what, err := range map[string]error{
		"plan":     err,
		"report":   f.Report(t.Context(), &struct{}{}),
		"manifest": f.Manifest(t.Context(), func(run.Object) error { return nil }),
	} {
		if !errors.Is(err, archive.ErrNotFound) || !strings.Contains(err.Error(), "runs/r1/"+what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := f.Problems(t.Context(), func(runs.Problem) error { return errors.New("none") }); err != nil {
		t.Errorf("problems: %v", err)
	}
}

func TestBrokenFilesAreNamed(t *testing.T) {
	f := folder(t, "")
	for key, read := range map[string]func() error{
		run.PlanKey("r1"):     func() error { _, err := f.Plan(t.Context()); return err },
		run.ManifestKey("r1"): func() error { return f.Manifest(t.Context(), func(run.Object) error { return nil }) },
	} {
		if err := f.Bucket.Put(t.Context(), key, []byte(`{"run": `), "application/json"); err != nil {
			t.Fatal(err)
		}
		var fault *run.Fault
		if err := read(); !errors.As(err, &fault) || fault.Name != run.Unavailable || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestAManifestThatCannotBeListedIsNone(t *testing.T) {
	f := folder(t, "")
	failed := errors.New("the archive cannot be listed")
	err := f.PutManifest(t.Context(), func(write func(run.Object) error) error { return errors.Join(write(object(1)), failed) })
	if !errors.Is(err, failed) {
		t.Errorf("error %v, want %v", err, failed)
	}
	if err := f.Manifest(t.Context(), func(run.Object) error { return nil }); !errors.Is(err, archive.ErrNotFound) {
		t.Errorf("there is a manifest: %v", err)
	}
}

func TestANameIsClaimedOnce(t *testing.T) {
	f := folder(t, "")
	first := run.Execution{ID: "arn:1", Name: "r1", StartTime: time.Date(2018, 12, 20, 0, 0, 0, 0, time.UTC)}
	other := first
	other.ID = "arn:2"
	if err := errors.Join(f.Claim(t.Context(), first), f.Claim(t.Context(), first)); err != nil {
		t.Errorf("its own claim, repeated: %v", err)
	}
	var fault *run.Fault
	if err := f.Claim(t.Context(), other); !errors.As(err, &fault) || fault.Name != run.NameTaken || !strings.Contains(err.Error(), "arn:1") {
		t.Errorf("another's claim: %v", err)
	}
}
