package archive

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/rehydrate/rehydrate/internal/run"
)

// slowPage is a page as encoding/xml reads it.
type slowPage struct {
	XMLName     xml.Name
	Name        string
	Prefix      string
	KeyCount    int
	IsTruncated bool
	Contents    []struct{ Key string }
}

// FuzzPages: a listing that is believed has the keys that stand in the answer,
// all under the prefix; any other answer is a fault that says so.
func FuzzPages(f *testing.F) {
	f.Add([]byte(pageHead + `<KeyCount>1</KeyCount><IsTruncated>false</IsTruncated>` + keyOfPage + `</ListBucketResult>`))
	f.Add([]byte(pageHead + `<KeyCount>1</KeyCount><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>` + keyOfPage + `</ListBucketResult>`))
	f.Add([]byte(pageHead + `<EncodingType>url</EncodingType><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated><Contents><Key>2018/12/10/00/a%00%2B</Key></Contents></ListBucketResult>`))
	f.Add([]byte(`<Error><Code>SlowDown</Code></Error>`))
	f.Add([]byte(`<html><body>Please log in</body></html>`))
	var body atomic.Pointer[[]byte]
	client := answering(f, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(*body.Load()) })
	bucket := NewBucket(s3.New(client.Options(), func(o *s3.Options) { o.Retryer = aws.NopRetryer{} }), "logs")
	const prefix = "2018/12/10/00/"
	f.Fuzz(func(t *testing.T, answer []byte) {
		body.Store(&answer)
		var keys []string
		err := bucket.List(t.Context(), prefix, func(o run.Object) error {
			keys = append(keys, o.Key)
			return nil
		})
		if err != nil {
			if fault := faultOf(t, err); fault.Reason == "" {
				t.Errorf("%q: %v does not say what is wrong", answer, err)
			}
			return
		}
		for _, key := range keys {
			if !strings.HasPrefix(key, prefix) {
				t.Errorf("%q: the key %q is none of the prefix", answer, key)
			}
		}
		var page slowPage
		if xml.Unmarshal(answer, &page) != nil {
			return // the SDK is satisfied with less
		}
		var want []string
		for _, c := range page.Contents {
			if plain, err := url.QueryUnescape(c.Key); err == nil {
				c.Key = plain
			}
			want = append(want, c.Key)
		}
		if !slices.Equal(keys, want) || page.IsTruncated || page.KeyCount != len(want) {
			t.Errorf("%q is read as %q", answer, keys)
		}
	})
}
