package archive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/rehydrate/rehydrate/internal/archive"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/bucket"
)

// serve is a client of an embedded S3 server whose bucket "logs" lies in dir.
func serve(t testing.TB, dir string) *s3.Client {
	t.Helper()
	h, err := bucket.New(map[string]bucket.Folder{"logs": {Dir: dir}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return client(t, server.URL)
}

func client(t testing.TB, url string) *s3.Client {
	t.Helper()
	c, err := archive.NewClient(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBucketKeepsFiles(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	b := archive.NewBucket(serve(t, dir), "logs")

	if _, err := b.Get(ctx, "runs/a/plan.json"); !errors.Is(err, archive.ErrNotFound) {
		t.Fatalf("get of nothing: %v, want ErrNotFound", err)
	}
	for _, body := range []string{"first", "", "second"} {
		if err := b.Put(ctx, "runs/a/plan.json", []byte(body), "application/json"); err != nil {
			t.Fatal(err)
		}
		got, err := b.Get(ctx, "runs/a/plan.json")
		if err != nil || string(got) != body {
			t.Fatalf("got %q, %v, want %q", got, err, body)
		}
	}
	if onDisk, err := os.ReadFile(filepath.Join(dir, "runs/a/plan.json")); err != nil || string(onDisk) != "second" {
		t.Errorf("the folder holds %q, %v", onDisk, err)
	}
}

func TestBucketTellsThatThereIsNone(t *testing.T) {
	b := archive.NewBucket(serve(t, t.TempDir()), "other")
	_, get := b.Get(t.Context(), "a")
	for name, err := range map[string]error{
		"get": get,
		"put": b.Put(t.Context(), "a", nil, ""),
		"list": b.List(t.Context(), "", func(run.Object) error {
			return nil
		}),
		"stream": b.PutStream(t.Context(), "a", strings.NewReader("x"), ""),
	} {
		var f *run.Fault
		if !errors.As(err, &f) || f.Name != run.UnusableArchive || !strings.Contains(f.Reason, "no bucket other") {
			t.Errorf("%s: %v, want a Fault that names the bucket", name, err)
		}
	}
}

func TestPutNewHasOneWinner(t *testing.T) {
	ctx := t.Context()
	b := archive.NewBucket(serve(t, t.TempDir()), "logs")
	const rivals = 20
	var won, lost []string
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range rivals {
		wg.Go(func() {
			name := fmt.Sprint(i)
			err := b.PutNew(ctx, "runs/a/claim.json", []byte(name), "application/json")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won = append(won, name)
			case errors.Is(err, archive.ErrExists):
				lost = append(lost, name)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 || len(lost) != rivals-1 {
		t.Fatalf("%d won and %d lost", len(won), len(lost))
	}
	if got, err := b.Get(ctx, "runs/a/claim.json"); err != nil || string(got) != won[0] {
		t.Errorf("the claim holds %q, %v, want that of the winner, %s", got, err, won[0])
	}
}

func TestPutStreamOfAnySize(t *testing.T) {
	ctx := t.Context()
	b := archive.NewBucket(serve(t, t.TempDir()), "logs")
	for _, size := range []int{0, 1, 8<<20 - 1, 8 << 20, 8<<20 + 1, 21 << 20} {
		want := make([]byte, size)
		r := rand.NewChaCha8([32]byte{byte(size)})
		_, _ = r.Read(want)
		// One that cannot seek, as a manifest that is still being written.
		if err := b.PutStream(ctx, "manifest", struct{ io.Reader }{bytes.NewReader(want)}, "application/jsonl"); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		got, err := b.Get(ctx, "manifest")
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes: came back as %d, %v", size, len(got), err)
		}
	}
}

func TestPutStreamThatFailsLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	b := archive.NewBucket(serve(t, dir), "logs")
	broken := errors.New("listing broke off")
	body := io.MultiReader(bytes.NewReader(make([]byte, 20<<20)), iotest.ErrReader(broken))
	if err := b.PutStream(t.Context(), "manifest", body, ""); !errors.Is(err, broken) {
		t.Fatalf("%v, want the reader's error", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("the folder holds %v, %v", left, err)
	}
}

func TestBucketLists(t *testing.T) {
	ctx := t.Context()
	b := archive.NewBucket(serve(t, t.TempDir()), "logs")
	for _, key := range []string{"runs/b/x", "runs/a/y", "runs/a/x", "else"} {
		if err := b.Put(ctx, key, []byte(key), ""); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	err := b.List(ctx, "runs/a/", func(o run.Object) error {
		got = append(got, o.Key)
		if o.Size != 8 || o.ETag == "" {
			t.Errorf("%+v lacks size or tag", o)
		}
		return nil
	})
	if fmt.Sprint(got) != "[runs/a/x runs/a/y]" || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	enough := errors.New("enough")
	if err := b.List(ctx, "", func(run.Object) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("%v, want the caller's error", err)
	}
}

func TestBucketObeysItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := archive.NewBucket(serve(t, t.TempDir()), "logs")
	cancel()
	var f *run.Fault
	if err := b.Put(ctx, "a", nil, ""); !errors.Is(err, context.Canceled) || errors.As(err, &f) {
		t.Errorf("%v, want the context's end and no Fault", err)
	}
}
