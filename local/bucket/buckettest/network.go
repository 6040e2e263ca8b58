package buckettest

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
)

// Before calls before with each request: to change what is served, say.
func Before(h http.Handler, before func(*http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before(r)
		h.ServeHTTP(w, r)
	})
}

// Network breaks the bodies of objects that are read.
type Network struct {
	Seed uint64
	// Cut and Stall are how likely it is, from 0 to 1, that a body is cut off or
	// stands still until the client goes away.
	Cut, Stall float64
	// Most bytes come through before that; a body may also end before the first.
	Most int64
}

// Handler is h behind such a network.
func (n Network) Handler(h http.Handler) http.Handler {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(n.Seed, 0)) //nolint:gosec // repeatable on purpose
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !readsObject(r) {
			h.ServeHTTP(w, r)
			return
		}
		mu.Lock()
		luck, left := random.Float64(), random.Int64N(n.Most+1)
		mu.Unlock()
		if luck >= n.Cut+n.Stall {
			h.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(&breaking{ResponseWriter: w, left: left, fail: func() {
			if luck >= n.Cut {
				<-r.Context().Done()
			}
			panic(http.ErrAbortHandler) // closes the connection
		}}, r)
	})
}

// readsObject tells whether a request is for the body of an object.
func readsObject(r *http.Request) bool {
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return r.Method == http.MethodGet && key != ""
}

// breaking lets so many bytes of a body through, then fails.
type breaking struct {
	http.ResponseWriter
	left int64
	fail func()
}

func (b *breaking) Write(p []byte) (int, error) {
	if int64(len(p)) <= b.left {
		n, err := b.ResponseWriter.Write(p)
		b.left -= int64(n)
		return n, err
	}
	_, _ = b.ResponseWriter.Write(p[:b.left]) // it breaks anyway
	_ = http.NewResponseController(b.ResponseWriter).Flush()
	b.fail()
	return 0, http.ErrAbortHandler
}
