package store_test

import (
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/rehydrate/rehydrate/internal/cluster/clustertest"
	"github.com/rehydrate/rehydrate/local/store"
)

// opened is a store that is served until it is closed or the test ends.
type opened struct {
	*store.Store
	close func()
}

// open opens the store in dir and serves it.
func open(t testing.TB, dir string) (*opened, string) {
	t.Helper()
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	o := &opened{Store: s}
	o.close = sync.OnceFunc(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(o.close)
	return o, server.URL
}

// The store passes the suite that real engines pass.
func TestConformance(t *testing.T) {
	_, url := open(t, t.TempDir())
	clustertest.Run(t, clustertest.Target{
		NoSizes: true, Brief: testing.Short(),
		URL: url, Product: "elasticsearch", Version: store.Version, Parse: "flattened", MatchOnly: true,
	})
}
