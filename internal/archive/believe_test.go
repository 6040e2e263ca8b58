package archive

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/rehydrate/rehydrate/internal/run"
)

const (
	pageHead  = `<ListBucketResult><Name>logs</Name><Prefix>2018/12/10/00/</Prefix>`
	keyOfPage = `<Contents><Key>2018/12/10/00/a</Key><Size>1</Size><ETag>"1"</ETag></Contents>`
)

// answering is a client of a server that gives these answers in turn, the last
// one again and again.
func answering(t testing.TB, answers ...http.HandlerFunc) *s3.Client {
	t.Helper()
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers[min(int(n.Add(1)), len(answers))-1](w, r)
	}))
	t.Cleanup(server.Close)
	c, err := NewClient(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return s3.New(c.Options(), func(o *s3.Options) { o.Retryer = impatient{o.Retryer} })
}

// says answers 200 with a body.
func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }
}

// listHour lists the first hour of a day, as an archive and as a bucket.
func listHour(t *testing.T, answers ...http.HandlerFunc) (keys []string, err error) {
	t.Helper()
	a, err := New(answering(t, answers...), "logs", []string{""}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2018, 12, 10, 0, 0, 0, 0, time.UTC)
	_, err = a.List(t.Context(), Window{From: from, To: from.Add(time.Hour)}, func(o run.Object) error {
		keys = append(keys, o.Key)
		return nil
	})
	var again []string
	other := NewBucket(answering(t, answers...), "logs").List(t.Context(), "2018/12/10/00/", func(o run.Object) error {
		again = append(again, o.Key)
		return nil
	})
	if (err == nil) != (other == nil) || err == nil && strings.Join(keys, " ") != strings.Join(again, " ") {
		t.Errorf("an archive lists %q, %v, a bucket %q, %v", keys, err, again, other)
	}
	return keys, err
}

// TestListFollowsAPageWithoutKeys: S3 may give none, and more to come.
func TestListFollowsAPageWithoutKeys(t *testing.T) {
	more := says(pageHead + `<KeyCount>0</KeyCount><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>`)
	last := says(pageHead + `<KeyCount>1</KeyCount><IsTruncated>false</IsTruncated>` + keyOfPage + `</ListBucketResult>`)
	if keys, err := listHour(t, more, last); err != nil || len(keys) != 1 {
		t.Errorf("%q, %v", keys, err)
	}
}

// TestListBelievesOnlyWhatS3Says: answers of 200 that are no list of this hour.
func TestListBelievesOnlyWhatS3Says(t *testing.T) {
	for name, c := range map[string]struct{ body, says string }{
		"nothing":        {"", "is no answer of S3"},
		"JSON":           {"{}", ""},
		"HTML":           {"<html><body>Please log in</body></html>", "is no answer of S3"},
		"another bucket": {`<ListBucketResult><Name>other</Name><Prefix>2018/12/10/00/</Prefix><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>`, "is that of bucket other"},
		"another prefix": {`<ListBucketResult><Name>logs</Name><Prefix>2018/12/10/01/</Prefix><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>`, `is that of the prefix "2018/12/10/01/"`},
		"fewer keys":     {pageHead + `<KeyCount>2</KeyCount><IsTruncated>false</IsTruncated>` + keyOfPage + `</ListBucketResult>`, "says that it has 2 entries, but has 1"},
		"another key":    {pageHead + `<KeyCount>1</KeyCount><IsTruncated>false</IsTruncated><Contents><Key>2018/12/11/00/a</Key></Contents></ListBucketResult>`, `holds "2018/12/11/00/a"`},
		"no end":         {pageHead + `<KeyCount>0</KeyCount></ListBucketResult>`, "whether more follows"},
		"no token":       {pageHead + `<KeyCount>1</KeyCount><IsTruncated>true</IsTruncated>` + keyOfPage + `</ListBucketResult>`, "says that more follows, but not where"},
		"the same token": {pageHead + `<KeyCount>1</KeyCount><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>` + keyOfPage + `</ListBucketResult>`, "says that more follows, but not where"},
		"a cut page":     {pageHead + `<KeyCount>1</KeyCount><IsTruncated>false</IsTruncated><Contents><Key>2018`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := listHour(t, says(c.body))
			if f := faultOf(t, err); f.Name != run.Unavailable || !strings.Contains(f.Error(), c.says) || !strings.Contains(f.Error(), "s3://logs/2018/12/10/00/") {
				t.Errorf("%v, want %s with the prefix that says %q", f, run.Unavailable, c.says)
			}
		})
	}
}

// TestReadingBelievesOnlyTheObjectListed: other bytes of the right number.
func TestReadingBelievesOnlyTheObjectListed(t *testing.T) {
	object := run.Object{Key: "k", Size: 10, ETag: `"1"`}
	for name, c := range map[string]struct {
		from   int64
		header http.Header
		says   string
	}{
		"no ETag":       {0, http.Header{}, "without an ETag"},
		"another ETag":  {0, http.Header{"Etag": {`"2"`}}, `answered with "2"`},
		"no range":      {4, http.Header{"Etag": {`"1"`}}, `answered with the range ""`},
		"another range": {4, http.Header{"Etag": {`"1"`}, "Content-Range": {"bytes 0-5/10"}}, `answered with the range "bytes 0-5/10"`},
	} {
		t.Run(name, func(t *testing.T) {
			client := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range c.header {
					w.Header()[k] = v
				}
				_, _ = w.Write(make([]byte, object.Size-c.from))
			})
			_, err := patient().open(t.Context(), source{client, "logs", object}, c.from)
			if f := faultOf(t, err); f.Name != run.Unavailable || !strings.Contains(f.Error(), c.says) {
				t.Errorf("%v, want %s that says %q", f, run.Unavailable, c.says)
			}
		})
	}
}

// TestEmptyAnswersAreNotBelieved: a status of 200 and nothing that S3 says.
func TestEmptyAnswersAreNotBelieved(t *testing.T) {
	b := NewBucket(answering(t, says("")), "logs")
	_, head := b.Get(t.Context(), "k")
	_, stat := Stat(t.Context(), answering(t, says("")), "logs", run.Object{Key: "k"})
	for name, err := range map[string]error{
		"head": head, "stat": stat,
		"put":     b.Put(t.Context(), "k", []byte("x"), ""),
		"put new": b.PutNew(t.Context(), "k", []byte("x"), ""),
		"stream":  b.PutStream(t.Context(), "k", strings.NewReader("x"), ""),
		"parts":   b.PutStream(t.Context(), "k", strings.NewReader(strings.Repeat("x", partBytes+1)), ""),
	} {
		if f := faultOf(t, err); f.Name != run.Unavailable {
			t.Errorf("%s: %v, want %s", name, err, run.Unavailable)
		} else if strings.HasPrefix(name, "put") && !strings.Contains(f.Error(), "it may not be there") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
