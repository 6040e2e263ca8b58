package store_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// What is not UTF-8 in the strict sense, but has its shape, is kept as it is.
func TestOddBytesComeBackAsTheyWere(t *testing.T) {
	url := serve(t, t.TempDir())
	must(t, http.MethodPut, url+"/i", `{"mappings":`+logs+`}`, nil)
	for id, d := range map[string]string{
		"overlong":       "{\"message\":\"a\xc0\xafb\"}",
		"raw surrogate":  "{\"message\":\"a\xed\xa0\x80b\"}",
		"beyond unicode": "{\"message\":\"a\xf4\x90\x80\x80b\"}",
		"spaces":         "{ \"message\" :\t\"a\" , \"n\": 1.0e1 }",
		"html":           `{"message":"<a href=\"x\">&amp;</a>"}`,
	} {
		if o := bulk(t, url, "create", "i", [2]string{id, d})[0]; o.Status != http.StatusCreated {
			t.Errorf("%s: %+v", id, o)
			continue
		}
		path := strings.ReplaceAll(id, " ", "%20")
		if _, got := call(t, http.MethodGet, url+"/i/_source/"+path, ""); got != d {
			t.Errorf("%s: _source is %q, want %q", id, got, d)
		}
		if _, got := call(t, http.MethodPost, url+"/i/_search", `{"query":{"ids":{"values":["`+id+`"]}}}`); !strings.Contains(got, d) {
			t.Errorf("%s: the hit is %q, want %q in it", id, got, d)
		}
	}
}

func TestDocumentsThatAreRefused(t *testing.T) {
	url := serve(t, t.TempDir())
	must(t, http.MethodPut, url+"/i", `{"mappings":`+logs+`}`, nil)
	must(t, http.MethodPut, url+"/strict", `{"mappings":{"dynamic":"strict","properties":{"a":{"type":"long"},"k":{"type":"keyword"}}}}`, nil)
	for _, tt := range []struct{ what, index, document, kind, reason string }{
		{"no object", "i", `[1]`, "document_parsing_exception", "no JSON object"},
		{"a date that is none", "i", `{"@timestamp":"soon"}`, "document_parsing_exception", "failed to parse field [@timestamp] of type [date]"},
		{"a member twice", "i", `{"message":"a","message":"b"}`, "document_parsing_exception", "Duplicate field 'message'"},
		{"a text for an object", "i", `{"aws":"x"}`, "document_parsing_exception", "found a concrete value"},
		{"a text for a flattened", "i", `{"parsed":"x"}`, "document_parsing_exception", "of type [flattened]"},
		{"too deep for a flattened", "i", `{"parsed":` + strings.Repeat(`{"a":`, 21) + "1" + strings.Repeat("}", 21) + `}`, "document_parsing_exception", "of type [flattened]"},
		{"an unmapped member", "strict", `{"b":1}`, "strict_dynamic_mapping_exception", "[b]"},
		{"a text for a number", "strict", `{"a":"x"}`, "document_parsing_exception", "of type [long]"},
		{"too long for a term", "strict", `{"k":"` + strings.Repeat("x", 32_767) + `"}`, "document_parsing_exception", "immense term"},
		{"a bad index name", "UPPER", `{}`, "invalid_index_name_exception", "must be lowercase"},
	} {
		all := bulk(t, url, "create", tt.index, [2]string{"1", tt.document})
		if o := all[0]; o.Status != http.StatusBadRequest || o.Error.Type != tt.kind || !strings.Contains(o.Error.Reason, tt.reason) {
			t.Errorf("%s: %+v, want 400, %s and %q", tt.what, o, tt.kind, tt.reason)
		}
	}
	if n := count(t, url); n != 0 {
		t.Errorf("%d documents were kept", n)
	}
}

func TestReplaceAndDelete(t *testing.T) {
	url := serve(t, t.TempDir())
	must(t, http.MethodPut, url+"/i", `{"mappings":`+logs+`}`, nil)
	bulk(t, url, "index", "i", [2]string{"1", `{"message":"first"}`}, [2]string{"2", `{"message":"other"}`})
	wantFound(t, url+"/i", `{"match":{"message":"first"}}`, "1")
	twice := bulk(t, url, "index", "i", [2]string{"1", `{"message":"second"}`}, [2]string{"1", `{"message":"third"}`})
	if twice[0].Result != "updated" || twice[1].Version != 3 || twice[1].Status != http.StatusOK {
		t.Errorf("%+v, want two updates, the second to version 3", twice)
	}
	wantFound(t, url+"/i", `{"match":{"message":"first second"}}`)
	wantFound(t, url+"/i", `{"match":{"message":"third"}}`, "1")
	if o := bulk(t, url, "delete", "i", [2]string{"1"}, [2]string{"none"}); o[0].Result != "deleted" || o[1].Status != http.StatusNotFound {
		t.Errorf("%+v, want one deleted and one not found", o)
	}
	wantFound(t, url+"/i", `{"match_all":{}}`, "2")
	wantFound(t, url+"/i", `{"match":{"message":"third"}}`)
	if status, _ := call(t, http.MethodGet, url+"/i/_doc/1", ""); status != http.StatusNotFound {
		t.Errorf("a deleted document was answered with %d", status)
	}
	// The id is free again.
	if o := bulk(t, url, "create", "i", [2]string{"1", `{"message":"fourth"}`}); o[0].Status != http.StatusCreated {
		t.Errorf("%+v", o[0])
	}
	wantFound(t, url+"/i", `{"match":{"message":"fourth"}}`, "1")
}

func TestOneDocument(t *testing.T) {
	url := serve(t, t.TempDir())
	for _, step := range []struct {
		method, path, body string
		status             int
		contains           string
	}{
		{"PUT", "/i/_create/a%2Fb", `{"message":"x"}`, 201, `"_id":"a/b"`},
		{"PUT", "/i/_create/a%2Fb", `{"message":"y"}`, 409, "version_conflict_engine_exception"},
		{"PUT", "/i/_doc/a%2Fb?op_type=create", `{"message":"y"}`, 409, "version_conflict_engine_exception"},
		{"GET", "/i/_doc/a%2Fb", "", 200, `"_source":{"message":"x"}`},
		{"GET", "/i/_doc/a%2Fb?_source=false", "", 200, `"found":true}`},
		{"PUT", "/i/_doc/a%2Fb", `{"message":"z"}`, 200, `"result":"updated"`},
		{"POST", "/i/_doc", `{"message":"n"}`, 201, `"result":"created"`},
		{"DELETE", "/i/_doc/a%2Fb", "", 200, `"result":"deleted"`},
		{"GET", "/i/_doc/a%2Fb", "", 404, `"found":false`},
		{"GET", "/i/_source/a%2Fb", "", 404, "Document not found"},
		{"DELETE", "/none/_doc/1", "", 404, "no such index [none]"},
	} {
		status, body := call(t, step.method, url+step.path, step.body)
		if status != step.status || !strings.Contains(body, step.contains) {
			t.Errorf("%s %s: %d %s, want %d and %s", step.method, step.path, status, body, step.status, step.contains)
		}
	}
}

// Blocks and closed doors look as they do on a cluster.
func TestBlocks(t *testing.T) {
	url := serve(t, t.TempDir())
	bulk(t, url, "create", "i", [2]string{"1", `{}`})
	for _, b := range []struct {
		name   string
		status int
	}{{"write", 403}, {"read_only", 403}, {"read_only_allow_delete", 429}} {
		must(t, http.MethodPut, url+"/i/_settings", `{"index.blocks.`+b.name+`":true}`, nil)
		if o := bulk(t, url, "create", "i", [2]string{"2", `{}`})[0]; o.Status != b.status || o.Error.Type != "cluster_block_exception" {
			t.Errorf("%s: %+v, want %d", b.name, o, b.status)
		}
		must(t, http.MethodPut, url+"/i/_settings", `{"index":{"blocks":{"`+b.name+`":null}}}`, nil)
	}
	if o := bulk(t, url, "create", "i", [2]string{"2", `{}`})[0]; o.Status != http.StatusCreated {
		t.Errorf("after the blocks: %+v", o)
	}
	must(t, http.MethodPut, url+"/_cluster/settings", `{"persistent":{"action":{"auto_create_index":"false"}}}`, nil)
	o := bulk(t, url, "create", "j", [2]string{"1", `{}`})[0]
	if o.Status != http.StatusNotFound || !strings.Contains(o.Error.Reason, "[action.auto_create_index] is [false]") {
		t.Errorf("without auto-creation: %+v", o)
	}
	must(t, http.MethodPut, url+"/_cluster/settings", `{"persistent":{"action.auto_create_index":null}}`, nil)
	if o := bulk(t, url, "create", "j", [2]string{"1", `{}`})[0]; o.Status != http.StatusCreated {
		t.Errorf("with auto-creation again: %+v", o)
	}
}

// Without a template, members are mapped as they come.
func TestDynamicMapping(t *testing.T) {
	url := serve(t, t.TempDir())
	all := bulk(t, url, "create", "i",
		[2]string{"1", `{"@timestamp":"2018-12-10T00:00:00Z","message":"Hello World","n":17,"ok":true,"at":{"day":"2018-12-11"},"tags":[null,"a","b"]}`},
		[2]string{"bad", `{"new":1,"n":"many"}`},
		[2]string{"2", `{"new":"a text","n":2.5,"at.day":"2018-12-12","empty":[]}`})
	if all[0].Status != 201 || all[1].Status != 400 || all[2].Status != 201 {
		t.Fatalf("%+v", all)
	}
	for query, want := range map[string][]string{
		`{"match":{"message":"world"}}`:                          {"1"},
		`{"term":{"message.keyword":"Hello World"}}`:             {"1"},
		`{"term":{"tags.keyword":"b"}}`:                          {"1"},
		`{"term":{"n":17}}`:                                      {"1"},
		`{"range":{"n":{"gt":2,"lt":3}}}`:                        {"2"},
		`{"term":{"ok":true}}`:                                   {"1"},
		`{"range":{"at.day":{"gte":"2018-12-12"}}}`:              {"2"},
		`{"match":{"new":"text"}}`:                               {"2"},
		`{"exists":{"field":"at"}}`:                              {"1", "2"},
		`{"exists":{"field":"nothing"}}`:                         nil,
		`{"bool":{"must_not":{"exists":{"field":"message"}}}}`:   {"2"},
		`{"range":{"@timestamp":{"lte":"2018-12-10T00:00:00"}}}`: {"1"},
	} {
		wantFound(t, url+"/i", query, want...)
	}
}

// Whoever reads while others write sees whole documents, and everything that
// was answered before it asked.
func TestReadingWhileWriting(t *testing.T) {
	url := serve(t, t.TempDir())
	const writers, rounds, each = 2, 10, 20
	var writing, reading sync.WaitGroup
	done := make(chan struct{})
	for w := range writers {
		writing.Go(func() {
			for round := range rounds {
				var documents [][2]string
				for i := range each {
					documents = append(documents, [2]string{fmt.Sprintf("%d-%d-%d", w, round, i), fmt.Sprintf(`{"message":"word w%dr%d"}`, w, round)})
				}
				bulk(t, url, "index", "i", documents...)
				query := fmt.Sprintf(`{"size":100,"query":{"match":{"message":"w%dr%d"}}}`, w, round)
				if got := found(t, url+"/i", query); len(got) != each {
					t.Errorf("%s finds %d documents, want %d", query, len(got), each)
				}
			}
		})
	}
	reading.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				call(t, http.MethodGet, url+"/_cat/indices", "")
				call(t, http.MethodGet, url+"/_search?q=message:word", "")
				call(t, http.MethodPut, url+"/i", "")
			}
		}
	})
	writing.Wait()
	close(done)
	reading.Wait()
	if n := count(t, url+"/i"); n != writers*rounds*each {
		t.Errorf("%d documents, want %d", n, writers*rounds*each)
	}
}
