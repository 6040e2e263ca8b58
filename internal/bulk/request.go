package bulk

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// maxAnswer bounds an answer in bytes; a bulk of 5 MiB is answered with about 2.
const maxAnswer = 64 << 20

// answer is what came of one request as a whole. Where verdict is created, the
// documents have verdicts of their own.
type answer struct {
	verdict verdict
	// inDoubt: no sound answer came, but the documents may have been indexed.
	inDoubt bool
	words   string // the cluster's own, with the status
	todo    string
	wait    time.Duration // asked for by Retry-After
}

// request sends body, the lines of the n documents that id names, and reads what
// the cluster says of each into w.answers.
func (s *Sender) request(ctx context.Context, w *workspace, body []byte, n int, id func(int) []byte) answer {
	ctx, cancel := context.WithTimeout(ctx, s.requestTimeout)
	defer cancel()
	header := http.Header{"Content-Type": {"application/x-ndjson"}}
	if s.gzip {
		header.Set("Content-Encoding", "gzip")
		body = w.compress(body)
	} else {
		// Otherwise net/http asks for gzip, which costs the engine and us more
		// than the bytes it saves.
		header.Set("Accept-Encoding", "identity")
	}
	res, err := esapi.BulkRequest{Body: bytes.NewReader(body), Header: header}.Do(ctx, watched{s.transport, w.readers})
	if err != nil {
		return lost(ctx, err)
	}
	defer res.Body.Close()
	if err := w.read(res.Body); err != nil {
		return lost(ctx, fmt.Errorf("read the answer: %w", err))
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return refused(res, w.answer, s.now())
	}
	w.answers, err = readAnswer(w.answer, n, id, w.answers)
	if err != nil {
		return answer{
			verdict: unavailable, inDoubt: true, todo: unavailable.todo("", ""),
			words: fmt.Sprintf("the answer (status %d, %q) %v", res.StatusCode, clip(string(firstOf(w.answer)), 60), err),
		}
	}
	return answer{verdict: created, wait: retryAfter(res.Header.Get("Retry-After"), s.now())}
}

// lost is the answer when none came.
func lost(ctx context.Context, err error) answer {
	text := err.Error()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		text = "no answer in time"
	}
	var trust *tls.CertificateVerificationError
	if errors.As(err, &trust) {
		return answer{verdict: unusable, words: clip(text, maxWords), todo: "give the CA of the cluster's certificate"}
	}
	// What failed to connect has sent nothing.
	var dial *net.OpError
	return answer{
		verdict: unavailable, words: clip(text, maxWords), todo: unavailable.todo("", ""),
		inDoubt: !errors.As(err, &dial) || dial.Op != "dial",
	}
}

// refused is the answer when it has a status other than 2xx.
func refused(res *esapi.Response, body []byte, now time.Time) answer {
	kind, reason := told(body)
	a := answer{wait: retryAfter(res.Header.Get("Retry-After"), now)}
	a.verdict, a.inDoubt = judgeRequest(res.StatusCode, kind, reason)
	a.todo = a.verdict.todo(kind, reason)
	a.words = strings.TrimSpace(fmt.Sprintf("status %d %s", res.StatusCode, words(kind, reason)))
	if to := res.Header.Get("Location"); to != "" {
		a.words += ", sent on to " + clip(to, maxWords)
		a.todo = "give the URL of the cluster itself"
	}
	return a
}

// told reads the type and reason of an error answer: Elasticsearch's own form,
// the {"message":…} of Amazon's gateways, or, as the reason, the text as it is.
func told(body []byte) (kind, reason string) {
	if e := member(body, "error"); e != nil {
		return toldError(e)
	}
	for _, name := range []string{"message", "Message"} {
		if m := member(body, name); len(m) > 1 && m[0] == '"' {
			return "", unquote(m[1 : len(m)-1])
		}
	}
	return "", string(bytes.Join(bytes.Fields(firstOf(body)), []byte(" ")))
}

// toldError reads an error object, {"type":…,"reason":…,"caused_by":…}, or the
// string that old versions give.
func toldError(e []byte) (kind, reason string) {
	if len(e) > 1 && e[0] == '"' {
		return "", unquote(e[1 : len(e)-1])
	}
	text := func(name string) string {
		if m := member(e, name); len(m) > 1 && m[0] == '"' {
			return unquote(m[1 : len(m)-1])
		}
		return ""
	}
	kind, reason = text("type"), text("reason")
	if cause := member(e, "caused_by"); cause != nil {
		if m := member(cause, "reason"); len(m) > 1 && m[0] == '"' {
			reason += " (" + unquote(m[1:len(m)-1]) + ")"
		}
	}
	return kind, reason
}

// firstOf is enough of a body to see what it is.
func firstOf(body []byte) []byte { return body[:min(len(body), maxWords)] }

// retryAfter reads the header's two forms (RFC 9110, 10.2.3); 0 is none.
func retryAfter(v string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(v); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 24*3600)) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// watched is a transport that knows how many of the bodies it was given are not
// closed yet. net/http may go on reading a body after its answer is there, so
// that only then the bytes may change.
type watched struct {
	esapi.Transport
	readers *atomic.Int32
}

// Perform sends the request with bodies that report when they are done with.
func (t watched) Perform(r *http.Request) (*http.Response, error) {
	again := r.GetBody
	r.Body = watch(r.Body, t.readers)
	r.GetBody = func() (io.ReadCloser, error) {
		body, err := again()
		if err != nil {
			return nil, err
		}
		return watch(body, t.readers), nil
	}
	return t.Transport.Perform(r)
}

type watchedBody struct {
	io.ReadCloser
	readers *atomic.Int32
	closed  atomic.Bool
}

func watch(body io.ReadCloser, readers *atomic.Int32) io.ReadCloser {
	readers.Add(1)
	return &watchedBody{ReadCloser: body, readers: readers}
}

func (b *watchedBody) Close() error {
	if !b.closed.Swap(true) {
		b.readers.Add(-1)
	}
	return b.ReadCloser.Close()
}
