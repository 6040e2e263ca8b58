package bulk

import (
	"bytes"
	"cmp"
	"context"
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

	"github.com/rehydrate/rehydrate/internal/apierror"
	"github.com/rehydrate/rehydrate/internal/run"
)

// maxAnswer bounds an answer in bytes; a bulk of 5 MiB is answered with about 1.
const maxAnswer = 64 << 20

// answer is what came of one request as a whole. Where verdict is created, the
// documents have verdicts of their own.
type answer struct {
	verdict verdict
	// inDoubt: no sound answer came, but the documents may have been indexed.
	inDoubt bool
	words   string // the cluster's own, with the status
	remedy  string
	err     error         // why no answer came
	wait    time.Duration // asked for by Retry-After
}

// told is what of an answer is read, less than half of what engines would write. One that
// knows no filter_path tells all of it.
func told() []string { return []string{"errors", "items.*._id", "items.*.status", "items.*.error"} }

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
	res, err := esapi.BulkRequest{Body: bytes.NewReader(body), Header: header, FilterPath: told()}.Do(ctx, watched{s.transport, w.readers})
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
			verdict: unavailable, inDoubt: true, remedy: unavailable.remedy(apierror.Error{}),
			words: fmt.Sprintf("the answer (status %d, %q) %v", res.StatusCode, clip(string(firstOf(w.answer)), 60), err),
		}
	}
	return answer{verdict: created, wait: retryAfter(res.Header.Get("Retry-After"), s.now())}
}

// lost is the answer when none came. Where the transport's error is a fault, its
// sentences are told.
func lost(ctx context.Context, err error) answer {
	a := answer{verdict: unavailable, words: clip(err.Error(), maxWords), remedy: unavailable.remedy(apierror.Error{})}
	var f *run.Fault
	var dial *net.OpError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		a.words = "no answer in time"
	case errors.As(err, &f):
		a.words, a.remedy, a.err = f.Reason, cmp.Or(f.Remedy, a.remedy), f.Err
		// A name that resolved when the run was prepared may do so again.
		if f.Name == run.UnusableCluster && !errors.As(err, new(*net.DNSError)) {
			a.verdict = unusable
		}
	}
	// What failed to connect has sent nothing.
	a.inDoubt = a.verdict != unusable && (!errors.As(err, &dial) || dial.Op != "dial")
	return a
}

// refused is the answer when it has a status other than 2xx.
func refused(res *esapi.Response, body []byte, now time.Time) answer {
	e := apierror.Read(body)
	a := answer{wait: retryAfter(res.Header.Get("Retry-After"), now)}
	a.verdict, a.inDoubt = requestVerdict(res.StatusCode, e)
	a.remedy = a.verdict.remedy(e)
	a.words = strings.TrimSpace(fmt.Sprintf("status %d %s", res.StatusCode, words(e)))
	if to := res.Header.Get("Location"); to != "" {
		a.words += ", sent on to " + clip(to, maxWords)
		a.remedy = "give the URL of the cluster itself"
	}
	return a
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
