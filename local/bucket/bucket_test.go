package bucket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/rehydrate/rehydrate/local/bucket"
)

func put(t *testing.T, dir, key, body string) {
	t.Helper()
	name := filepath.Join(dir, filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(body), 0o644); err != nil {
		t.Fatal(err)
	}
}

// serve is a client of a server whose bucket "logs" is dir, "kept" is dir too but
// read only, and which has no other.
func serve(t *testing.T, dir string) *s3.Client {
	t.Helper()
	h, err := bucket.New(map[string]bucket.Folder{"logs": {Dir: dir}, "kept": {Dir: dir, ReadOnly: true}})
	if err != nil {
		t.Fatal(err)
	}
	return client(t, h)
}

func client(t *testing.T, h http.Handler) *s3.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return s3.New(s3.Options{
		BaseEndpoint: aws.String(server.URL), UsePathStyle: true, Region: "us-east-1", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		DisableLogOutputChecksumValidationSkipped: true,
	})
}

// code is S3's word for an error, "" for none.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

type actions struct {
	*s3.Client
	ctx context.Context
}

func (a actions) put(bucket, key, body string, more ...func(*s3.PutObjectInput)) (string, error) {
	in := &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(body)}
	for _, m := range more {
		m(in)
	}
	out, err := a.PutObject(a.ctx, in)
	if err != nil {
		return "", err
	}
	return *out.ETag, nil
}

func (a actions) get(bucket, key string, more ...func(*s3.GetObjectInput)) (string, *s3.GetObjectOutput, error) {
	in := &s3.GetObjectInput{Bucket: &bucket, Key: &key}
	for _, m := range more {
		m(in)
	}
	out, err := a.GetObject(a.ctx, in)
	if err != nil {
		return "", nil, err
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	return string(body), out, err
}

func (a actions) head(bucket, key string) (*s3.HeadObjectOutput, error) {
	return a.HeadObject(a.ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
}

func (a actions) delete(bucket, key string) error {
	_, err := a.DeleteObject(a.ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key})
	return err
}

func ranged(r string) func(*s3.GetObjectInput) {
	return func(in *s3.GetObjectInput) { in.Range = &r }
}

func matching(etag string) func(*s3.GetObjectInput) {
	return func(in *s3.GetObjectInput) { in.IfMatch = &etag }
}

// TestObjects is what an S3 client expects of objects, one promise a row. Each
// row starts with the object "a/b" holding "0123456789".
func TestObjects(t *testing.T) {
	for name, check := range map[string]func(a actions, etag string) error{
		"get": func(a actions, etag string) error {
			body, out, err := a.get("logs", "a/b")
			return is(err, "", body, "0123456789", *out.ETag, etag, fmt.Sprint(*out.ContentLength), "10")
		},
		"head": func(a actions, etag string) error {
			out, err := a.head("logs", "a/b")
			return is(err, "", *out.ETag, etag, fmt.Sprint(*out.ContentLength), "10")
		},
		"range": func(a actions, _ string) error {
			body, out, err := a.get("logs", "a/b", ranged("bytes=2-4"))
			return is(err, "", body, "234", *out.ContentRange, "bytes 2-4/10")
		},
		"range to the end":   body("a/b", "789", ranged("bytes=7-")),
		"range of the end":   body("a/b", "89", ranged("bytes=-2")),
		"range over the end": body("a/b", "89", ranged("bytes=8-99")),
		"range beyond":       refused("InvalidRange", ranged("bytes=10-")),
		"range and tag": func(a actions, etag string) error {
			body, _, err := a.get("logs", "a/b", ranged("bytes=9-"), matching(etag))
			return is(err, "", body, "9")
		},
		"another tag":           refused("PreconditionFailed", matching(`"00000000000000000000000000000000"`)),
		"another tag and range": refused("PreconditionFailed", matching(`"0"`), ranged("bytes=1-")),
		"a tag that went": func(a actions, etag string) error {
			if _, err := a.put("logs", "a/b", "0123456789"); err != nil {
				return err
			}
			_, _, err := a.get("logs", "a/b", matching(etag))
			return is(err, "PreconditionFailed")
		},
		"no such key":     refusedKey("a/c", "NoSuchKey"),
		"a folder":        refusedKey("a", "NoSuchKey"),
		"below an object": refusedKey("a/b/c", "NoSuchKey"),
		"a marker":        refusedKey("a/", "NoSuchKey"),
		"outside":         refusedKey("../etc/passwd", "NoSuchKey"),
		"a long name":     refusedKey(strings.Repeat("x", 300), "NoSuchKey"),
		"head of nothing": func(a actions, _ string) error {
			_, err := a.head("logs", "a/c")
			return is(err, "NotFound")
		},
		"no such bucket": func(a actions, _ string) error {
			_, _, get := a.get("none", "a/b")
			_, put := a.put("none", "a/b", "")
			_, list := a.ListObjectsV2(a.ctx, &s3.ListObjectsV2Input{Bucket: aws.String("none")})
			return errors.Join(is(get, "NoSuchBucket"), is(put, "NoSuchBucket"), is(list, "NoSuchBucket"), is(a.delete("none", "x"), "NoSuchBucket"))
		},
		"head of a bucket": func(a actions, _ string) error {
			_, there := a.HeadBucket(a.ctx, &s3.HeadBucketInput{Bucket: aws.String("logs")})
			_, none := a.HeadBucket(a.ctx, &s3.HeadBucketInput{Bucket: aws.String("none")})
			return errors.Join(is(there, ""), is(none, "NotFound"))
		},
		"buckets": func(a actions, _ string) error {
			out, err := a.ListBuckets(a.ctx, &s3.ListBucketsInput{})
			return is(err, "", *out.Buckets[0].Name, "kept", *out.Buckets[1].Name, "logs")
		},
		"put over": func(a actions, etag string) error {
			next, err := a.put("logs", "a/b", "0123456789")
			if next == etag {
				return errors.New("the tag stayed the same")
			}
			return err
		},
		"put nothing": func(a actions, _ string) error {
			if _, err := a.put("logs", "a/empty", ""); err != nil {
				return err
			}
			body, out, err := a.get("logs", "a/empty")
			return is(err, "", body, "", fmt.Sprint(*out.ContentLength), "0")
		},
		"put with a strange name": func(a actions, _ string) error {
			const key = "x y/ü+%2F&\\<>\"'日\U0001F600=?#;:@,$!*()[]"
			if _, err := a.put("logs", key, "x"); err != nil {
				return err
			}
			body, _, err := a.get("logs", key)
			return is(err, "", body, "x")
		},
		"put a new one": func(a actions, _ string) error {
			fresh := func(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") }
			_, first := a.put("logs", "a/new", "1", fresh)
			_, second := a.put("logs", "a/new", "2", fresh)
			body, _, err := a.get("logs", "a/new")
			return errors.Join(is(first, ""), is(second, "PreconditionFailed"), is(err, "", body, "1"))
		},
		"put if it is that": func(a actions, etag string) error {
			that := func(in *s3.PutObjectInput) { in.IfMatch = &etag }
			_, first := a.put("logs", "a/b", "1", that)
			_, second := a.put("logs", "a/b", "2", that)
			return errors.Join(is(first, ""), is(second, "PreconditionFailed"))
		},
		"put a marker":        refusedPut("a/"),
		"put upwards":         refusedPut("a/../../x"),
		"put empty segments":  refusedPut("a//x"),
		"put a root":          refusedPut("/x"),
		"put over a folder":   refusedPut("a"),
		"put below an object": refusedPut("a/b/c"),
		"put a long name":     refusedPut(strings.Repeat("x", 300)),
		"put among uploads":   refusedPut(".uploads/x"),
		"put with a checksum": func(a actions, _ string) error {
			var err error
			for _, algorithm := range []types.ChecksumAlgorithm{"CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"} {
				_, put := a.put("logs", "a/sum", "body", func(in *s3.PutObjectInput) { in.ChecksumAlgorithm = algorithm })
				err = errors.Join(err, put)
			}
			return err
		},
		"put with a wrong checksum": func(a actions, _ string) error {
			_, put := a.put("logs", "a/sum", "body", func(in *s3.PutObjectInput) { in.ChecksumCRC32 = aws.String("AAAAAA==") })
			_, _, get := a.get("logs", "a/sum")
			return errors.Join(is(put, "BadDigest"), is(get, "NoSuchKey"))
		},
		"copy": func(a actions, _ string) error {
			_, err := a.CopyObject(a.ctx, &s3.CopyObjectInput{Bucket: aws.String("logs"), Key: aws.String("c/d"), CopySource: aws.String("kept/a/b")})
			if err != nil {
				return err
			}
			body, _, err := a.get("logs", "c/d")
			return is(err, "", body, "0123456789")
		},
		"delete": func(a actions, _ string) error {
			if err := a.delete("logs", "a/b"); err != nil {
				return err
			}
			_, _, gone := a.get("logs", "a/b")
			_, freed := a.put("logs", "a", "the folder went too")
			return errors.Join(is(gone, "NoSuchKey"), freed)
		},
		"delete nothing": func(a actions, _ string) error {
			return errors.Join(a.delete("logs", "a/c"), a.delete("logs", "a"), a.delete("logs", "a/"), a.delete("logs", "x/y/z"))
		},
		"delete many": func(a actions, _ string) error {
			out, err := a.DeleteObjects(a.ctx, &s3.DeleteObjectsInput{Bucket: aws.String("logs"), Delete: &types.Delete{
				Objects: []types.ObjectIdentifier{{Key: aws.String("a/b")}, {Key: aws.String("none")}},
			}})
			_, _, gone := a.get("logs", "a/b")
			return errors.Join(is(err, "", fmt.Sprint(len(out.Deleted), len(out.Errors)), "2 0"), is(gone, "NoSuchKey"))
		},
		"a read-only bucket": func(a actions, _ string) error {
			body, _, get := a.get("kept", "a/b")
			_, put := a.put("kept", "a/b", "x")
			_, fresh := a.put("kept", "new", "x")
			_, parts := a.CreateMultipartUpload(a.ctx, &s3.CreateMultipartUploadInput{Bucket: aws.String("kept"), Key: aws.String("x")})
			_, many := a.DeleteObjects(a.ctx, &s3.DeleteObjectsInput{Bucket: aws.String("kept"), Delete: &types.Delete{
				Objects: []types.ObjectIdentifier{{Key: aws.String("a/b")}},
			}})
			return errors.Join(is(get, "", body, "0123456789"), is(put, "AccessDenied"), is(fresh, "AccessDenied"),
				is(parts, "AccessDenied"), is(many, "AccessDenied"), is(a.delete("kept", "a/b"), "AccessDenied"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			a := actions{serve(t, dir), t.Context()}
			etag, err := a.put("logs", "a/b", "0123456789")
			if err != nil {
				t.Fatal(err)
			}
			if err := check(a, etag); err != nil {
				t.Error(err)
			}
			if left, err := os.ReadDir(filepath.Join(dir, ".uploads")); err == nil {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// is checks the code of an error, then pairs of got and want.
func is(err error, want string, pairs ...string) error {
	if code(err) != want {
		return fmt.Errorf("got %q (%w), want %q", code(err), errors.Join(err, errors.New("")), want)
	}
	for pair := range slices.Chunk(pairs, 2) {
		if pair[0] != pair[1] {
			return fmt.Errorf("got %q, want %q", pair[0], pair[1])
		}
	}
	return nil
}

func body(key, want string, more ...func(*s3.GetObjectInput)) func(actions, string) error {
	return func(a actions, _ string) error {
		got, _, err := a.get("logs", key, more...)
		return is(err, "", got, want)
	}
}

func refused(code string, more ...func(*s3.GetObjectInput)) func(actions, string) error {
	return func(a actions, _ string) error {
		_, _, err := a.get("logs", "a/b", more...)
		return is(err, code)
	}
}

func refusedKey(key, code string) func(actions, string) error {
	return func(a actions, _ string) error {
		_, _, err := a.get("logs", key)
		return is(err, code)
	}
}

func refusedPut(key string) func(actions, string) error {
	return func(a actions, _ string) error {
		_, err := a.put("logs", key, "x")
		if err == nil || !strings.Contains(err.Error(), "cannot be a key here") {
			return fmt.Errorf("got %w, want a refusal that says why", errors.Join(err, errors.New("")))
		}
		return is(err, "InvalidArgument")
	}
}

// TestTagsOutliveTheServer, and change with a file that somebody else changes.
func TestTagsOutliveTheServer(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a", "one")
	tag := func() string {
		out, err := actions{serve(t, dir), t.Context()}.head("logs", "a")
		if err != nil {
			t.Fatal(err)
		}
		return *out.ETag
	}
	first := tag()
	if again := tag(); again != first {
		t.Errorf("%s became %s", first, again)
	}
	put(t, dir, "a", "two")
	if err := os.Chtimes(filepath.Join(dir, "a"), time.Time{}, time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if changed := tag(); changed == first {
		t.Error("the tag stayed the same")
	}
}

// TestPutHasOneWinner also across two servers over one folder.
func TestPutHasOneWinner(t *testing.T) {
	dir := t.TempDir()
	servers := []actions{{serve(t, dir), t.Context()}, {serve(t, dir), t.Context()}}
	won := make(chan string, 40)
	var wg sync.WaitGroup
	for i := range cap(won) {
		wg.Go(func() {
			name := fmt.Sprint(i)
			_, err := servers[i%2].put("logs", "runs/a/claim", name, func(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") })
			switch code(err) {
			case "":
				won <- name
			case "PreconditionFailed":
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	close(won)
	winner := <-won
	if held, err := os.ReadFile(filepath.Join(dir, "runs/a/claim")); err != nil || string(held) != winner || len(won) != 0 {
		t.Errorf("%s won, %d more did, %q is held, %v", winner, len(won), held, err)
	}
}

// TestPutThatBreaksOffLeavesNothing sends less than it said.
func TestPutThatBreaksOffLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a", "old")
	h, err := bucket.New(map[string]bucket.Folder{"logs": {Dir: dir}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "http://localhost/logs/a", strings.NewReader("ne"))
	r.Header.Set("Content-Length", "3")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	held, err := os.ReadFile(filepath.Join(dir, "a"))
	if w.Code != http.StatusBadRequest || string(held) != "old" || err != nil {
		t.Errorf("answered %d, holds %q, %v", w.Code, held, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestPutThatTheDiskDoesNotTake is no fault of the server, which clients would
// meet with patience.
func TestPutThatTheDiskDoesNotTake(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, ".uploads", "a file where a folder has to be")
	h, err := bucket.New(map[string]bucket.Folder{"logs": {Dir: dir}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "http://localhost/logs/a", strings.NewReader("new"))
	r.Header.Set("Content-Length", "3")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "the disk does not take the file: ") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

func TestMultipart(t *testing.T) {
	dir := t.TempDir()
	a := actions{serve(t, dir), t.Context()}
	key, logs := aws.String("runs/a/manifest"), aws.String("logs")
	begin := func() *string {
		out, err := a.CreateMultipartUpload(a.ctx, &s3.CreateMultipartUploadInput{Bucket: logs, Key: key})
		if err != nil {
			t.Fatal(err)
		}
		return out.UploadId
	}
	part := func(id *string, n int32, body []byte) types.CompletedPart {
		out, err := a.UploadPart(a.ctx, &s3.UploadPartInput{Bucket: logs, Key: key, UploadId: id, PartNumber: &n, Body: bytes.NewReader(body)})
		if err != nil {
			t.Fatal(err)
		}
		return types.CompletedPart{PartNumber: &n, ETag: out.ETag}
	}
	complete := func(id *string, parts ...types.CompletedPart) error {
		_, err := a.CompleteMultipartUpload(a.ctx, &s3.CompleteMultipartUploadInput{
			Bucket: logs, Key: key, UploadId: id, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
		})
		return err
	}
	large := bytes.Repeat([]byte("0123456789"), 600_000)

	id := begin()
	second := part(id, 2, []byte("end"))
	first := part(id, 1, []byte("replaced"))
	if err := is(complete(id, second, first), "InvalidPartOrder"); err != nil {
		t.Error(err)
	}
	again := part(id, 1, large)
	if err := is(complete(id, first, second), "InvalidPart"); err != nil {
		t.Error(err)
	}
	for range 2 { // an answer that got lost is asked for again
		if err := complete(id, again, second); err != nil {
			t.Fatal(err)
		}
	}
	if got, _, err := a.get("logs", *key); err != nil || got != string(large)+"end" {
		t.Errorf("%d bytes, %v", len(got), err)
	}

	id = begin()
	dropped := part(id, 1, []byte("x"))
	if _, err := a.AbortMultipartUpload(a.ctx, &s3.AbortMultipartUploadInput{Bucket: logs, Key: key, UploadId: id}); err != nil {
		t.Error(err)
	}
	if err := is(complete(id, dropped), "NoSuchUpload"); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestWebPagesAreRefused(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a", "secret")
	h, err := bucket.New(map[string]bucket.Folder{"logs": {Dir: dir}})
	if err != nil {
		t.Fatal(err)
	}
	for host, origin := range map[string]string{"127.0.0.1:80": "https://example.com", "example.com:80": "", "localhost": "null"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+"/logs/a", nil)
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("host %s, origin %q: %d", host, origin, w.Code)
		}
	}
}

func TestNewRefusesWhatIsNoFolder(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "file", "")
	for _, f := range []bucket.Folder{{Dir: filepath.Join(dir, "none"), ReadOnly: true}, {Dir: filepath.Join(dir, "file"), ReadOnly: true}, {Dir: filepath.Join(dir, "file")}} {
		if _, err := bucket.New(map[string]bucket.Folder{"logs": f}); err == nil || !strings.Contains(err.Error(), f.Dir) {
			t.Errorf("%s: %v, want an error that names it", f.Dir, err)
		}
	}
}

// TestReadOnlyLeavesTheFolderAlone, even one that cannot be written to.
func TestReadOnlyLeavesTheFolderAlone(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a", "x")
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Chmod(dir, 0o755) }()
	h, err := bucket.New(map[string]bucket.Folder{"kept": {Dir: dir, ReadOnly: true}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/kept/a", nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Body.String() != "x" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("the folder holds %v, %v", left, err)
	}
}
