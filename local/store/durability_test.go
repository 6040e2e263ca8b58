package store_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

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
func process(t *testing.T, dir string) (url string, kill func()) {
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
	var once sync.Once
	kill = func() { once.Do(func() { _ = c.Process.Kill(); _ = c.Wait() }) }
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), kill
}

// What was answered is there after a kill, and is a conflict for the next try.
func TestAnsweredIsKeptThroughAKill(t *testing.T) {
	dir := t.TempDir()
	url, kill := process(t, dir)
	must(t, http.MethodPut, url+"/_index_template/t", `{"index_patterns":["i-*"],"template":{"mappings":`+logs+`}}`, nil)
	documents := make([][2]string, 500)
	for i := range documents {
		documents[i] = [2]string{fmt.Sprint(i), fmt.Sprintf(`{"@timestamp":"2018-12-10T00:00:00.%03dZ","message":"m %d"}`, i, i)}
	}
	bulk(t, url, "create", "i-1", documents[:300]...)
	// Half of the words are indexed when it dies.
	wantFound(t, url+"/i-1", `{"match":{"message":"299"}}`, "299")
	bulk(t, url, "create", "i-1", documents[300:]...)
	kill()

	url, _ = process(t, dir)
	wantFound(t, url+"/i-1", `{"match":{"message":"499"}}`, "499")
	wantFound(t, url+"/i-1", `{"range":{"@timestamp":{"gte":"2018-12-10T00:00:00.498Z"}}}`, "498", "499")
	for _, o := range bulk(t, url, "create", "i-1", documents...) {
		if o.Status != http.StatusConflict {
			t.Fatalf("%s: %+v after a restart, want a conflict", o.ID, o)
		}
	}
	if n := count(t, url+"/i-1"); n != 500 {
		t.Errorf("%d documents, want 500", n)
	}
	// The template is kept, too.
	var made map[string]struct{ Mappings struct{ Dynamic string } }
	bulk(t, url, "create", "i-2", documents[0])
	must(t, http.MethodGet, url+"/i-2", "", &made)
	if made["i-2"].Mappings.Dynamic != "false" {
		t.Errorf("an index made after the restart has the mapping %+v, want the template's", made)
	}
}

func count(t testing.TB, url string) int {
	t.Helper()
	var answer struct{ Count int }
	must(t, http.MethodGet, url+"/_count", "", &answer)
	return answer.Count
}

// Bulk requests that race for the same ids create each once.
func TestAnIDIsCreatedOnce(t *testing.T) {
	url := serve(t, t.TempDir())
	const n, senders = 300, 4
	var mu sync.Mutex
	created := map[string]int{}
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			var documents [][2]string
			for i := range n {
				// Twice in the same request, too.
				id := fmt.Sprint((i*7 + sender) % (n / 2))
				documents = append(documents, [2]string{id, fmt.Sprintf(`{"by":%d}`, sender)})
			}
			for _, o := range bulk(t, url, "create", "i", documents...) {
				mu.Lock()
				switch o.Status {
				case http.StatusCreated:
					created[o.ID]++
				case http.StatusConflict:
				default:
					t.Errorf("%+v", o)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	for id, times := range created {
		if times != 1 {
			t.Errorf("%s was created %d times", id, times)
		}
	}
	if len(created) != n/2 || count(t, url+"/i") != n/2 {
		t.Errorf("%d ids created, %d documents, want %d", len(created), count(t, url+"/i"), n/2)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	process(t, dir)
	if _, err := store.Open(dir); err == nil || !strings.Contains(err.Error(), "another process has it open") {
		t.Errorf("Open: %v, want that another process has it open", err)
	}
}

// A kill can leave an index half made or half deleted; neither is one.
func TestRemainsOfIndicesAreTidiedUp(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"half-deleted", "half-made"} {
		if err := os.MkdirAll(filepath.Join(dir, "indices", name, "words"), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "indices", "half-made", "documents.db"), nil, 0o640); err != nil {
		t.Fatal(err)
	}
	url := serve(t, dir)
	if status, body := call(t, http.MethodGet, url+"/_cat/indices", ""); status != http.StatusOK || body != "" {
		t.Errorf("%d %q, want no indices", status, body)
	}
	bulk(t, url, "create", "half-made", [2]string{"1", `{}`})
	if left, _ := filepath.Glob(filepath.Join(dir, "indices", "*")); len(left) != 1 {
		t.Errorf("left: %q", left)
	}
}
