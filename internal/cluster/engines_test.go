package cluster_test

import (
	"testing"

	"github.com/rehydrate/rehydrate/internal/cluster/clustertest"
	"github.com/rehydrate/rehydrate/internal/cluster/enginetest"
	"github.com/rehydrate/rehydrate/internal/run"
)

// Every engine passes the conformance suite.
func TestEngines(t *testing.T) {
	for _, c := range []struct {
		engine enginetest.Engine
		target clustertest.Target
	}{
		{enginetest.Elasticsearch8, clustertest.Target{Product: "elasticsearch", Version: "8.19.7", Parse: "flattened"}},
		{enginetest.Elasticsearch7, clustertest.Target{Product: "elasticsearch", Version: "7.10.2", Brief: true}},
		{enginetest.Elasticsearch717, clustertest.Target{Product: "elasticsearch", Version: "7.17.29", Brief: true, MatchOnly: true, Parse: "flattened"}},
		{enginetest.OpenSearch2, clustertest.Target{Product: "opensearch", Version: "2.19.1", Brief: true, Parse: "flat_object", MatchOnly: true}},
		{enginetest.OpenSearch3, clustertest.Target{Product: "opensearch", Version: "3.3.0", Brief: true, Parse: "flat_object", MatchOnly: true}},
		{enginetest.Elasticsearch9, clustertest.Target{Product: "elasticsearch", Version: "9.2.0", Brief: true, Parse: "flattened"}},
	} {
		t.Run(string(c.engine), func(t *testing.T) {
			c.target.URL = enginetest.Start(t, c.engine).URL
			clustertest.Run(t, c.target)
			t.Run("what people do", func(t *testing.T) { testPrepare(t, c.target.URL) })
			t.Run("what people search for", func(t *testing.T) {
				testQueries(t, c.target.URL, run.Settings{IndexPrefix: "queries", Parse: c.target.Parse != ""})
				testQueries(t, c.target.URL, run.Settings{IndexPrefix: "exact", Parse: c.target.Parse != "", Exact: true})
			})
			t.Run("template is kept", func(t *testing.T) { testTemplateIsKept(t, c.target.URL) })
		})
	}
}
