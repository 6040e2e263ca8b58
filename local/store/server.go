package store

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/rehydrate/rehydrate/internal/jsonscan"
)

// maxBody is http.max_content_length, in bytes.
const maxBody = 100 << 20

// request is one on its way to what answers it.
type request struct {
	*http.Request
	query url.Values
	body  []byte
}

// answer is what is sent back: raw bytes of JSON, or a value.
type answer struct {
	status int
	raw    []byte
	value  any
}

func ok(value any) (answer, error) { return answer{status: http.StatusOK, value: value}, nil }

func acknowledged() answer {
	return answer{status: http.StatusOK, value: map[string]bool{"acknowledged": true}}
}

// ServeHTTP answers as Elasticsearch does, and serves the page. It refuses what
// pages of other sites send: see package guard.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// everywhere are the parameters that only leave something out of an answer or
// change its form. Answers are whole.
func everywhere() []string {
	return []string{"pretty", "human", "error_trace", "filter_path", "timeout", "master_timeout"}
}

// handle makes a handler of f, which takes the named query parameters and no
// others.
func handle(f func(*request) (answer, error), parameters ...string) http.HandlerFunc {
	parameters = append(parameters, everywhere()...)
	return func(w http.ResponseWriter, r *http.Request) {
		req := &request{Request: r, query: r.URL.Query()}
		a, err := func() (answer, error) {
			for name := range req.query {
				if !slices.Contains(parameters, name) {
					return answer{}, badRequest("illegal_argument_exception",
						"request [%s] contains a parameter that the embedded store does not implement here: [%s]", r.URL.Path, name)
				}
			}
			if err := req.read(w); err != nil {
				return answer{}, err
			}
			return f(req)
		}()
		if err == nil {
			err = a.shape()
		}
		if err != nil {
			a = failure(err)
			if a.shape() != nil {
				a.raw = nil
			}
		}
		a.send(w, r)
	}
}

// read reads the body, unpacked, and checks its type as Elasticsearch does.
func (r *request) read(w http.ResponseWriter) error {
	var body io.Reader = http.MaxBytesReader(w, r.Body, maxBody)
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return badRequest("parse_exception", "the body is no gzip: %v", err)
		}
		body = io.LimitReader(unpacked, maxBody+1)
	default:
		return badRequest("illegal_argument_exception", "Content-Encoding [%s] is not supported; gzip is", encoding)
	}
	var err error
	r.body, err = io.ReadAll(body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || len(r.body) > maxBody {
		return &problem{status: http.StatusRequestEntityTooLarge, kind: "content_too_long_exception", reason: "the body has more than 100 MiB"}
	}
	if err != nil {
		return badRequest("parse_exception", "the body ends early: %v", err)
	}
	if len(r.body) == 0 {
		return nil
	}
	contentType := r.Header.Get("Content-Type")
	switch media, _, _ := mime.ParseMediaType(contentType); media {
	case "application/json", "application/x-ndjson", "application/vnd.elasticsearch+json", "application/vnd.elasticsearch+x-ndjson":
		return nil
	}
	return &problem{
		status: http.StatusNotAcceptable, kind: "media_type_header_exception",
		reason: "Content-Type header [" + contentType + "] is not supported; application/json is",
	}
}

// object checks that the body is one JSON object; an empty one is none.
func (r *request) object() error {
	if len(r.body) == 0 {
		return nil
	}
	if !validJSON(r.body) || !isObject(r.body[jsonscan.Space(r.body, 0):]) {
		return badRequest("parsing_exception", "the body is no JSON object")
	}
	r.body = r.body[jsonscan.Space(r.body, 0):]
	return nil
}

func (r *request) flag(name string) bool {
	return r.query.Has(name) && r.query.Get(name) != "false"
}

// failure is the answer to a request that went wrong. An error that is no
// problem of the request is the store's own, and is logged unless nobody waits
// for the answer any more.
func failure(err error) answer {
	var p *problem
	var disk *fs.PathError
	switch {
	case errors.As(err, &p):
	case errors.As(err, &disk):
		p = noRoom(disk.Error())
	default:
		if !errors.Is(err, context.Canceled) {
			slog.Error("embedded store", slog.Any("error", err))
		}
		p = &problem{status: http.StatusInternalServerError, kind: "exception", reason: err.Error()}
	}
	return answer{status: p.status, value: map[string]any{
		"error": struct {
			RootCause []*problem `json:"root_cause"`
			Type      string     `json:"type"`
			Reason    string     `json:"reason"`
			Index     string     `json:"index,omitempty"`
			CausedBy  *problem   `json:"caused_by,omitempty"`
		}{[]*problem{p}, p.kind, p.reason, p.index, p.cause},
		"status": p.status,
	}}
}

// shape turns the value into JSON.
func (a *answer) shape() (err error) {
	if a.raw == nil {
		a.raw, err = json.Marshal(a.value)
	}
	return err
}

func (a *answer) send(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Elastic-Product", "Elasticsearch")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Type", "application/json")
	if strings.Contains(r.Header.Get("Accept"), "application/vnd.elasticsearch+json") {
		h.Set("Content-Type", "application/vnd.elasticsearch+json;compatible-with=8")
	}
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		w.Write(a.raw)
	}
}
