package store_test

import (
	"net/http/httptest"
	"testing"

	"github.com/rehydrate/rehydrate/internal/cluster/clustertest"
	"github.com/rehydrate/rehydrate/local/store"
)

// serve opens a store in dir and serves it until the test ends.
func serve(t testing.TB, dir string) string {
	t.Helper()
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return server.URL
}

// The store passes the suite that real engines pass.
func TestConformance(t *testing.T) {
	clustertest.Run(t, clustertest.Target{
		URL: serve(t, t.TempDir()), Product: "elasticsearch", Version: store.Version, Parse: "flattened",
	})
}
