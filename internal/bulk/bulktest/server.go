// Package bulktest is a bulk server over HTTP that keeps documents in memory and
// can be told to misbehave in each way that clusters, proxies and networks do.
package bulktest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Document is one of a bulk request.
type Document struct {
	Index, ID string
	Source    string
}

// Problem is the error of an item, or of a whole request.
type Problem struct {
	Status       int
	Type, Reason string
	// Kept says that the document was kept all the same: what failed came later.
	Kept bool
}

// Reply is how the server deals with one request. The zero Reply is what a
// healthy engine does.
type Reply struct {
	// Item gives the problem of document i of the request, if any: it is not kept.
	Item func(i int, d Document) *Problem
	// Whole refuses the request: none of its documents is kept.
	Whole *Problem
	// Header is added to the answer.
	Header http.Header
	// Status and Body take the place of the answer, after the documents were kept:
	// a proxy that lost patience, a page of HTML.
	Status int
	Body   string
	// Items changes the items of the answer after the documents were kept: fewer of
	// them, others, another order.
	Items func(items []string) []string
	// Cut closes the connection after that part of the answer, 0 < Cut < 1, once
	// the documents were kept. Drop closes it without any answer.
	Cut  float64
	Drop bool
	// Hold is waited for before the answer.
	Hold <-chan struct{}
}

// Server keeps what it is sent, with the semantics of create.
type Server struct {
	URL string

	t  testing.TB
	mu sync.Mutex
	// behave decides on request n, counted from 0.
	behave   func(n int, documents []Document) Reply
	indices  map[string]map[string]string // by index, then id
	requests int
}

// New starts a server, which ends with the test. behave may be nil; it is called
// for one request at a time.
func New(t testing.TB, behave func(n int, documents []Document) Reply) *Server {
	s := &Server{t: t, behave: behave, indices: map[string]map[string]string{}}
	if s.behave == nil {
		s.behave = func(int, []Document) Reply { return Reply{} }
	}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	s.URL = h.URL
	return s
}

// Put puts a document there beforehand.
func (s *Server) Put(d Document) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.create(d)
}

// Documents gives the sources by index and id.
func (s *Server) Documents() map[string]map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]map[string]string{}
	for index, documents := range s.indices {
		all[index] = maps.Clone(documents)
	}
	return all
}

// Has tells whether a document is there.
func (s *Server) Has(index, id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.indices[index][id]
	return ok
}

// Requests is how many came.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// ServeHTTP answers POST /_bulk.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/_bulk" {
		s.t.Errorf("%s %s is no bulk request", r.Method, r.URL)
		http.NotFound(w, r)
		return
	}
	documents, err := read(r)
	if err != nil {
		// A client that gave up, or one that sent what no engine takes.
		problem(w, Problem{Status: 400, Type: "parse_exception", Reason: err.Error()})
		return
	}
	reply, body := s.handle(documents)
	if reply.Hold != nil {
		select {
		case <-reply.Hold:
		case <-r.Context().Done():
			return
		}
	}
	maps.Copy(w.Header(), reply.Header)
	switch {
	case reply.Drop:
		panic(http.ErrAbortHandler)
	case reply.Whole != nil:
		problem(w, *reply.Whole)
	case reply.Status != 0:
		w.WriteHeader(reply.Status)
		fmt.Fprint(w, reply.Body)
	case reply.Cut > 0:
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		w.Write(body[:int(float64(len(body))*reply.Cut)])
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	default:
		w.Header().Set("Content-Type", "application/json")
		w.Write(body)
	}
}

// handle keeps the documents of one request and makes its answer.
func (s *Server) handle(documents []Document) (Reply, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reply := s.behave(s.requests, documents)
	s.requests++
	if reply.Whole != nil {
		return reply, nil
	}
	failed := false
	var items []string
	for i, d := range documents {
		var p *Problem
		if reply.Item != nil {
			p = reply.Item(i, d)
		}
		if p == nil || p.Kept {
			if conflict := s.create(d); conflict != nil || p == nil {
				p = conflict
			}
		}
		failed = failed || p != nil
		items = append(items, item(d, p))
	}
	if reply.Items != nil {
		items = reply.Items(items)
	}
	body := fmt.Appendf(nil, `{"took":3,"errors":%t,"items":[`, failed)
	for i, text := range items {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, text...)
	}
	return reply, append(body, `]}`...)
}

func (s *Server) create(d Document) *Problem {
	if _, ok := s.indices[d.Index][d.ID]; ok {
		return &Problem{
			Status: 409, Type: "version_conflict_engine_exception",
			Reason: fmt.Sprintf("[%s]: version conflict, document already exists (current version [1])", d.ID),
		}
	}
	if s.indices[d.Index] == nil {
		s.indices[d.Index] = map[string]string{}
	}
	s.indices[d.Index][d.ID] = d.Source
	return nil
}

// item is an item of the answer, as Elasticsearch 8.19 writes it.
func item(d Document, p *Problem) string {
	index, id := quote(d.Index), quote(d.ID)
	if p == nil {
		return fmt.Sprintf(`{"create":{"_index":%s,"_id":%s,"_version":1,"result":"created","_shards":{"total":2,"successful":1,"failed":0},"_seq_no":7,"_primary_term":1,"status":201}}`, index, id)
	}
	return fmt.Sprintf(`{"create":{"_index":%s,"_id":%s,"status":%d,"error":{"type":%s,"reason":%s,"index_uuid":"kR2zTnbRQ8e","shard":"0","index":%s}}}`,
		index, id, p.Status, quote(p.Type), quote(p.Reason), index)
}

func problem(w http.ResponseWriter, p Problem) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(p.Status)
	cause := fmt.Sprintf(`{"type":%s,"reason":%s}`, quote(p.Type), quote(p.Reason))
	fmt.Fprintf(w, `{"error":{"root_cause":[%s],%s,"status":%d}`, cause, cause[1:], p.Status)
}

func quote(s string) string {
	b, _ := json.Marshal(s) // a string cannot fail
	return string(b)
}

// read reads a bulk body as strictly as an engine: a bad action line or an id of
// over 512 bytes fails the whole request.
func read(r *http.Request) ([]Document, error) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, err
		}
		body = z
	}
	whole, err := io.ReadAll(bufio.NewReader(body))
	if err != nil {
		return nil, err
	}
	if !bytes.HasSuffix(whole, []byte("\n")) {
		return nil, fmt.Errorf("the bulk request must be terminated by a newline [\\n]")
	}
	lines := bytes.Split(whole[:len(whole)-1], []byte("\n"))
	if len(lines)%2 != 0 {
		return nil, fmt.Errorf("%d lines", len(lines))
	}
	var documents []Document
	for i := 0; i < len(lines); i += 2 {
		var action struct {
			Create *struct {
				Index string `json:"_index"`
				ID    string `json:"_id"`
			} `json:"create"`
		}
		d := json.NewDecoder(bytes.NewReader(lines[i]))
		d.DisallowUnknownFields()
		if err := d.Decode(&action); err != nil || action.Create == nil {
			return nil, fmt.Errorf("malformed action line %q: %w", lines[i], err)
		}
		if len(action.Create.ID) > 512 {
			return nil, fmt.Errorf("id [%s] is too long, must be no longer than 512 bytes", action.Create.ID)
		}
		documents = append(documents, Document{action.Create.Index, action.Create.ID, string(lines[i+1])})
	}
	return documents, nil
}
