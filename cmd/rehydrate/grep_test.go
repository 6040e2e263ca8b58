package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/rehydrate/rehydrate/dashboards"
	"github.com/rehydrate/rehydrate/internal/cluster/enginetest"
	"github.com/rehydrate/rehydrate/local/sample"
)

// grepLine is a line of README's table: a command line that finds messages in a
// file of them, and what finds the same in the search bar in Lucene's language.
// Its column of LogsQL is tested by local/store.
type grepLine struct {
	grep string
	bar  string
	// exact: only found where that setting is on, and not in messages of more than
	// 8,191 characters.
	exact bool
	// Events of odd, by name: those that only grep finds, and those that only the
	// search bar does, because it knows words and not characters.
	onlyGrep, onlyBar []string
}

func grepLines() []grepLine {
	return []grepLine{
		{grep: `grep -iw timeout`, bar: `timeout`, onlyGrep: []string{"joined"}},
		{grep: `grep -iw error | grep -iw timeout`, bar: `message:(error AND timeout)`},
		{grep: `grep -iwE 'refused|timeout'`, bar: `message:(refused OR timeout)`, onlyGrep: []string{"joined"}},
		{grep: `grep -iw error | grep -ivw timeout`, bar: `message:error AND NOT message:timeout`},
		{grep: `grep -i 'i/o timeout'`, bar: `message:"i/o timeout"`, onlyBar: []string{"hyphen"}},
		{grep: `grep -i '\btime'`, bar: `message:time*`, onlyGrep: []string{"joined"}},
		{grep: `grep -i meou`, bar: `message:*meou*`},
		{grep: `grep -iv timeout`, bar: `NOT message:*timeout*`},
		{grep: `grep 'order failed'`, bar: `message.keyword:*order\ failed*`, exact: true},
		{grep: `grep -E 'v1/users/[0-9]{4}/items'`, bar: `message.keyword:/.*v1\/users\/[0-9]{4}\/items.*/`, exact: true},
		{grep: `grep -E '(ERROR|WARN) .*(Order|Stock)'`, bar: `message.keyword:/.*(ERROR|WARN) .*(Order|Stock).*/`, exact: true},
	}
}

// odd are messages that tell words from characters.
func odd() map[string]string {
	return map[string]string{
		"capitals": "TIMEOUT while waiting for the upstream",
		"joined":   "upstream.timeout reached",
		"hyphen":   "read tcp: i-o timeout",
		"refused":  "dial tcp 10.0.0.1:5432: connect: connection refused",
		"part":     "somewhat retimeouts",
		"case":     "Order Failed",
		"long":     "order failed " + strings.Repeat("and so on ", 1000),
	}
}

// README's table is what is tested.
func TestGrepTable(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(readme), "\n## Searching\n")
	if !ok {
		t.Fatal("README.md has no section Searching")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var told, tested []string
	for line := range strings.Lines(section) {
		// A | inside of a cell stands behind a backslash.
		cells := strings.Split(strings.ReplaceAll(strings.TrimSpace(line), `\|`, "\x00"), "|")
		if len(cells) < 5 || !strings.HasPrefix(strings.TrimSpace(cells[1]), "`grep") {
			continue
		}
		row := strings.TrimSpace(cells[1]) + " " + strings.TrimSpace(cells[2])
		if strings.Contains(cells[4], "needs `exact`") {
			row += " exact"
		}
		told = append(told, strings.ReplaceAll(row, "\x00", "|"))
	}
	for _, l := range grepLines() {
		row := "`" + l.grep + "` `" + l.bar + "`"
		if l.exact {
			row += " exact"
		}
		tested = append(tested, row)
	}
	if !slices.Equal(told, tested) {
		t.Errorf("README tells\n%s\nbut tested is\n%s", strings.Join(told, "\n"), strings.Join(tested, "\n"))
	}
}

// grepOn is of an engine that has this type for parsed messages.
func grepOn(parsed string) func(*testing.T, *enginetest.Running) {
	return func(t *testing.T, e *enginetest.Running) {
		for _, exact := range []bool{false, true} {
			t.Run(fmt.Sprintf("exact %t", exact), func(t *testing.T) { greps(t, newRig(t, e.URL), exact) })
		}
		levels(t, e.URL, parsed)
	}
}

// greps indexes the archive and the odd messages, and compares what each line's
// two halves find. Without exact its lines find nothing in the search bar.
func greps(t *testing.T, p *rig, exact bool) {
	t.Helper()
	truth := p.without(t)
	for id, e := range p.putOdd(t) {
		truth[id] = e
	}
	p.ask(t, http.MethodDelete, "/ecs-task-2018-12-10?ignore_unavailable=true", "")
	p.first(t, ended{kind: "complete", verdict: "Complete"}, "--from", "2018-12-10", "--to", "2018-12-10", fmt.Sprintf("--exact=%t", exact))
	p.ask(t, http.MethodPost, "/ecs-task-*/_refresh", "")
	p.holds(t, truth)
	for _, l := range grepLines() {
		t.Run(l.grep, func(t *testing.T) {
			want := runGrep(t, truth, l.grep)
			if len(want) == 0 || len(want) == len(truth) {
				t.Errorf("grep finds %d of %d events: the line shows nothing", len(want), len(truth))
			}
			for _, id := range l.onlyGrep {
				if !want[id] {
					t.Errorf("grep does not find %s", id)
				}
				delete(want, id)
			}
			for _, id := range l.onlyBar {
				if want[id] {
					t.Errorf("grep finds %s too", id)
				}
				want[id] = true
			}
			for id := range want {
				if l.exact && (!exact || len(utf16.Encode([]rune(truth[id].Message))) > 8191) {
					delete(want, id)
				}
			}
			got := bar(t, p.engine+"/ecs-task-*", l.bar)
			for id := range want {
				if !got[id] {
					t.Errorf("the search bar does not find %s: %.200q", id, truth[id].Message)
				}
			}
			for id := range got {
				if !want[id] {
					t.Errorf("the search bar finds %s: %.200q", id, truth[id].Message)
				}
			}
		})
	}
}

// putOdd puts an object with the odd messages into the archive.
func (p *rig) putOdd(t *testing.T) map[string]sample.Event {
	t.Helper()
	type logEvent struct {
		ID        string `json:"id"`
		Timestamp int64  `json:"timestamp"`
		Message   string `json:"message"`
	}
	at := day(t, "2018-12-10").Add(12 * time.Hour)
	events := map[string]sample.Event{}
	var logged []logEvent
	for name, message := range odd() {
		logged = append(logged, logEvent{name, at.UnixMilli(), message})
		events[name] = sample.Event{ID: name, Time: at, Message: message}
	}
	record, err := json.Marshal(map[string]any{
		"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "g", "logStream": "s", "subscriptionFilters": []string{"f"}, "logEvents": logged,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.write(t, sample.Object{Key: "_/cwl/ecs/ecs-task/2018/12/10/03/ecs-task-1-2018-12-10-03-00-00-odd"}, record)
	return events
}

// grep runs a command line over the events, one a line with its id before it, and
// gives the ids of those that come out.
func runGrep(t *testing.T, truth map[string]sample.Event, command string) map[string]bool {
	t.Helper()
	if _, err := exec.LookPath("grep"); err != nil {
		t.Skip("there is no grep on this machine")
	}
	var lines bytes.Buffer
	flat := strings.NewReplacer("\n", " ", "\r", " ", "\x00", " ")
	for id, e := range truth {
		fmt.Fprintf(&lines, "%s %s\n", id, flat.Replace(e.Message))
	}
	c := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(command, "grep ", "grep -a "))
	c.Stdin = &lines
	c.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	found := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		id, _, _ := strings.Cut(line, " ")
		found[id] = true
	}
	return found
}

// bar searches as the search bar does in Lucene's language, and gives the ids.
func bar(t *testing.T, url, query string) map[string]bool {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"size": 10_000, "_source": false,
		// analyze_wildcard is what both applications set unless told otherwise.
		"query": map[string]any{"query_string": map[string]any{"query": query, "analyze_wildcard": true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	answer := enginetest.Ask(t, http.MethodPost, url+"/_search", string(body))
	var found struct {
		Shards struct{ Failed int } `json:"_shards"`
		Hits   struct {
			Hits []struct {
				ID string `json:"_id"`
			}
		}
	}
	if err := json.Unmarshal(answer, &found); err != nil || found.Shards.Failed > 0 {
		t.Fatalf("%s: %v\n%.2000s", query, err, answer)
	}
	ids := map[string]bool{}
	for _, hit := range found.Hits.Hits {
		ids[hit.ID] = true
	}
	return ids
}

// levels: each event falls into exactly one of the parts that the dashboard shows.
func levels(t *testing.T, url, kind string) {
	t.Helper()
	p := &rig{engine: url}
	p.ask(t, http.MethodPut, "/levels", `{"mappings":{"dynamic":false,"properties":{"parsed":{"type":"`+kind+`"},"message":{"type":"text"}}}}`)
	want := map[string]string{}
	for i, d := range []struct{ level, document string }{
		{"error", `{"parsed":{"level":"error","msg":"info"}}`},
		{"error", `{"parsed":{"level":"FATAL"}}`},
		{"warn", `{"parsed":{"level":"Warning"}}`},
		{"info", `{"parsed":{"level":"INFO","log":{"level":"error"}}}`},
		{"debug", `{"parsed":{"level":"trace"}}`},
		{"other", `{"parsed":{"level":"verbose"}}`},
		{"other", `{"parsed":{"msg":"error"}}`},
		{"other", `{"message":"level error"}`},
	} {
		id := fmt.Sprint(i)
		want[id] = d.level
		p.ask(t, http.MethodPut, "/levels/_doc/"+id+"?refresh=true", d.document)
	}
	got := map[string]string{}
	for _, l := range dashboards.Levels() {
		for id := range bar(t, url+"/levels", l.Query) {
			got[id] += l.Label
		}
	}
	for id, level := range want {
		if got[id] != level {
			t.Errorf("document %s is in %q, want %q", id, got[id], level)
		}
	}
}
