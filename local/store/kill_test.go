package store_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rehydrate/rehydrate/local/store"
)

// storeFolder makes the test binary a server of the store in that folder.
const storeFolder = "STORE_TEST_SERVE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(storeFolder); dir != "" {
		fmt.Fprintln(os.Stderr, serveUntilKilled(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func serveUntilKilled(dir string) error {
	s, err := store.Open(dir)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + listener.Addr().String())
	return http.Serve(listener, s)
}

// process starts a server of its own on the folder.
func process(t *testing.T, dir string) (url string, pid int, kill func()) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), storeFolder+"="+dir)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() { _ = c.Process.Kill(); _ = c.Wait() })
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), c.Process.Pid, kill
}

// loader sends bulk requests until its server dies, and knows what it was
// answered.
type loader struct {
	random *rand.Rand
	next   int
	// sent are the documents by index and id; those that were answered with 201 or
	// 409 are kept, of the others nothing is known.
	sent    map[string]string
	kept    map[string]bool
	indices []string
}

// send sends one bulk request of some new and some old ids; false says that no
// answer came.
func (l *loader) send(t *testing.T, url string) bool {
	t.Helper()
	var body bytes.Buffer
	var keys []string
	for range 1 + l.random.IntN(200) {
		n := l.next
		if l.random.IntN(10) == 0 && n > 0 {
			n = l.random.IntN(n)
		} else {
			l.next++
		}
		index := l.indices[n%len(l.indices)]
		key := index + "/" + fmt.Sprint(n)
		if l.sent[key] == "" {
			at := time.UnixMilli(1544400000000 + int64(n)*1000).UTC().Format("2006-01-02T15:04:05.000Z07:00")
			l.sent[key] = source(at, fmt.Sprintf("message %d %x", n, l.random.Uint64()), "/group", fmt.Sprint("stream-", n%7))
			if n%50 == 0 { // one that cannot be made again of its parts
				l.sent[key] = strings.Replace(l.sent[key], ` `, `\u0020`, 1)
			}
		}
		keys = append(keys, key)
		fmt.Fprintf(&body, "{\"create\":{\"_index\":%q,\"_id\":\"%d\"}}\n%s\n", index, n, l.sent[key])
	}
	res, err := http.Post(url+"/_bulk", "application/x-ndjson", &body)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return false
	}
	var answer struct{ Items []map[string]outcome }
	if err := json.Unmarshal(raw, &answer); err != nil || res.StatusCode != http.StatusOK || len(answer.Items) != len(keys) {
		t.Fatalf("%s: %v %.500s", res.Status, err, raw)
	}
	for i, item := range answer.Items {
		switch status := item["create"].Status; {
		case status == http.StatusConflict, status == http.StatusCreated && !l.kept[keys[i]]:
			l.kept[keys[i]] = true
		default:
			t.Fatalf("%s was answered with %+v, kept before: %t", keys[i], item["create"], l.kept[keys[i]])
		}
	}
	return true
}

// A store whose process is killed at any moment has each document that was
// answered, exactly once and byte for byte, and nothing that was not sent. Its
// streams are found by their names.
func TestKilledAtAnyMoment(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 12
	}
	dir := t.TempDir()
	l := &loader{random: rand.New(rand.NewPCG(1, 2)), sent: map[string]string{}, kept: map[string]bool{}, indices: []string{"i-1", "i-2", "i-3"}}
	for round := range rounds {
		url, _, kill := process(t, dir)
		l.holds(t, url, round)
		pause := time.Duration(l.random.IntN(80)) * time.Millisecond
		if round%10 == 9 {
			// Long enough that some of it is on disk and some is not.
			pause = time.Duration(500+l.random.IntN(2500)) * time.Millisecond
		}
		timer := time.AfterFunc(pause, kill)
		for l.send(t, url) {
		}
		timer.Stop()
		kill()
		if round%25 == 24 {
			// Begin again, so that the rounds stay short.
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			l.sent, l.kept, l.next = map[string]string{}, map[string]bool{}, 0
		}
	}
	url, _, _ := process(t, dir)
	l.holds(t, url, rounds)
}

// holds compares what the store holds with what was sent and answered.
func (l *loader) holds(t *testing.T, url string, round int) {
	t.Helper()
	found := documents(t, url)
	for key, d := range found {
		if d != l.sent[key] {
			t.Fatalf("round %d: %s is %s, want %s", round, key, d, l.sent[key])
		}
	}
	for key := range l.kept {
		if found[key] == "" {
			t.Fatalf("round %d: %s was answered and is lost", round, key)
		}
	}
	// Whatever is there is there for good.
	for key := range found {
		l.kept[key] = true
	}
	streams := 0
	for n := range 7 {
		streams += hitsOf(t, url, fmt.Sprintf(`{log_group="/group",log_stream="stream-%d"}`, n))
	}
	if streams != len(found) {
		t.Fatalf("round %d: %d documents are found by their streams, want %d", round, streams, len(found))
	}
}

// documents are all that a store holds, by index and id. It fails where one is
// there twice.
func documents(t *testing.T, url string) map[string]string {
	t.Helper()
	found := map[string]string{}
	after := ""
	for {
		var page struct {
			Hits struct {
				Hits []struct {
					Index  string          `json:"_index"`
					ID     string          `json:"_id"`
					Source json.RawMessage `json:"_source"`
					Sort   []json.RawMessage
				}
			}
		}
		must(t, http.MethodPost, url+"/_search", `{"size":10000,"sort":[{"@timestamp":"asc"},{"_id":"asc"}]`+after+`}`, &page)
		for _, h := range page.Hits.Hits {
			key := h.Index + "/" + h.ID
			if found[key] != "" {
				t.Fatalf("%s is there twice", key)
			}
			found[key] = string(h.Source)
			after = fmt.Sprintf(`,"search_after":[%s,%s]`, h.Sort[0], h.Sort[1])
		}
		if len(page.Hits.Hits) < 10_000 {
			return found
		}
	}
}

// hitsOf asks the API of the page for the number of what a query finds.
func hitsOf(t testing.TB, url, query string) int {
	t.Helper()
	res, err := http.PostForm(url+"/select/logsql/stats_query", map[string][]string{"query": {query + " | stats count() n"}, "time": {"2100-01-01T00:00:00Z"}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Data struct {
			Result []struct{ Value []any }
		}
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil || json.Unmarshal(raw, &answer) != nil || len(answer.Data.Result) != 1 {
		t.Fatalf("%s: %s %v %s", query, res.Status, err, raw)
	}
	n := 0
	if _, err := fmt.Sscan(fmt.Sprint(answer.Data.Result[0].Value[1]), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A deletion that was killed in its middle is carried out by the next process,
// and does not touch what was created after it.
func TestKilledWhileDeleting(t *testing.T) {
	dir := t.TempDir()
	const document = `{"@timestamp":"2018-12-10T00:00:00.000Z","message":"m"}`
	for round := range 6 {
		url, _, kill := process(t, dir)
		bulk(t, url, "create", "gone", [2]string{"1", document}, [2]string{"2", document})
		bulk(t, url, "create", "stays", [2]string{fmt.Sprint(round), document})
		done := make(chan bool)
		go func() {
			req, err := http.NewRequest(http.MethodDelete, url+"/gone", nil)
			if err == nil {
				var res *http.Response
				if res, err = http.DefaultClient.Do(req); err == nil {
					err = res.Body.Close()
				}
			}
			done <- err == nil
		}()
		time.Sleep(time.Duration(round*300) * time.Millisecond)
		kill()
		answered := <-done
		// Killed before the request came, the index may be there; answered, it may not.
		url, _, kill = process(t, dir)
		found := documents(t, url)
		if _, there := found["gone/1"]; there && (answered || round > 0) {
			t.Errorf("round %d: the index is there, deleting was answered: %t", round, answered)
		}
		if len(found) < round+1 {
			t.Errorf("round %d: of the other index %d documents are left, want %d", round, len(found), round+1)
		}
		if _, err := os.Stat(filepath.Join(dir, "journal")); err != nil {
			t.Error(err)
		}
		kill()
	}
}
