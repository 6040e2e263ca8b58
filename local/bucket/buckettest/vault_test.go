package buckettest_test

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rehydrate/rehydrate/local/bucket"
	"github.com/rehydrate/rehydrate/local/bucket/buckettest"
)

// TestVaultAnswersAsS3Does holds the vault to answers of S3.
func TestVaultAnswersAsS3Does(t *testing.T) {
	file, err := os.Open("testdata/restore.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var c struct {
			Name, Class, Kept, Do, Tier string
			Days, Status                int
			Code, Message, Source       string
			Header                      map[string]string
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil || c.Source == "" {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		t.Run(c.Name, func(t *testing.T) {
			files := fstest.MapFS{}
			if c.Kept != "gone" {
				files["logs/a"] = &fstest.MapFile{Data: []byte("a")}
			}
			h, err := bucket.New(map[string]bucket.Folder{"archive": {Files: files}})
			if err != nil {
				t.Fatal(err)
			}
			now := time.Date(2021, 9, 7, 12, 0, 0, 0, time.UTC)
			v := &buckettest.Vault{
				Classes: map[string]string{"logs/a": c.Class}, Now: func() time.Time { return now },
				Takes: func(string, string) time.Duration { return time.Hour },
			}
			served := v.Handler(h)
			switch c.Kept {
			case "restored":
				v.Restore("logs/a")
			case "ongoing":
				ask(t, served, "restore", "Standard", 1)
			}
			status, header, body := ask(t, served, c.Do, c.Tier, c.Days)
			var refused struct{ Code, Message string }
			if status > 299 && c.Do != "head" {
				if err := xml.Unmarshal([]byte(body), &refused); err != nil {
					t.Fatalf("%s: %v", body, err)
				}
			}
			if status != c.Status || c.Code != "" && refused.Code != c.Code || refused.Message != c.Message {
				t.Errorf("answered %d %s %q; want %d %s %q", status, refused.Code, refused.Message, c.Status, c.Code, c.Message)
			}
			for name, want := range c.Header {
				if got := header.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

// ask asks for logs/a.
func ask(t *testing.T, h http.Handler, do, tier string, days int) (int, http.Header, string) {
	t.Helper()
	method, path, body := strings.ToUpper(do), "/archive/logs/a", ""
	if do == "restore" {
		method, path, body = http.MethodPost, path+"?restore", "<RestoreRequest>"
		if days > 0 {
			body += fmt.Sprintf("<Days>%d</Days>", days)
		}
		body += "<GlacierJobParameters><Tier>" + tier + "</Tier></GlacierJobParameters></RestoreRequest>"
	}
	r := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(body))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	answered := w.Result()
	defer answered.Body.Close()
	b, err := io.ReadAll(answered.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered.StatusCode, answered.Header, string(b)
}
