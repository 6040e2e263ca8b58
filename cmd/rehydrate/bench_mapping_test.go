package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/rehydrate/rehydrate/internal/cluster"
	"github.com/rehydrate/rehydrate/internal/cluster/enginetest"
	"github.com/rehydrate/rehydrate/internal/run"
	"github.com/rehydrate/rehydrate/internal/settings"
)

var measureEngines = flag.Bool("engines", false, "measure real engines as well, which takes an hour: make bench-engines")

const (
	// A load of some 300,000 events, and one of a million.
	fewObjects  = 12
	manyObjects = 32
	// rounds that count.
	rounds = 5
)

// former is the index that was made by default before messages were mapped by what
// searches of them need: the anchor of each row.
const former = `{"settings":{"index.codec":"best_compression"},"mappings":{"dynamic":false,"properties":{"@timestamp":{"type":"date"},` +
	`"message":{"type":"text","fields":{"keyword":{"type":"keyword","ignore_above":8191}}}}}}`

// barest is an index in which no message can be found, but by its time: what remains
// whatever the mapping.
const barest = `{"settings":{"index.codec":"best_compression"},"mappings":{"dynamic":false,"properties":{"@timestamp":{"type":"date"}}}}`

// candidate is what an index can be made with, and what that costs.
type candidate struct {
	name, index string

	engine  []time.Duration
	flushed []int64 // bytes
	merged  int64
}

// BenchmarkMappings is what a mapping costs an engine: processor time and disk.
func BenchmarkMappings(b *testing.B) {
	if !*measureEngines {
		b.Skip("only with -engines")
	}
	t := newBodies(b, fewObjects)
	figures := newTable("engine", "mapping", "engine CPU s/million", "bytes a document", "merged", "CPU", "disk")
	for _, engine := range []enginetest.Engine{
		enginetest.OpenSearch2, enginetest.Elasticsearch8, enginetest.Elasticsearch717,
		enginetest.OpenSearch3, enginetest.Elasticsearch9, enginetest.Elasticsearch7,
	} {
		b.Run(string(engine), func(b *testing.B) { t.at(enginetest.Start(b, engine).URL).costs(b, string(engine), figures) })
	}
	fmt.Printf("\nWhat a mapping costs. %s; %d events of %d bytes in a bulk body, by turns, the median of %d times; CPU and disk beside the first row of the engine.\n",
		machine(), t.events, t.bytes()/t.events, rounds)
	figures.print()
}

// BenchmarkSearches is what each line of README's grep table takes.
func BenchmarkSearches(b *testing.B) {
	if !*measureEngines {
		b.Skip("only with -engines")
	}
	t := newBodies(b, manyObjects)
	figures := newTable("engine", "setting", "search", "ms")
	for _, engine := range []enginetest.Engine{enginetest.OpenSearch2, enginetest.Elasticsearch8, enginetest.Elasticsearch717} {
		b.Run(string(engine), func(b *testing.B) { t.at(enginetest.Start(b, engine).URL).latencies(b, string(engine), figures) })
	}
	fmt.Printf("\nSearches over %d events: the newest 500 and the number of all, median of five. %s.\n", t.events, machine())
	figures.print()
}

// costs compares the candidates in turns.
func (t *target) costs(b *testing.B, engine string, into *table) {
	b.Helper()
	all := t.candidates(b)
	// Not counted: the engine compiles, with a processor of its own for the first minutes.
	for _, i := range []int{0, 1, 0, 1, 0, 1, 0, 1} {
		t.fill(b, all[i].index)
	}
	for round := range rounds {
		for i := range all {
			if round%2 == 1 { // back, so that none always comes after the same
				i = len(all) - 1 - i
			}
			c := &all[i]
			s, size := t.fill(b, c.index)
			c.engine = append(c.engine, s.engine)
			c.flushed = append(c.flushed, size)
			if round == rounds-1 {
				t.send(b, http.MethodPost, "/ecs-task-*/_forcemerge?max_num_segments=1", "")
				t.settle(b)
				c.merged = t.size(b)
			}
			fmt.Fprintf(os.Stderr, "%s, %s: %.1f s of the engine's processor time, %.0f bytes a document\n",
				engine, c.name, s.engine.Seconds(), float64(size)/float64(t.events))
		}
	}
	first := all[0]
	for _, c := range all {
		cpu := perMillion(median(c.engine), t.events)
		perDocument := func(bytes int64) string { return fmt.Sprintf("%.0f", float64(bytes)/float64(t.events)) }
		into.row(engine, c.name, fmt.Sprintf("%.0f", cpu), perDocument(median(c.flushed)), perDocument(c.merged),
			change(median(c.engine).Seconds(), median(first.engine).Seconds()), change(float64(c.merged), float64(first.merged)))
		b.ReportMetric(cpu, strings.NewReplacer(" ", "-", ",", "").Replace(c.name)+"-cpu-s/Mevents")
	}
}

func median[T cmp.Ordered](of []T) T { return slices.Sorted(slices.Values(of))[len(of)/2] }

func change(of, from float64) string { return fmt.Sprintf("%+.0f %%", (of/from-1)*100) }

// candidates are the former default, what Prepare makes of this engine, the barest, what
// match_only_text would index where the engine has no such type, and what Prepare makes
// with each other codec that the engine has.
func (t *target) candidates(b *testing.B) []candidate {
	b.Helper()
	lean := t.made(b, false)
	all := []candidate{{name: "text and keyword", index: former}, {name: "default", index: lean}, {name: "exact", index: t.made(b, true)}, {name: "time only", index: barest}}
	if words := strings.Replace(lean, `"type":"text"`, `"index_options":"docs","type":"text"`, 1); words != lean {
		all = append(all, candidate{name: "words only", index: words})
	}
	for _, codec := range []string{"default", "best_compression", "zstd_no_dict", "zstd"} {
		var index struct {
			Settings map[string]any  `json:"settings"`
			Mappings json.RawMessage `json:"mappings"`
		}
		if err := json.Unmarshal([]byte(lean), &index); err != nil {
			b.Fatal(err)
		}
		inner, _ := index.Settings["index"].(map[string]any)
		if inner["codec"] == codec {
			all[1].name += ", " + codec
			continue
		}
		inner["codec"] = codec
		body, err := json.Marshal(index)
		if err != nil {
			b.Fatal(err)
		}
		if status, _ := t.try(b, http.MethodPut, "/codec", string(body)); status != http.StatusOK {
			continue // the engine has no such codec
		}
		t.send(b, http.MethodDelete, "/codec", "")
		all = append(all, candidate{name: "default, codec " + codec, index: string(body)})
	}
	return all
}

// made is the index that Prepare has the engine make.
func (t *target) made(b *testing.B, exact bool) string {
	b.Helper()
	s := t.settings
	s.IndexPrefix, s.Exact, s.Search.URL = fmt.Sprintf("made-%t", exact), exact, t.url
	c, err := cluster.Connect(b.Context(), s.Search, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	day := time.Date(2018, 12, 10, 0, 0, 0, 0, s.Zone)
	if _, err := c.Prepare(b.Context(), s, run.Plan{Run: "bench", From: day, To: day.AddDate(0, 0, 1)}); err != nil {
		b.Fatal(err)
	}
	var made struct {
		Template struct {
			Settings json.RawMessage `json:"settings"`
			Mappings json.RawMessage `json:"mappings"`
		}
	}
	if err := json.Unmarshal(t.send(b, http.MethodPost, "/_index_template/_simulate_index/"+s.IndexPrefix+"-2018-12-10", ""), &made); err != nil {
		b.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{"settings": made.Template.Settings, "mappings": made.Template.Mappings})
	if err != nil {
		b.Fatal(err)
	}
	return string(body)
}

// fill makes the indices anew and brings the load in, until the engine rests.
func (t *target) fill(b *testing.B, index string) (spent, int64) {
	b.Helper()
	t.try(b, http.MethodDelete, benchIndices+"?ignore_unavailable=true", "")
	for name := range strings.SplitSeq(benchIndices[1:], ",") {
		t.send(b, http.MethodPut, "/"+name, index)
	}
	before := t.processor(b)
	s := t.bare(b, false)
	t.send(b, http.MethodPost, "/ecs-task-*/_flush", "")
	t.rest(b)
	s.engine = t.processor(b) - before
	t.settle(b)
	t.holdsAll(b)
	return s, t.size(b)
}

// settle lets the engine let go of segments that it has merged.
func (t *target) settle(b *testing.B) {
	b.Helper()
	for range 2 {
		t.send(b, http.MethodPost, "/ecs-task-*/_flush?force=true", "")
		t.send(b, http.MethodPost, "/ecs-task-*/_refresh", "")
	}
}

// rest returns when no merge is under way.
func (t *target) rest(b *testing.B) {
	b.Helper()
	for quiet := 0; quiet < 4; time.Sleep(300 * time.Millisecond) {
		var stats struct {
			All struct {
				Total struct{ Merges struct{ Current int } }
			} `json:"_all"`
		}
		if err := json.Unmarshal(t.send(b, http.MethodGet, "/ecs-task-*/_stats/merge", ""), &stats); err != nil {
			b.Fatal(err)
		}
		if quiet++; stats.All.Total.Merges.Current > 0 {
			quiet = 0
		}
	}
}

// size is what the segments of the indices take on disk.
func (t *target) size(b *testing.B) (bytes int64) {
	b.Helper()
	var segments []struct {
		Size int64 `json:"size,string"`
	}
	if err := json.Unmarshal(t.send(b, http.MethodGet, "/_cat/segments/ecs-task-*?format=json&bytes=b&h=size", ""), &segments); err != nil {
		b.Fatal(err)
	}
	for _, s := range segments {
		bytes += s.Size
	}
	return bytes
}

// latencies searches by each line of README's table in indices of either setting.
func (t *target) latencies(b *testing.B, engine string, into *table) {
	b.Helper()
	for _, exact := range []bool{false, true} {
		t.fill(b, t.made(b, exact))
		name := map[bool]string{false: "default", true: "exact"}[exact]
		for _, l := range grepLines() {
			if l.exact && !exact {
				continue
			}
			body, err := json.Marshal(map[string]any{
				"size": 500, "track_total_hits": true, "sort": []any{map[string]any{"@timestamp": "desc"}},
				"query": map[string]any{"query_string": map[string]any{"query": l.bar, "analyze_wildcard": true}},
			})
			if err != nil {
				b.Fatal(err)
			}
			var took []int
			for range 5 {
				var found struct{ Took int }
				if err := json.Unmarshal(t.send(b, http.MethodPost, "/ecs-task-*/_search?request_cache=false", string(body)), &found); err != nil {
					b.Fatal(err)
				}
				took = append(took, found.Took)
			}
			slices.Sort(took)
			into.row(engine, name, l.bar, fmt.Sprint(took[len(took)/2]))
		}
	}
}

// newBodies is a load as bulk bodies.
func newBodies(b *testing.B, objects int) *target {
	b.Helper()
	t := &target{load: newLoad(b, objects), atOnce: 2 * runtime.NumCPU()}
	settings.Default(&t.settings, "env")
	entries, err := os.ReadDir(t.folder())
	if err != nil {
		b.Fatal(err)
	}
	folder, err := filepath.Rel(t.archive, t.folder())
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range entries {
		t.objects = append(t.objects, run.Object{Key: filepath.ToSlash(filepath.Join(folder, e.Name()))})
	}
	t.bodies = t.load.bodies(b, t.objects, t.settings)
	return t
}

func (t *target) bytes() (n int64) {
	for _, body := range t.bodies {
		n += int64(len(body))
	}
	return n
}

// at is the same load at an engine.
func (t *target) at(url string) *target {
	there := *t
	there.url = url
	return &there
}

func (t *target) send(b *testing.B, method, path, body string) []byte {
	b.Helper()
	status, answer := t.try(b, method, path, body)
	if status != http.StatusOK {
		b.Fatalf("%s %s: %d\n%s", method, path, status, answer)
	}
	return answer
}

func (t *target) try(b *testing.B, method, path, body string) (int, []byte) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), method, t.url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	return res.StatusCode, answer
}

// table is figures for a person, in Markdown.
type table struct{ rows [][]string }

func newTable(head ...string) *table {
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = "---"
	}
	return &table{[][]string{head, rule}}
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) print() {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	for _, r := range t.rows {
		cells := make([]string, len(r))
		for i, c := range r {
			cells[i] = strings.ReplaceAll(c, "|", `\|`)
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, "\t| "))
	}
	_ = w.Flush() // standard output
}

// machine is what the figures were taken on.
func machine() string {
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return fmt.Sprintf("%d processors", runtime.NumCPU())
	}
	return fmt.Sprintf("%d processors, load %s", runtime.NumCPU(), strings.Fields(string(load))[0])
}
