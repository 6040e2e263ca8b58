package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/local/bucket"
	"github.com/rehydrate/rehydrate/local/bucket/buckettest"
)

const key = "2018/12/10/03/ecs-task-1-2018-12-10-03-57-44-8a3c1d52-5df0-4000-8000-000000000000"

// keep is a folder with one object of random bytes, and its server.
func keep(t *testing.T, size int) (dir string, body []byte, h http.Handler) {
	t.Helper()
	dir, body = t.TempDir(), make([]byte, size)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(body)
	write(t, dir, body)
	h, err := bucket.New(map[string]bucket.Folder{"logs": {Dir: dir, ReadOnly: true}})
	if err != nil {
		t.Fatal(err)
	}
	return dir, body, h
}

func write(t *testing.T, dir string, body []byte) {
	t.Helper()
	name := filepath.Join(dir, filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, body, 0o644); err != nil {
		t.Fatal(err)
	}
}

// connect serves h and lists the one object that it holds. The client does not
// wait between its attempts.
func connect(t *testing.T, h http.Handler) (*s3.Client, run.Object) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c, err := NewClient(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c = s3.New(c.Options(), func(o *s3.Options) { o.Retryer = impatient{o.Retryer} })
	page, err := c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{
		Bucket: new("logs"), OptionalObjectAttributes: []types.OptionalObjectAttributes{types.OptionalObjectAttributesRestoreStatus},
	})
	if err != nil || len(page.Contents) != 1 {
		t.Fatalf("%v objects, %v", len(page.Contents), err)
	}
	return c, listed(page.Contents[0])
}

// hasty is a patience that does not wait.
func hasty() patience {
	p := patient()
	p.wait = func(int) time.Duration { return 0 }
	p.stall = 50 * time.Millisecond
	return p
}

func TestOpenReadsThroughABadNetwork(t *testing.T) {
	retries := int64(0)
	for _, size := range []int{0, 1, 5_000, 300_000} {
		for seed := range uint64(12) {
			_, want, h := keep(t, size)
			n := buckettest.Network{Seed: seed, Cut: 0.6, Stall: 0.02 * float64(seed%3), Most: int64(size)/8 + 100}
			c, o := connect(t, n.Handler(h))
			for _, from := range []int64{0, int64(size / 3), int64(size)} {
				b, err := hasty().open(t.Context(), source{c, "logs", o}, from)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(b)
				if err != nil || !bytes.Equal(got, want[from:]) {
					t.Fatalf("size %d, seed %d, from %d: %d bytes, %v", size, seed, from, len(got), err)
				}
				if b.Bytes() != int64(len(got)) {
					t.Errorf("%d bytes were counted, %d read", b.Bytes(), len(got))
				}
				retries += b.Retries()
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
	if retries < 50 {
		t.Errorf("only %d requests were broken off; this shows too little", retries)
	}
}

func TestOpenKeepsToTheReaderContract(t *testing.T) {
	_, want, h := keep(t, 10_000)
	c, o := connect(t, buckettest.Network{Cut: 0.5, Most: 3000}.Handler(h))
	b, err := hasty().open(t.Context(), source{c, "logs", o}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := iotest.TestReader(b, want); err != nil {
		t.Error(err)
	}
}

func TestOpenGivesUpWithoutProgress(t *testing.T) {
	_, _, h := keep(t, 10_000)
	c, o := connect(t, buckettest.Network{Cut: 1, Most: 0}.Handler(h))
	b, err := hasty().open(t.Context(), source{c, "logs", o}, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(b)
	f := faultOf(t, err)
	if f.Name != run.Unavailable || !strings.Contains(f.Reason, "could not be read beyond byte 0 in 9 requests") {
		t.Errorf("%v", err)
	}
}

func TestOpenObeysItsContext(t *testing.T) {
	_, _, h := keep(t, 10_000)
	c, o := connect(t, buckettest.Network{Stall: 1, Most: 100}.Handler(h))
	ctx, cancel := context.WithCancel(t.Context())
	b, err := patient().open(ctx, source{c, "logs", o}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(b, make([]byte, 1)); err != nil {
		t.Skip("not a byte came through") // the place of the stall is by chance
	}
	cancel()
	_, err = io.ReadAll(b)
	var f *run.Fault
	if !errors.Is(err, context.Canceled) || errors.As(err, &f) {
		t.Errorf("%v, want the context's end", err)
	}
}

// TestOpenTellsHowAnObjectEnded covers what is no failure of the surroundings,
// before the first byte and in the middle.
func TestOpenTellsHowAnObjectEnded(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(t *testing.T, dir string)
		end  run.End
		says string
	}{
		{"gone", func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, "2018")); err != nil {
				t.Fatal(err)
			}
		}, run.Gone, "no longer there"},
		{"changed", func(t *testing.T, dir string) { write(t, dir, []byte("another")) }, run.Changed, "ETag"},
		{"changed to nothing", func(t *testing.T, dir string) { write(t, dir, nil) }, run.Changed, "ETag"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, _, h := keep(t, 200_000)
			client, o := connect(t, buckettest.Network{Cut: 1, Most: 50_000}.Handler(h))
			b, err := hasty().open(t.Context(), source{client, "logs", o}, 0)
			if err != nil {
				t.Fatal(err)
			}
			c.make(t, dir)
			_, inside := io.Copy(io.Discard, b)
			_, before := Open(t.Context(), client, "logs", o)
			_, again := b.Read(make([]byte, 1))
			for _, err := range []error{before, inside, again} {
				var u *Unreadable
				if !errors.As(err, &u) || u.End != c.end || !strings.Contains(u.Reason, c.says) || !strings.Contains(u.Reason, key) {
					t.Errorf("%v, want %s with the key", err, c.end)
				}
			}
		})
	}
}

func TestOpenTellsHowToRestore(t *testing.T) {
	_, _, h := keep(t, 10)
	for _, c := range []struct {
		class string
		needs bool
		says  string
	}{
		{"GLACIER", true, `'{"Days":7,"GlacierJobParameters"`},
		{"DEEP_ARCHIVE", true, `'{"Days":7,`},
		{"INTELLIGENT_TIERING/ARCHIVE_ACCESS", false, `'{"GlacierJobParameters"`},
	} {
		vault := &buckettest.Vault{Classes: map[string]string{key: c.class}}
		client, o := connect(t, vault.Handler(h))
		class, _, _ := strings.Cut(c.class, "/")
		if o.StorageClass != class || NeedsRestore(o) != c.needs || !MayNeedRestore(o) {
			t.Errorf("listed as %+v, want class %s", o, class)
		}
		_, err := Open(t.Context(), client, "logs", o)
		var u *Unreadable
		if !errors.As(err, &u) || u.End != run.Archived || !strings.Contains(u.Reason, c.says) ||
			!strings.Contains(u.Reason, "--key "+key) || !strings.Contains(u.Reason, class) {
			t.Errorf("%s: %v", c.class, err)
		}
	}
	vault := &buckettest.Vault{Classes: map[string]string{key: "GLACIER"}}
	vault.Restore(key)
	client, o := connect(t, vault.Handler(h))
	if !o.Restored || MayNeedRestore(o) {
		t.Errorf("listed as %+v, want restored", o)
	}
	if _, err := Open(t.Context(), client, "logs", o); err != nil {
		t.Error(err)
	}
}

// faultOf is the Fault that err must be.
func faultOf(t *testing.T, err error) *run.Fault {
	t.Helper()
	var f *run.Fault
	if !errors.As(err, &f) {
		t.Fatalf("%v is no Fault", err)
	}
	if f.Remedy == "" {
		t.Errorf("%v does not say what to do", err)
	}
	return f
}

// impatient tries as often as the client would, at once.
type impatient struct{ aws.Retryer }

func (impatient) RetryDelay(int, error) (time.Duration, error) { return 0, nil }

func TestReaderAtReadsZIP(t *testing.T) {
	for _, size := range []int{10, 100_000, 2_000_000} {
		_, body, _ := keep(t, size)
		var archive bytes.Buffer
		w := zip.NewWriter(&archive)
		f, err := w.Create("records")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(body); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		dir, _, h := keep(t, 0)
		write(t, dir, archive.Bytes())
		calls := 0
		c, o := connect(t, buckettest.Before(h, func(r *http.Request) {
			if strings.HasSuffix(r.URL.Path, key) {
				calls++
			}
		}))
		r := NewReaderAt(t.Context(), c, "logs", o)
		files, err := zip.NewReader(r, r.Size())
		if err != nil {
			t.Fatal(err)
		}
		entry, err := files.File[0].Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(entry)
		if err != nil || !bytes.Equal(got, body) {
			t.Fatalf("%d bytes of %d, %v", len(got), size, err)
		}
		if calls > 2 || r.Bytes() > o.Size+tailSize {
			t.Errorf("size %d took %d requests and %d bytes of %d", size, calls, r.Bytes(), o.Size)
		}
		_ = r.Close()
	}
}

func TestReaderAtReadsAnywhere(t *testing.T) {
	_, want, h := keep(t, 1_000_000)
	c, o := connect(t, buckettest.Network{Cut: 0.2, Most: 400_000}.Handler(h))
	r := NewReaderAt(t.Context(), c, "logs", o)
	random := rand.New(rand.NewPCG(1, 1))
	for range 60 {
		offset := random.IntN(len(want) + 10)
		p := make([]byte, random.IntN(50_000))
		n, err := r.ReadAt(p, int64(offset))
		rest := want[min(offset, len(want)):]
		if n != min(len(p), len(rest)) || !bytes.Equal(p[:n], rest[:n]) || n < len(p) && !errors.Is(err, io.EOF) {
			t.Fatalf("%d bytes at %d: %d, %v", len(p), offset, n, err)
		}
	}
}

// A silence of S3 is mostly a subnet without a way to it.
func TestNoAnswerSaysWhatToDo(t *testing.T) {
	_, _, h := keep(t, 100)
	client, o := connect(t, h)
	server := httptest.NewServer(h)
	server.Close() // nothing listens there any more
	far := s3.New(client.Options(), func(o *s3.Options) { o.BaseEndpoint = &server.URL; o.RetryMaxAttempts = 1 })
	_, err := Open(t.Context(), far, "logs", o)
	if f := faultOf(t, err); f.Name != run.Unavailable || !strings.Contains(f.Error(), "gateway endpoint") {
		t.Errorf("%s: %v", f.Name, f)
	}
}

func TestFaultsSayWhatToDo(t *testing.T) {
	_, _, h := keep(t, 100)
	client, o := connect(t, h)
	for _, c := range []struct {
		refusal buckettest.Refusal
		name    string
		says    string
	}{
		{buckettest.Refusal{Status: 403, Code: "AccessDenied", Message: "Access Denied"}, run.Denied, "s3:GetObject"},
		{buckettest.Refusal{Status: 403, Code: "AccessDenied", Message: "User is not authorized to perform: kms:Decrypt on resource arn:aws:kms:x"}, run.Denied, "kms:Decrypt"},
		{buckettest.Refusal{Status: 403, Code: "AccessDenied", Message: "Access Denied"}, run.Denied, "ArchiveBucketPolicy"},
		{buckettest.Refusal{Status: 403, Code: "AccessDenied", Message: "because no resource-based policy allows the action"}, run.Denied, "the policy of the bucket or key does not allow it"},
		{buckettest.Refusal{Status: 403, Code: "AccessDenied", Message: "with an explicit deny in a VPC endpoint policy"}, run.Denied, "let that endpoint's policy admit the bucket"},
		{buckettest.Refusal{Status: 403, Code: "AccessDenied", Message: "kms:Decrypt: no resource-based policy allows it"}, run.Denied, "ArchiveKeyPolicy"},
		{buckettest.Refusal{Status: 400, Code: "KMS.DisabledException", Message: "is disabled"}, run.Denied, "kms:Decrypt"},
		{buckettest.Refusal{Status: 400, Code: "ExpiredToken", Message: "The provided token has expired."}, run.Denied, "expired"},
		{buckettest.Refusal{Status: 503, Code: "SlowDown", Message: "Please reduce your request rate."}, run.Throttled, "maxConcurrency"},
		{buckettest.Refusal{Status: 500, Code: "InternalError", Message: "We encountered an internal error."}, run.Unavailable, "start again"},
		{buckettest.Refusal{Status: 404, Code: "NoSuchBucket", Message: "The specified bucket does not exist"}, run.UnusableArchive, "no bucket logs"},
		{buckettest.Refusal{
			Status: 301, Code: "PermanentRedirect", Message: "must be addressed using the specified endpoint",
			Header: http.Header{"X-Amz-Bucket-Region": {"ap-northeast-1"}},
		}, run.UnusableArchive, "AWS_REGION to ap-northeast-1"},
		{buckettest.Refusal{
			Status: 400, Code: "AuthorizationHeaderMalformed", Message: "the region 'us-east-1' is wrong; expecting 'eu-west-1'",
		}, run.UnusableArchive, "eu-west-1"},
	} {
		t.Run(fmt.Sprint(c.refusal.Code, c.says), func(t *testing.T) {
			server := httptest.NewServer(buckettest.Refuse(h, func(*http.Request) *buckettest.Refusal { return &c.refusal }))
			defer server.Close()
			far := s3.New(client.Options(), func(o *s3.Options) { o.BaseEndpoint = &server.URL })
			_, opened := Open(t.Context(), far, "logs", o)
			f := faultOf(t, opened)
			if f.Name != c.name || !strings.Contains(f.Error(), c.says) {
				t.Errorf("%s: %v, want %s that says %s", f.Name, f, c.name, c.says)
			}
			a, err := New(far, "logs", []string{""}, time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			now := time.Date(2018, 12, 10, 0, 0, 0, 0, time.UTC)
			_, err = a.List(t.Context(), Window{now, now.Add(time.Hour)}, func(run.Object) error { return nil })
			if f := faultOf(t, err); f.Name != c.name {
				t.Errorf("list: %v, want %s", err, c.name)
			} else if c.refusal.Message == "Access Denied" && !strings.Contains(f.Error(), "s3:ListBucket on arn:aws:s3:::logs for the prefix 2018/12/10/00/") {
				t.Errorf("list: %v, want the permission with bucket and prefix", err)
			}
		})
	}
}

func TestFaultWhereNobodyAnswers(t *testing.T) {
	_, _, h := keep(t, 100)
	client, o := connect(t, h)
	server := httptest.NewServer(h)
	url := server.URL
	server.Close()
	far := s3.New(client.Options(), func(o *s3.Options) { o.BaseEndpoint = &url })
	_, err := Open(t.Context(), far, "logs", o)
	if f := faultOf(t, err); f.Name != run.Unavailable {
		t.Errorf("%v", err)
	}
}

// TestOpenTakesBytesAsTheyAre: an object stored with a Content-Encoding is not
// decoded on the way.
func TestOpenTakesBytesAsTheyAre(t *testing.T) {
	_, want, h := keep(t, 1000)
	c, o := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, key) {
			w.Header().Set("Content-Encoding", "gzip")
		}
		h.ServeHTTP(w, r)
	}))
	b, err := Open(t.Context(), c, "logs", o)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(b); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestOpenNoticesAnotherLength: a server that does not keep to the listing.
func TestOpenNoticesAnotherLength(t *testing.T) {
	_, _, h := keep(t, 1000)
	c, o := connect(t, h)
	for _, size := range []int64{999, 1001} {
		other := o
		other.Size = size
		_, err := Open(t.Context(), c, "logs", other)
		if f := faultOf(t, err); f.Name != run.Unavailable || !strings.Contains(f.Reason, "1000") {
			t.Errorf("%v", err)
		}
	}
}
