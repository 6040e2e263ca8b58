package bucket_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
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
	names := []string{"a", "b", "ab", "a-b", "a.b", "a b", "A", "0", "é", "日本", "x+y", "%2F", "~", "\U0001F600", "-", "&amp;"}
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
// that lead somewhere are followed.
func TestListHidesWhatIsNoKey(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	put(t, dir, "a/b", "x")
	put(t, dir, ".uploads/object-1", "x")
	put(t, elsewhere, "c", "x")
	if err := os.MkdirAll(filepath.Join(dir, "empty/folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"dead": "nowhere", "folder": elsewhere, "file": filepath.Join(elsewhere, "c")} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	got := pages(t, serve(t, dir), "", "", "", 2)
	if fmt.Sprint(got) != "[{a/b false} {file false} {folder/c false}]" {
		t.Errorf("got %v", got)
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
