package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// site is a server of a run's surroundings behind which a fault can strike: the
// archive's S3, the run bucket's S3, or the cluster.
type site struct {
	name    string
	handler http.Handler
	address string

	mu     sync.Mutex
	server *http.Server // nil while it is down
	ended  bool
	// up is closed when it is up again; nil while it is.
	up     chan struct{}
	seen   []string // what was asked for, in order
	fault  *fault
	struck int
}

// fault strikes some calls to a site, in one way.
type fault struct {
	way way
	// first is the number of the first call, from 0; times of them are struck, and
	// all that come within lasts after it.
	first, times int
	lasts        time.Duration
	random       *rand.Rand

	ends time.Time
}

var addresses atomic.Uint32

// newSite serves h at an address of its own, so that nobody else takes its port
// while it is down.
func newSite(t *testing.T, name string, h http.Handler) *site {
	t.Helper()
	s := &site{name: name, handler: h, address: "127.0.0.1:0"}
	if n := addresses.Add(1); runtime.GOOS == "linux" {
		s.address = fmt.Sprintf("127.1.%d.%d:0", n/250%250, 1+n%250)
	}
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) url() string { return "http://" + s.address }

func (s *site) start() error {
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	if at := l.Addr().String(); at != s.address { // the first time
		s.address = at
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return l.Close()
	}
	server := &http.Server{Handler: s}
	s.server = server
	go func() { _ = server.Serve(l) }() // ends by Close
	return nil
}

// stop ends all connections and takes no more; for good, where final.
func (s *site) stop(final bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = s.ended || final
	if s.server != nil {
		_ = s.server.Close()
		s.server = nil
	}
}

// refuse takes no connections for d, from now on.
func (s *site) refuse(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.up != nil {
		return
	}
	up := make(chan struct{})
	s.up = up
	go func() {
		s.stop(false)
		time.Sleep(d)
		for s.start() != nil { // until the port is free again
			time.Sleep(20 * time.Millisecond)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.up = nil
		close(up)
	}()
}

// heal waits until the site is up, and strikes no more.
func (s *site) heal() {
	s.strike(nil)
	s.mu.Lock()
	up := s.up
	s.mu.Unlock()
	if up != nil {
		<-up
	}
}

// strike sets the fault of the calls from now on, which count from 0 again; nil
// is none.
func (s *site) strike(f *fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.struck, s.seen = f, 0, nil
}

// strikes tells how many calls were struck.
func (s *site) strikes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.struck
}

// counted notes a call, and gives what strikes it, if it is to be struck. Calls
// come at once, so each has chances of its own.
func (s *site) counted(r *http.Request) func(exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.seen)
	kind := kindOf(s.name, r)
	s.seen = append(s.seen, kind)
	f := s.fault
	if f == nil || n < f.first || !f.way.fits(s.name, kind) {
		return nil
	}
	switch now := time.Now(); {
	case f.lasts > 0 && f.ends.IsZero():
		f.ends = now.Add(f.lasts)
	case f.lasts > 0 && now.After(f.ends), f.lasts == 0 && s.struck == f.times:
		return nil
	}
	s.struck++
	random := rand.New(rand.NewPCG(f.random.Uint64(), f.random.Uint64()))
	return func(x exchange) { f.way.strike(x, random) }
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	if q := r.URL.Query(); q.Get("continuation-token") == fromStart {
		q.Del("continuation-token")
		r.URL.RawQuery = q.Encode()
	}
	x := exchange{site: s, w: w, r: r, body: body}
	if strike := s.counted(r); strike != nil {
		strike(x)
		return
	}
	x.answer(x.act())
}

// exchange is one call to a site.
type exchange struct {
	site *site
	w    http.ResponseWriter
	r    *http.Request
	body []byte
}

// act has the server behind the site do what is asked for.
func (x exchange) act() *httptest.ResponseRecorder {
	r := x.r.Clone(x.r.Context())
	r.Body = io.NopCloser(bytes.NewReader(x.body))
	answer := httptest.NewRecorder()
	x.site.handler.ServeHTTP(answer, r)
	if x.site.name == "run bucket" {
		addChecksum(r, answer)
	}
	return answer
}

func (x exchange) answer(a *httptest.ResponseRecorder) {
	for name, values := range a.Header() {
		x.w.Header()[name] = values
	}
	x.w.WriteHeader(a.Code)
	_, _ = x.w.Write(a.Body.Bytes()) // the client may have gone
}

// instead answers with another body.
func (x exchange) instead(status int, contentType string, body []byte) {
	x.w.Header().Set("Content-Type", contentType)
	if x.site.name == "cluster" {
		x.w.Header().Set("X-Elastic-Product", "Elasticsearch")
	}
	x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body)
}

// reset ends the connection as a machine does that knows of none.
func (x exchange) reset() {
	conn, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// addChecksum answers with the CRC32 that S3 keeps of what its SDKs put.
func addChecksum(r *http.Request, a *httptest.ResponseRecorder) {
	if r.Method == http.MethodGet && a.Code == http.StatusOK && r.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" {
		sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(a.Body.Bytes()))
		a.Header().Set("X-Amz-Checksum-Crc32", base64.StdEncoding.EncodeToString(sum))
	}
}

// lists tells whether a call to S3 lists keys.
func lists(r *http.Request) bool { return r.URL.Query().Get("list-type") == "2" }

// kindOf is what a call asks for, without the names of runs and objects.
func kindOf(site string, r *http.Request) string {
	switch {
	case site != "cluster" && lists(r):
		return "LIST"
	case site != "cluster":
		return r.Method
	case strings.HasSuffix(r.URL.Path, "/_bulk"):
		return "_bulk"
	}
	return r.Method + " " + r.URL.Path[strings.LastIndex(r.URL.Path, "/"):]
}
