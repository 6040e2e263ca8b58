package s3page_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"github.com/rehydrate/rehydrate/internal/s3page"
)

// answer is what a server says to each request.
type answer struct {
	status  int
	charged string
	body    string
	broken  error // with which the body ends
}

func (a answer) Do(r *http.Request) (*http.Response, error) {
	header := http.Header{}
	if a.charged != "" {
		header.Set("X-Amz-Request-Charged", a.charged)
	}
	body := io.Reader(strings.NewReader(a.body))
	if a.broken != nil {
		body = io.MultiReader(body, ending{a.broken})
	}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(body), Request: r}, nil
}

type ending struct{ err error }

func (e ending) Read([]byte) (int, error) { return 0, e.err }

func (a answer) list(ours bool) (*s3.ListObjectsV2Output, error) {
	o := s3.Options{Region: "us-east-1", HTTPClient: a, Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 1}
	if ours {
		s3page.Read(&o)
	}
	page, err := s3.New(o).ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: aws.String("logs")})
	if page != nil {
		page.ResultMetadata = middleware.Metadata{} // when and how it was asked for
	}
	return page, err
}

// same tells of a difference between what a client has with Read, and without.
func (a answer) same(t *testing.T) {
	t.Helper()
	want, wrong := a.list(false)
	got, err := a.list(true)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q\nis read as  %s\nby the SDK: %s", a.body, shown(got), shown(want))
	}
	if fmt.Sprint(err) != fmt.Sprint(wrong) || reflect.TypeOf(err) != reflect.TypeOf(wrong) {
		t.Errorf("%q\nfails with  %v\nby the SDK: %v", a.body, err, wrong)
	}
}

func shown(page *s3.ListObjectsV2Output) string {
	if page == nil {
		return "no page"
	}
	s := fmt.Sprintf("%+v", *page)
	for _, o := range page.Contents {
		s += fmt.Sprintf(" %q %q %d %v %+v", aws.ToString(o.Key), aws.ToString(o.ETag), aws.ToInt64(o.Size), o.LastModified, o.RestoreStatus)
	}
	return s
}

const (
	head = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`
	tail = `</ListBucketResult>`
	// object is as S3 writes one that was asked for with its RestoreStatus.
	object = `<Contents><Key>2018/12/10/03/ecs-task-1-2018-12-10-03-00-00-0a%2Bb</Key><LastModified>2018-12-10T03:05:01.000Z</LastModified>` +
		`<ETag>&quot;70ee1738b6b21e2c8a43f3a5ab0eee71&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>` +
		`<Size>434234</Size><StorageClass>STANDARD</StorageClass></Contents>`
	archived = `<Contents><Key>a</Key><Size>0</Size><StorageClass>GLACIER</StorageClass><RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>` +
		`<RestoreExpiryDate>2012-12-21T00:00:00.000Z</RestoreExpiryDate></RestoreStatus></Contents>`
	page = head + `<Name>logs</Name><Prefix>2018/</Prefix><StartAfter/><NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>` +
		`<KeyCount>3</KeyCount><MaxKeys>1000</MaxKeys><Delimiter>/</Delimiter><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>` +
		object + archived + `<CommonPrefixes><Prefix>2018/12/</Prefix></CommonPrefixes>` + tail
)

// pages are answers of S3 and its like, and ones that only look so.
func pages() map[string]string {
	with := func(what, instead string) string {
		if !strings.Contains(page, what) {
			panic(what)
		}
		return strings.Replace(page, what, instead, 1)
	}
	until := func(what string) string {
		before, _, _ := strings.Cut(page, what)
		return before
	}
	return map[string]string{
		"whole":                  page,
		"empty":                  head + `<Name>logs</Name><Prefix></Prefix><KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>` + tail,
		"nothing":                "",
		"no declaration":         with(`<?xml version="1.0" encoding="UTF-8"?>`, ""),
		"no namespace":           with(` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`, ""),
		"lines and indents":      strings.ReplaceAll(page, "><", ">\n\t <"),
		"carriage returns":       strings.ReplaceAll(page, "><", ">\r\n<"),
		"an empty value":         with("<Prefix>2018/</Prefix>", "<Prefix/>"),
		"an empty object":        with(object, "<Contents/>"),
		"an empty key":           with("<Key>a</Key>", "<Key></Key>"),
		"no key":                 with("<Key>a</Key>", ""),
		"two keys":               with("<Key>a</Key>", "<Key>a</Key><Key>b</Key>"),
		"two restore states":     with("</RestoreStatus>", "</RestoreStatus><RestoreStatus/>"),
		"two algorithms":         with("<ChecksumType>", "<ChecksumAlgorithm>SHA256</ChecksumAlgorithm><ChecksumType>"),
		"an owner":               with("<Size>0", "<Owner><ID>1</ID><DisplayName>me</DisplayName></Owner><Size>0"),
		"something new":          with("<Size>0", "<New><Size>5</Size></New><Size>0"),
		"a new list":             with("<Name>", "<New/><Name>"),
		"small letters":          with("<Key>a</Key>", "<key>a</key>"),
		"entities":               with("<Key>a</Key>", "<Key>&lt;a&gt; &amp; &apos;b&#39; &#34;c&quot;</Key>"),
		"other entities":         with("<Key>a</Key>", "<Key>&#x41;&#66;&#233;</Key>"),
		"an unknown entity":      with("<Key>a</Key>", "<Key>&nbsp;</Key>"),
		"half an entity":         with("<Key>a</Key>", "<Key>a &amp b</Key>"),
		"an entity in a class":   with("GLACIER", "GLA&amp;CIER"),
		"CDATA":                  with("<Key>a</Key>", "<Key><![CDATA[a<b]]></Key>"),
		"an end of CDATA":        with("<Key>a</Key>", "<Key>a]]></Key>"),
		"a comment":              with("<Key>a</Key>", "<!-- a --><Key>a<!-- b --></Key>"),
		"another alphabet":       with("<Key>a</Key>", "<Key>ä</Key>"),
		"no UTF-8":               with("<Key>a</Key>", "<Key>\xe4</Key>"),
		"a control character":    with("<Key>a</Key>", "<Key>\x01</Key>"),
		"white space in a value": with("<Key>a</Key>", "<Key> a\n b </Key>"),
		"text between elements":  with("<Key>a</Key>", "text<Key>a</Key>"),
		"an element in a value":  with("<Key>a</Key>", "<Key>a<b/></Key>"),
		"an attribute":           with("<Key>a</Key>", `<Key x="1">a</Key>`),
		"white space in a tag":   with("<Contents><Key>a</Key>", "<Contents ><Key >a</Key >"),
		"another name space":     with("<Key>a</Key>", `<s:Key xmlns:s="x">a</s:Key>`),
		"a size of words":        with("<Size>0", "<Size>none"),
		"a size too large":       with("<Size>0", "<Size>9223372036854775808"),
		"a negative size":        with("<Size>0", "<Size>-1"),
		"a count too large":      with("<KeyCount>3", "<KeyCount>4294967299"),
		"true in other words":    with("<IsTruncated>true", "<IsTruncated>T"),
		"true with a space":      with("<IsTruncated>true", "<IsTruncated>true "),
		"no truth":               with("<IsTruncated>true", "<IsTruncated>maybe"),
		"a day that is none":     with("2012-12-21", "2012-02-31"),
		"a date of another form": with("2018-12-10T03:05:01.000Z", "Mon, 10 Dec 2018 03:05:01 GMT"),
		"the wrong end":          with("<Key>a</Key>", "<Key>a</Size>"),
		"no end":                 page[:len(page)-1],
		"cut in an object":       until("<Size>"),
		"cut in a value":         until("CIER"),
		"text after the end":     page + "and more",
		"HTML":                   "<html><body>Please log in</body></html>",
		"JSON":                   `{"Contents":[]}`,
		"an error":               `<?xml version="1.0" encoding="UTF-8"?><Error><Code>InternalError</Code></Error>`,
		"another encoding":       strings.Replace(page, "UTF-8", "ISO-8859-1", 1),
		"another version":        strings.Replace(page, "1.0", "1.1", 1),
		"two declarations":       page[:39] + page,
		"an open attribute":      with(`2006-03-01/">`, `2006-03-01/>`),
		"a name space with <":    with(`2006-03-01/">`, `<">`),
	}
}

// TestPagesAreTheSDKs: of each answer, a client has the same page or error.
func TestPagesAreTheSDKs(t *testing.T) {
	for name, body := range pages() {
		t.Run(name, func(t *testing.T) {
			answer{status: http.StatusOK, body: body}.same(t)
			answer{status: http.StatusOK, body: body, charged: " requester "}.same(t)
			answer{status: http.StatusOK, body: body, broken: errors.New("the line is cut")}.same(t)
			answer{status: http.StatusServiceUnavailable, body: body}.same(t)
		})
	}
}

// zeros has no end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// TestLongAnswers: a page longer than S3's is read as any other; an answer that is none
// is not held, however long it is.
func TestLongAnswers(t *testing.T) {
	answer{status: http.StatusOK, body: strings.Replace(page, "<Key>a", "<Key>"+strings.Repeat("a", 9<<20), 1)}.same(t)
	o := s3.Options{Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 1, HTTPClient: doer(func(r *http.Request) (*http.Response, error) {
		body := io.MultiReader(strings.NewReader("<html><"), io.LimitReader(zeros{}, 128<<20))
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(body), Request: r}, nil
	})}
	s3page.Read(&o)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := s3.New(o).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("logs")})
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; err == nil || allocated > 200<<20 {
		t.Errorf("%v, with %d bytes allocated", err, allocated)
	}
}

// TestPageThatBreaksOff fails with what it broke off with.
func TestPageThatBreaksOff(t *testing.T) {
	cut := errors.New("the line is cut")
	if _, err := (answer{status: http.StatusOK, body: page[:len(page)-3], broken: cut}).list(true); !errors.Is(err, cut) {
		t.Errorf("%v", err)
	}
}

// TestPagesAreReadAtOnce: S3's own are not left to the SDK, which allocates some fifty
// times for a key.
func TestPagesAreReadAtOnce(t *testing.T) {
	body := strings.Replace(page, object, strings.Repeat(object, 1000), 1)
	var got int
	allocations := testing.AllocsPerRun(3, func() {
		page, err := answer{status: http.StatusOK, body: body}.list(true)
		if err != nil {
			t.Fatal(err)
		}
		got = len(page.Contents)
	})
	if got != 1001 || allocations > 5000 {
		t.Errorf("%.0f allocations for %d objects", allocations, got)
	}
}

// FuzzPages holds any answer against the SDK.
func FuzzPages(f *testing.F) {
	for _, body := range pages() {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) { answer{status: http.StatusOK, body: body}.same(t) })
}

// BenchmarkPage reads a page of a thousand objects, with Read and without.
func BenchmarkPage(b *testing.B) {
	a := answer{status: http.StatusOK, body: strings.Replace(page, object, strings.Repeat(object, 1000), 1)}
	for name, ours := range map[string]bool{"ours": true, "sdk": false} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(a.body)))
			for b.Loop() {
				if _, err := a.list(ours); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
