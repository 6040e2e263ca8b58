// Package s3page reads the pages of S3's listings in the SDK's stead, which reads them
// token by token through encoding/xml: half of what the list Lambda spent. What it does
// not know, and all errors, are left to the SDK.
//
// It knows nothing of archives, and nothing of where pages come from.
package s3page

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	smithytime "github.com/aws/smithy-go/time"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// most bytes of an answer are read beforehand: more than a page of the longest keys has.
// The SDK reads what is longer as it comes, and ends where it is no page.
const most = 8 << 20

// Read has a client read the pages of ListObjectsV2 so. What the client answers is the
// same.
func Read(o *s3.Options) {
	buffers := &sync.Pool{New: func() any { return new(bytes.Buffer) }}
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		const reads = "OperationDeserializer"
		sdk, ok := stack.Deserialize.Get(reads)
		if !ok || stack.ID() != "ListObjectsV2" {
			return nil
		}
		_, err := stack.Deserialize.Swap(reads, &reader{sdk, buffers})
		return err
	})
}

// reader stands where the SDK reads an answer.
type reader struct {
	sdk     middleware.DeserializeMiddleware
	buffers *sync.Pool // of *bytes.Buffer
}

// ID is that of what it stands for.
func (r *reader) ID() string { return r.sdk.ID() }

// HandleDeserialize reads the answer.
func (r *reader) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
	middleware.DeserializeOutput, middleware.Metadata, error,
) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	response, ok := out.RawResponse.(*smithyhttp.Response)
	if err == nil && ok && response.StatusCode == http.StatusOK {
		text, broken := r.read(io.LimitReader(response.Body, most))
		if page, ok := readPage(text); ok && broken == nil {
			if charged := response.Header.Values("X-Amz-Request-Charged"); len(charged) > 0 {
				page.RequestCharged = types.RequestCharged(strings.TrimSpace(charged[0]))
			}
			smithyhttp.CloseResponseBody(ctx, response, false, nil)
			out.Result = page
			return out, metadata, nil
		}
		// Behind what was read the body goes on, or ends as it did: with its error too.
		response.Body = reread{io.MultiReader(strings.NewReader(text), response.Body), response.Body}
	}
	return r.sdk.HandleDeserialize(ctx, in, middleware.DeserializeHandlerFunc(
		func(context.Context, middleware.DeserializeInput) (middleware.DeserializeOutput, middleware.Metadata, error) {
			return out, metadata, err
		}))
}

func (r *reader) read(body io.Reader) (string, error) {
	b := r.buffers.Get().(*bytes.Buffer) //nolint:forcetypeassert // what New makes
	defer r.buffers.Put(b)
	b.Reset()
	_, err := b.ReadFrom(body)
	return b.String(), err
}

// reread is a body whose beginning was read.
type reread struct {
	io.Reader
	io.Closer
}

// values are what a types.Object points to, of a page in one piece.
type values struct {
	key, etag string
	size      int64
	modified  time.Time
}

// words are texts of which a page has few: classes of storage, ways to make checksums.
type words map[string]string

func (w words) text(value string) (string, error) {
	if known, ok := w[value]; ok {
		return known, nil
	}
	s, err := text(value)
	if err == nil {
		w[value] = s
	}
	return s, err
}

// readPage is the page, if it has nothing but what S3 writes into one.
func readPage(body string) (*s3.ListObjectsV2Output, bool) {
	const root = "ListBucketResult"
	x, ok := newElements(body, root)
	if !ok {
		return nil, false
	}
	page := &s3.ListObjectsV2Output{}
	if n := strings.Count(body, "<Contents>"); n > 0 {
		page.Contents = make([]types.Object, 0, n)
	}
	all, known := make([]values, cap(page.Contents)), words{}
	texts := map[string]**string{
		"Name": &page.Name, "Prefix": &page.Prefix, "Delimiter": &page.Delimiter, "StartAfter": &page.StartAfter,
		"ContinuationToken": &page.ContinuationToken, "NextContinuationToken": &page.NextContinuationToken,
	}
	ok = x.each(root, func(name string) bool {
		switch name {
		case "Contents":
			n := len(page.Contents)
			if n == len(all) {
				return false // a tag with white space in it
			}
			page.Contents = page.Contents[:n+1]
			return readObject(x, &page.Contents[n], &all[n], known)
		case "CommonPrefixes":
			page.CommonPrefixes = append(page.CommonPrefixes, types.CommonPrefix{})
			p := &page.CommonPrefixes[len(page.CommonPrefixes)-1]
			return x.each(name, func(inner string) bool { return inner == "Prefix" && field(x, inner, text, &p.Prefix, new(string)) })
		case "EncodingType":
			return value(x, name, text, (*string)(&page.EncodingType))
		case "IsTruncated":
			return field(x, name, strconv.ParseBool, &page.IsTruncated, new(bool))
		case "KeyCount":
			return field(x, name, number, &page.KeyCount, new(int32))
		case "MaxKeys":
			return field(x, name, number, &page.MaxKeys, new(int32))
		}
		into := texts[name]
		return into != nil && field(x, name, text, into, new(string))
	})
	return page, ok
}

func readObject(x *elements, o *types.Object, v *values, words words) bool {
	return x.each("Contents", func(name string) bool {
		switch name {
		case "Key":
			return field(x, name, text, &o.Key, &v.key)
		case "LastModified":
			return field(x, name, smithytime.ParseDateTime, &o.LastModified, &v.modified)
		case "ETag":
			return field(x, name, text, &o.ETag, &v.etag)
		case "Size":
			return field(x, name, size, &o.Size, &v.size)
		case "StorageClass":
			return value(x, name, words.text, (*string)(&o.StorageClass))
		case "ChecksumAlgorithm":
			var algorithm string
			ok := value(x, name, words.text, &algorithm)
			o.ChecksumAlgorithm = append(o.ChecksumAlgorithm, types.ChecksumAlgorithm(algorithm))
			return ok
		case "ChecksumType":
			return value(x, name, words.text, (*string)(&o.ChecksumType))
		case "RestoreStatus":
			if o.RestoreStatus == nil {
				o.RestoreStatus = &types.RestoreStatus{}
			}
			return readRestoreStatus(x, o.RestoreStatus)
		}
		return false
	})
}

func readRestoreStatus(x *elements, s *types.RestoreStatus) bool {
	return x.each("RestoreStatus", func(name string) bool {
		switch name {
		case "IsRestoreInProgress":
			return field(x, name, strconv.ParseBool, &s.IsRestoreInProgress, new(bool))
		case "RestoreExpiryDate":
			return field(x, name, smithytime.ParseDateTime, &s.RestoreExpiryDate, new(time.Time))
		}
		return false
	})
}

// value sets at to the value of the element called name.
func value[T any](x *elements, name string, parse func(string) (T, error), at *T) bool {
	text, ok := x.value(name)
	if !ok {
		return false
	}
	v, err := parse(text)
	*at = v
	return err == nil
}

// field has into point to the value, which is kept at.
func field[T any](x *elements, name string, parse func(string) (T, error), into **T, at *T) bool {
	*into = at
	return value(x, name, parse, at)
}

func size(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }

func number(s string) (int32, error) {
	n, err := strconv.ParseInt(s, 10, 32)
	return int32(n), err //nolint:gosec // of 32 bits
}
