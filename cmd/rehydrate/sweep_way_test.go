package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// way is how a call fails.
type way struct {
	name   string
	fits   func(site, kind string) bool
	strike func(x exchange, random *rand.Rand)
	// lasts: it is also tried for some seconds.
	lasts bool
}

// hangs is how long a server that hangs does so before its connection breaks.
var hangs = 2 * time.Second

// always fits every call.
func always(string, string) bool { return true }

// withBody fits calls whose answer has a body.
func withBody(_, kind string) bool { return !strings.HasPrefix(kind, http.MethodHead) }

func s3List(_, kind string) bool { return kind == "LIST" }

// ways are all of them.
func ways() []way {
	all := []way{
		{"refused", always, func(x exchange, _ *rand.Rand) {
			x.site.refuse(300 * time.Millisecond)
			x.reset()
		}, true},
		{"reset before it acted", always, func(x exchange, _ *rand.Rand) { x.reset() }, true},
		{"reset after it acted", always, func(x exchange, _ *rand.Rand) { x.act(); x.reset() }, true},
		{"hang", always, func(x exchange, _ *rand.Rand) {
			select {
			case <-x.r.Context().Done():
			case <-time.After(hangs):
				x.reset()
			}
		}, false},
		{"HTML 200", withBody, func(x exchange, _ *rand.Rand) {
			x.instead(http.StatusOK, "text/html", []byte("<!DOCTYPE html><html><body>Please sign in</body></html>"))
		}, false},
		{"empty 200", always, func(x exchange, _ *rand.Rand) { x.instead(http.StatusOK, "application/json", nil) }, false},
		{"truncated", withBody, func(x exchange, _ *rand.Rand) {
			a := x.act()
			b := a.Body.Bytes()
			a.Header().Set("Content-Length", strconv.Itoa(len(b)))
			a.Body.Truncate(len(b) / 2)
			x.answer(a)
			_ = http.NewResponseController(x.w).Flush()
			x.reset()
		}, false},
		{"wrong length", withBody, func(x exchange, _ *rand.Rand) {
			a := x.act()
			a.Body.Truncate(a.Body.Len() * 2 / 3)
			a.Header().Set("Content-Length", strconv.Itoa(a.Body.Len()))
			x.answer(a)
		}, false},
		{"garbled", garbles, garble, false},
		{"flipped bit", withBody, func(x exchange, random *rand.Rand) {
			a := x.act()
			if b := a.Body.Bytes(); len(b) > 0 {
				b[random.IntN(len(b))] ^= 1 << random.IntN(7)
			}
			x.answer(a)
		}, false},
		{"empty page", s3List, func(x exchange, _ *rand.Rand) {
			x.instead(http.StatusOK, "application/xml", fmt.Appendf(nil, `<ListBucketResult><Name>%s</Name><Prefix>%s</Prefix><KeyCount>0</KeyCount>`+
				`<IsTruncated>true</IsTruncated><NextContinuationToken>%s</NextContinuationToken></ListBucketResult>`,
				strings.Trim(x.r.URL.Path, "/"), x.r.URL.Query().Get("prefix"), fromStart))
		}, false},
		{"page of another prefix", s3List, func(x exchange, _ *rand.Rand) {
			q := x.r.URL.Query()
			q.Set("prefix", "_/other/")
			x.r.URL.RawQuery = q.Encode()
			x.answer(x.act())
		}, false},
	}
	for _, status := range []int{500, 503, 429, 403, 404, 412, 413} {
		all = append(all, way{strconv.Itoa(status), always, func(x exchange, _ *rand.Rand) { x.refuse(status) }, status == 503 || status == 429})
	}
	for _, status := range []int{500, 429} {
		all = append(all, way{strconv.Itoa(status) + " after it acted", always, func(x exchange, _ *rand.Rand) { x.act(); x.refuse(status) }, false})
	}
	return all
}

// fromStart is a token with which a listing goes on from its beginning.
const fromStart = "from-the-start"

// refuse answers with a status as S3 or a cluster does.
func (x exchange) refuse(status int) {
	if x.site.name != "cluster" {
		code := map[int]string{
			500: "InternalError", 503: "SlowDown", 429: "TooManyRequests", 403: "AccessDenied",
			404: "NoSuchKey", 412: "PreconditionFailed", 413: "EntityTooLarge",
		}[status]
		if lists(x.r) && status == 404 {
			code = "NoSuchBucket"
		}
		var body []byte
		if x.r.Method != http.MethodHead {
			body = fmt.Appendf(nil, "<Error><Code>%s</Code><Message>for a test</Message></Error>", code)
		}
		x.instead(status, "application/xml", body)
		return
	}
	kind := map[int]string{
		500: "exception", 503: "unavailable_shards_exception", 429: "circuit_breaking_exception", 403: "security_exception",
		404: "index_not_found_exception", 412: "precondition_failed", 413: "content_too_long_exception",
	}[status]
	x.instead(status, "application/json", fmt.Appendf(nil,
		`{"error":{"root_cause":[{"type":%q,"reason":"for a test"}],"type":%q,"reason":"for a test"},"status":%d}`, kind, kind, status))
}

// garbles fits calls whose answers have items that can be mixed up.
func garbles(_, kind string) bool { return kind == "_bulk" || strings.HasSuffix(kind, "/_msearch") }

// garble answers with fewer items, more, other ones, or without what they say.
func garble(x exchange, random *rand.Rand) {
	a := x.act()
	var answer map[string]any
	list := "items"
	if strings.HasSuffix(x.r.URL.Path, "/_msearch") {
		list = "responses"
	}
	items, ok := []any(nil), false
	if json.Unmarshal(a.Body.Bytes(), &answer) == nil {
		items, ok = answer[list].([]any)
	}
	if !ok || len(items) == 0 {
		x.answer(a)
		return
	}
	switch random.IntN(5) {
	case 0:
		items = items[:len(items)-1]
	case 1:
		items = append(items, items[0])
	case 2:
		items[random.IntN(len(items))] = map[string]any{}
	case 3:
		slices.Reverse(items)
		if len(items) == 1 {
			items = nil
		}
	case 4:
		items[random.IntN(len(items))] = nil
	}
	answer[list] = items
	b, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	a.Body = bytes.NewBuffer(b)
	a.Header().Del("Content-Length")
	x.answer(a)
}
