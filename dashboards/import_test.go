package dashboards

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// server takes an import as the applications do, and answers with what answer
// says.
func server(t *testing.T, file *[]byte, status int, answer string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/base/api/saved_objects/_import" || r.URL.RawQuery != "overwrite=true" {
			t.Errorf("the request is %s %s", r.Method, r.URL)
		}
		if r.Header.Get("Kbn-Xsrf") == "" || r.Header.Get("Osd-Xsrf") == "" || r.Header.Get("Authorization") != "ApiKey abc" {
			t.Errorf("its headers are %v", r.Header)
		}
		part, header, err := r.FormFile("file")
		if err != nil {
			t.Errorf("no file: %v", err)
			return
		}
		if !strings.HasSuffix(header.Filename, ".ndjson") {
			t.Errorf("the file is named %s; only .ndjson is taken", header.Filename)
		}
		*file, err = io.ReadAll(part)
		if err != nil {
			t.Error(err)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestImport(t *testing.T) {
	var received []byte
	s := server(t, &received, http.StatusOK, `{"success":true,"successCount":4}`)
	file := Make(Options{IndexPrefix: "ecs-task"})
	n, err := Server{URL: s.URL + "/base/", Authorization: "ApiKey abc", Client: s.Client()}.Import(t.Context(), file)
	if err != nil || n != 4 {
		t.Errorf("%d objects, %v", n, err)
	}
	if !bytes.Equal(received, file) {
		t.Errorf("what arrived is\n%s", received)
	}
}

func TestImportRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		answer string
		want   []string
	}{
		{
			"objects not taken", 200, `{"success":false,"successCount":1,"errors":[
			{"id":"rehydrate-x-search","type":"search","title":"t","error":{"type":"missing_references","references":[]}},
			{"id":"rehydrate-x","type":"index-pattern","error":{"type":"unknown","message":"it is full","statusCode":500}}]}`,
			[]string{"took 1 objects", "search rehydrate-x-search: missing_references", "index-pattern rehydrate-x: unknown it is full"},
		},
		{"success with errors", 200, `{"success":true,"successCount":1,"errors":[{"id":"a","type":"b","error":{"type":"conflict"}}]}`, []string{"b a: conflict"}},
		{"denied", 401, `{"statusCode":401,"error":"Unauthorized","message":"log in first"}`, []string{"401 Unauthorized", "log in first"}},
		{"a proxy", 502, `<html>bad gateway</html>`, []string{"502 Bad Gateway"}},
		{"something else", 200, `<html>welcome</html>`, []string{"not as Kibana", "URL that a browser has"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var received []byte
			s := server(t, &received, c.status, c.answer)
			_, err := Server{URL: s.URL + "/base", Authorization: "ApiKey abc", Client: s.Client()}.Import(t.Context(), []byte("{}\n"))
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error %q does not say %q", err, want)
				}
			}
		})
	}
}
