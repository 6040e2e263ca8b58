package lambdahost

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// api is the Runtime API of one environment.
type api struct {
	arn string
	// polled receives a token each time the process asks for an invocation.
	polled chan struct{}
	// work passes the invocation on to the waiting process.
	work chan *invocation

	mu      sync.Mutex
	current *invocation
	failed  []byte
}

func newAPI(arn string) *api {
	return &api{arn: arn, polled: make(chan struct{}, 1), work: make(chan *invocation, 1)}
}

// invocation is one call on its way through a process.
type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
	// answered is closed when response or err is set.
	answered chan struct{}
	response []byte
	err      error
}

// hasAnswer tells whether response or err is set.
func (c *invocation) hasAnswer() bool {
	select {
	case <-c.answered:
		return true
	default:
		return false
	}
}

func newInvocation(payload []byte) *invocation {
	b := random(16)
	// A random UUID, RFC 9562.
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	id := fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	return &invocation{id: id, payload: payload, answered: make(chan struct{})}
}

func random(n int) []byte {
	b := make([]byte, n)
	// It never fails: crypto/rand ends the program instead.
	_, _ = rand.Read(b)
	return b
}

// begin gives the process its next invocation. The process has polled before.
func (a *api) begin(call *invocation, deadline time.Time) {
	call.deadline = deadline
	a.mu.Lock()
	a.current = call
	a.mu.Unlock()
	a.work <- call
}

// initError is what the process reported before its first invocation, or nil.
func (a *api) initError() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failed
}

func (a *api) handler() http.Handler {
	const version = "/2018-06-01"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+version+"/runtime/invocation/next", a.next)
	mux.HandleFunc("POST "+version+"/runtime/invocation/{id}/response", a.response)
	mux.HandleFunc("POST "+version+"/runtime/invocation/{id}/error", a.failure)
	mux.HandleFunc("POST "+version+"/runtime/init/error", a.initFailure)
	return mux
}

func (a *api) next(w http.ResponseWriter, r *http.Request) {
	select {
	case a.polled <- struct{}{}:
	default:
	}
	select {
	case call := <-a.work:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", call.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(call.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", a.arn)
		h.Set("Lambda-Runtime-Trace-Id", traceID())
		w.Write(call.payload)
	case <-r.Context().Done():
	}
}

// traceID is a new X-Ray trace that is not sampled.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html
func traceID() string {
	return fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0",
		time.Now().Unix(), hex.EncodeToString(random(12)), hex.EncodeToString(random(8)))
}

func (a *api) response(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		if a.finish(w, r, nil, responseTooLarge()) {
			refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
				fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", maxResponse))
		}
	case err != nil:
		refuse(w, http.StatusBadRequest, "InvalidRequest", err.Error())
	case a.finish(w, r, body, nil):
		accept(w)
	}
}

func (a *api) failure(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	switch {
	case err != nil:
		refuse(w, http.StatusBadRequest, "InvalidRequest", err.Error())
	case a.finish(w, r, nil, answered(body)):
		accept(w)
	}
}

func (a *api) initFailure(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidRequest", err.Error())
		return
	}
	a.mu.Lock()
	a.failed = body
	a.mu.Unlock()
	accept(w)
}

// finish ends the current invocation if it is the one the request speaks of;
// otherwise it refuses the request and returns false.
func (a *api) finish(w http.ResponseWriter, r *http.Request, response []byte, failure *InvokeError) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	call := a.current
	if call == nil || call.id != r.PathValue("id") {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return false
	}
	a.current = nil
	call.response = response
	if failure != nil {
		call.err = failure
	}
	close(call.answered)
	return true
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprintln(w, `{"status":"OK"}`)
}

func refuse(w http.ResponseWriter, status int, errorType, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprint(w, errorJSON(errorType, message))
}
