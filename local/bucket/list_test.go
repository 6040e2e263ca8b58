package bucket_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/rehydrate/rehydrate/local/bucket"
	"github.com/rehydrate/rehydrate/local/bucket/buckettest"
)

// item is a key or a common prefix of a listing.
type item struct {
	name   string
	common bool
}

// model is what S3 lists, from a sorted slice of keys: all items after a key.
func model(keys []string, prefix, delimiter, after string) []item {
	var items []item
	for _, k := range keys {
		if !strings.HasPrefix(k, prefix) || k <= after {
			continue
		}
		it := item{name: k}
		if i := strings.Index(k[len(prefix):], delimiter); delimiter != "" && i >= 0 {
			it = item{name: k[:len(prefix)+i+len(delimiter)], common: true}
		}
		if len(items) == 0 || items[len(items)-1] != it {
			items = append(items, it)
		}
	}
	return items
}

// TestListAgainstModel lists random folders with every kind of prefix,
// delimiter, page size and start, and follows all pages.
func TestListAgainstModel(t *testing.T) {
	names := []string{"a", "b", "ab", "a-b", "a.b", "a b", "A", "0", "é", "日本", "x+y", "%2F", "~", "\U0001F600", "-", "&amp;", `x\y`}
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 0))
		dir := t.TempDir()
		var keys []string
		for range r.IntN(60) {
			segments := make([]string, 1+r.IntN(4))
			for i := range segments {
				segments[i] = names[r.IntN(len(names))]
			}
			key := strings.Join(segments, "/")
			name := filepath.Join(dir, filepath.FromSlash(key))
			if os.MkdirAll(filepath.Dir(name), 0o755) != nil || os.WriteFile(name, []byte(key), 0o644) != nil {
				continue // a file and a folder of one name
			}
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		client := serve(t, dir)
		for range 40 {
			prefix, after := "", ""
			if len(keys) > 0 {
				k := keys[r.IntN(len(keys))]
				prefix = k[:r.IntN(len(k)+1)]
				after = []string{"", keys[r.IntN(len(keys))], k[:len(k)/2], prefix, k + "0", "~"}[r.IntN(6)]
			}
			prefix, after = strings.ToValidUTF8(prefix, ""), strings.ToValidUTF8(after, "")
			delimiter := []string{"", "/", "/", "-", "a", "b/"}[r.IntN(6)]
			size := int32(1 + r.IntN(7))
			want := model(keys, prefix, delimiter, after)
			got := pages(t, client, prefix, delimiter, after, size)
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d: prefix %q, delimiter %q, after %q, pages of %d, of %q:\ngot  %v\nwant %v",
					seed, prefix, delimiter, after, size, keys, got, want)
			}
		}
	}
}

// pages follows a listing to its end; each page but the last must be full.
func pages(t *testing.T, client *s3.Client, prefix, delimiter, after string, size int32) []item {
	t.Helper()
	in := &s3.ListObjectsV2Input{Bucket: aws.String("logs"), Prefix: aws.String(prefix), MaxKeys: aws.Int32(size)}
	if delimiter != "" {
		in.Delimiter = aws.String(delimiter)
	}
	if after != "" {
		in.StartAfter = aws.String(after)
	}
	var all []item
	for {
		out, err := client.ListObjectsV2(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		var page []item
		for _, o := range out.Contents {
			page = append(page, item{name: *o.Key})
			if *o.Size < 0 || !strings.HasPrefix(*o.ETag, `"`) || o.LastModified == nil {
				t.Errorf("%s is listed with %d bytes, ETag %s", *o.Key, *o.Size, *o.ETag)
			}
		}
		for _, p := range out.CommonPrefixes {
			page = append(page, item{name: *p.Prefix, common: true})
		}
		slices.SortFunc(page, func(a, b item) int { return strings.Compare(a.name, b.name) })
		all = append(all, page...)
		if int(aws.ToInt32(out.KeyCount)) != len(page) {
			t.Errorf("KeyCount is %d for %d items", aws.ToInt32(out.KeyCount), len(page))
		}
		if !*out.IsTruncated {
			return all
		}
		if len(page) != int(size) || out.NextContinuationToken == nil {
			t.Fatalf("a page of %d, want %d and a token", len(page), size)
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

func TestListV1(t *testing.T) {
	dir := t.TempDir()
	for _, k := range []string{"a/1", "a/2", "b", "c/1"} {
		put(t, dir, k, k)
	}
	client := serve(t, dir)
	var got []string
	in := &s3.ListObjectsInput{Bucket: aws.String("logs"), Delimiter: aws.String("/"), MaxKeys: aws.Int32(1), EncodingType: "url"}
	for more := true; more; {
		out, err := client.ListObjects(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range out.CommonPrefixes {
			got = append(got, *p.Prefix)
		}
		for _, o := range out.Contents {
			got = append(got, *o.Key)
		}
		more = *out.IsTruncated
		marker, err := url.QueryUnescape(aws.ToString(out.NextMarker))
		if err != nil {
			t.Fatal(err)
		}
		in.Marker = &marker
	}
	if fmt.Sprint(got) != "[a/ b c/]" {
		t.Errorf("got %v", got)
	}
}

// TestListHidesWhatIsNoKey: half-written uploads, empty folders, dead links. Links
// that lead somewhere in the folder are followed.
func TestListHidesWhatIsNoKey(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a/b", "x")
	put(t, dir, ".uploads/object-1", "x")
	put(t, dir, "there/c", "x")
	if err := os.MkdirAll(filepath.Join(dir, "empty/folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"dead": "nowhere", "folder": "there", "file": "there/c"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	got := pages(t, serve(t, dir), "", "", "", 2)
	if fmt.Sprint(got) != "[{a/b false} {file false} {folder/c false} {there/c false}]" {
		t.Errorf("got %v", got)
	}
}

// TestLinksOutOfTheFolderAreRefused, whatever is asked for, and never hidden.
func TestLinksOutOfTheFolderAreRefused(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	put(t, dir, "a/b", "x")
	put(t, elsewhere, "c", "secret")
	for link, to := range map[string]string{"folder": elsewhere, "file": filepath.Join(elsewhere, "c")} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	a := actions{serve(t, dir), t.Context()}
	list := func(prefix string) error {
		_, err := a.ListObjectsV2(a.ctx, &s3.ListObjectsV2Input{Bucket: aws.String("logs"), Prefix: &prefix})
		return err
	}
	_, _, file := a.get("logs", "file")
	_, _, below := a.get("logs", "folder/c")
	_, put := a.put("logs", "folder/new", "x")
	for name, err := range map[string]error{
		"list": list(""), "list the folder": list("folder/"), "list in the folder": list("folder/c"),
		"get": file, "get below": below, "put": put,
	} {
		if err == nil || !strings.Contains(err.Error(), "leads out of the folder and is not followed") {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
	if err := list("a/"); err != nil {
		t.Errorf("beside the links: %v", err)
	}
	if left, err := os.ReadDir(elsewhere); err != nil || len(left) != 1 {
		t.Errorf("elsewhere are %v, %v", left, err)
	}
}

// reads counts how often folders are read.
type reads struct {
	buckettest.Files
	n *int
}

func (r reads) ReadDir(name string) ([]fs.DirEntry, error) {
	*r.n++
	return r.Files.ReadDir(name)
}

func TestACrowdedFolderIsReadOnce(t *testing.T) {
	var keys []string
	for i := range 6000 {
		keys = append(keys, fmt.Sprintf("2018/12/10/03/%04d", i))
	}
	n := 0
	h, err := bucket.New(map[string]bucket.Folder{"logs": {Files: reads{buckettest.Keys(keys...), &n}}})
	if err != nil {
		t.Fatal(err)
	}
	got := pages(t, client(t, h), "2018/12/10/03/", "", "", 100)
	if len(got) != len(keys) || n != 1 {
		t.Errorf("%d keys, and the folder was read %d times", len(got), n)
	}
}

// TestACrowdedFolderIsListedAsItIs: what is known of it is no older than it.
func TestACrowdedFolderIsListedAsItIs(t *testing.T) {
	dir := t.TempDir()
	for i := range 5500 {
		put(t, dir, fmt.Sprintf("a/%04d", i), "")
	}
	a := actions{serve(t, dir), t.Context()}
	// The folder was left alone for long.
	if err := os.Chtimes(filepath.Join(dir, "a"), time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	for i, change := range []func() error{
		func() error { return nil },
		func() error { _, err := a.put("logs", "a/new", "x"); return err },
		func() error { return a.delete("logs", "a/0000") },
		func() error { return os.Remove(filepath.Join(dir, "a/0001")) },
		func() error { return os.WriteFile(filepath.Join(dir, "a/0002"), []byte("longer"), 0o644) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if got, want := len(pages(t, a.Client, "a/", "", "", 1000)), 5500+[]int{0, 1, 0, -1, -1}[i]; got != want {
			t.Errorf("after change %d there are %d keys, want %d", i, got, want)
		}
	}
	out, err := a.ListObjectsV2(a.ctx, &s3.ListObjectsV2Input{Bucket: aws.String("logs"), Prefix: aws.String("a/0002")})
	if err != nil || *out.Contents[0].Size != 6 {
		t.Errorf("%v, want the size that the file has now", err)
	}
}

func TestListRefusesACircleOfLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(".", filepath.Join(dir, "loop")); err != nil {
		t.Skip(err)
	}
	_, err := serve(t, dir).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("logs")})
	if err == nil || !strings.Contains(err.Error(), "loop") {
		t.Errorf("%v, want a refusal that names the link", err)
	}
}
