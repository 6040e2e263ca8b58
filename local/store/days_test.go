package store_test

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// A partition a day, each with files and goroutines of its own, is within the
// memory that a few days take: 400 days are taken in and searched, twice over, the
// second time by a process that finds the first there.
func TestManyDays(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a while, and the race detector has more memory")
	}
	const days, documents, most = 400, 20_000, 300.0 // MB
	dir := t.TempDir()
	for round := range 2 {
		url, pid, kill := process(t, dir)
		bodies(documents, days, func(body []byte) {
			body = bytes.ReplaceAll(body, []byte(`"_id":"34415`), []byte(`"_id":"3441`+strconv.Itoa(6+round)))
			res, err := http.Post(url+"/_bulk", "application/x-ndjson", bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
		})
		res, err := http.Post(url+"/_refresh", "application/json", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		_, found := ask(t, http.MethodGet, url+"/ecs-task-*/_count", nil)
		if want := `"count":` + strconv.Itoa((round+1)*documents) + `}`; !strings.Contains(found, want) {
			t.Errorf("round %d: %s, want %s", round, found, want)
		}
		_, found = ask(t, http.MethodGet, url+"/select/logsql/query?query=*%20%7C%20stats%20count_uniq(index)%20n", nil)
		if want := `"n":"` + strconv.Itoa(days) + `"`; !strings.Contains(found, want) {
			t.Errorf("round %d: %s, want %s", round, found, want)
		}
		if used := resident(strconv.Itoa(pid)); used > most {
			t.Errorf("round %d: the process has held %.0f MB, more than %.0f", round, used, most)
		}
		kill()
	}
}
