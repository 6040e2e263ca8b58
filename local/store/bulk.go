package store

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"
)

// item is one document of a bulk request, and what came of it.
type item struct {
	document
	problem *problem
}

// maxID is the longest _id, in bytes.
const maxID = 512

// bulk carries out a bulk request of creates. Items are answered in their order,
// each for itself.
func (s *Store) bulk(r *request) (answer, error) {
	started := time.Now()
	items, err := parseBulk(r.body, r.PathValue("index"))
	if err != nil {
		return answer{}, err
	}
	documents := newReader(s)
	for _, i := range items {
		if i.problem != nil {
			continue
		}
		if err := documents.read(i); err != nil {
			return answer{}, err
		}
	}
	if err := s.write(r.Context(), items); err != nil {
		return answer{}, err
	}
	if refresh := r.query.Get("refresh"); r.query.Has("refresh") && refresh != "false" {
		s.seen()
	}
	failed := false
	b := []byte(`],"items":[`)[1:]
	for n, i := range items {
		if n > 0 {
			b = append(b, ',')
		}
		failed = failed || i.problem != nil
		if b, err = i.appendTo(b); err != nil {
			return answer{}, err
		}
	}
	head := strconv.AppendBool([]byte(`{"errors":`), failed)
	head = strconv.AppendInt(append(head, `,"took":`...), time.Since(started).Milliseconds(), 10)
	return answer{status: http.StatusOK, raw: append(append(head, b...), `]}`...)}, nil
}

// appendTo writes what came of the item.
func (i *item) appendTo(b []byte) ([]byte, error) {
	b = appendText(append(b, `{"create":{"_index":`...), i.index)
	b = appendText(append(b, `,"_id":`...), i.id)
	if i.problem == nil {
		return append(b, `,"_version":1,"result":"created","_shards":{"total":1,"successful":1,"failed":0},"_seq_no":0,"_primary_term":1,"status":201}}`...), nil
	}
	cause, err := i.problem.MarshalJSON()
	if err != nil {
		return nil, err
	}
	b = append(append(append(b, `,"error":`...), cause...), `,"status":`...)
	return append(strconv.AppendInt(b, int64(i.problem.status), 10), `}}`...), nil
}

// parseBulk reads the body of a bulk request. What is wrong with an action line
// fails the request as a whole, what is wrong with a document only its item: as
// in Elasticsearch. inPath is the index of items that name none.
func parseBulk(body []byte, inPath string) ([]*item, error) {
	if len(body) == 0 {
		return nil, badRequest("parse_exception", "request body is required")
	}
	if body[len(body)-1] != '\n' {
		return nil, badRequest("illegal_argument_exception", `The bulk request must be terminated by a newline [\n]`)
	}
	var items []*item
	for line := 1; len(body) > 0; line++ {
		action, rest, _ := bytes.Cut(body, []byte("\n"))
		if body = rest; len(bytes.TrimSpace(action)) == 0 {
			continue
		}
		i, err := parseAction(bytes.TrimSpace(action), line, inPath)
		if err != nil {
			return nil, err
		}
		if len(body) == 0 {
			return nil, badRequest("illegal_argument_exception", "The bulk request has no document for the action in line [%d]", line)
		}
		line++
		source, rest, _ := bytes.Cut(body, []byte("\n"))
		body, i.source = rest, bytes.TrimSpace(source)
		items = append(items, i)
	}
	if len(items) == 0 {
		return nil, badRequest("action_request_validation_exception", "Validation Failed: 1: no requests added;")
	}
	return items, nil
}

// plainAction reads an action line as our Lambdas write it, with names that need
// no escapes: most of them, and several times as fast.
func plainAction(raw []byte) (*item, bool) {
	rest, ok := bytes.CutPrefix(raw, []byte(`{"create":{"_index":"`))
	if !ok || !utf8.Valid(raw) {
		return nil, false
	}
	index, rest, _ := bytes.Cut(rest, []byte(`","_id":"`))
	id, rest, _ := bytes.Cut(rest, []byte(`"`))
	odd := func(c rune) bool { return c < ' ' || c == '"' || c == '\\' }
	if string(rest) != "}}" || len(index) == 0 || len(id) == 0 || len(id) > maxID || bytes.ContainsFunc(index, odd) || bytes.ContainsFunc(id, odd) {
		return nil, false
	}
	return &item{document: document{index: string(index), id: string(id)}}, true
}

// parseAction reads an action line.
func parseAction(raw []byte, line int, inPath string) (*item, error) {
	if i, ok := plainAction(raw); ok {
		return i, nil
	}
	if !validJSON(raw) || !isObject(raw) {
		return nil, badRequest("illegal_argument_exception", "Malformed action/metadata line [%d], expected a JSON object", line)
	}
	var action map[string]json.RawMessage
	if err := json.Unmarshal(raw, &action); err != nil {
		return nil, badRequest("illegal_argument_exception", "Malformed action/metadata line [%d]: %v", line, err)
	}
	meta, ok := action["create"]
	if !ok || len(action) != 1 {
		return nil, unsupported("other bulk actions than [create], in line [%d]", line)
	}
	var given struct {
		Index *string `json:"_index"`
		ID    *string `json:"_id"`
	}
	if err := decodeStrict("action in line "+strconv.Itoa(line), meta, &given); err != nil {
		return nil, err
	}
	i := &item{document: document{index: inPath}}
	if given.Index != nil {
		i.index = *given.Index
	}
	switch {
	case i.index == "":
		return nil, badRequest("action_request_validation_exception", "Validation Failed: 1: index is missing;")
	case given.ID == nil:
		i.id = newUUID()
	case len(*given.ID) > maxID:
		return nil, badRequest("action_request_validation_exception", "Validation Failed: 1: id [%s] is too long, must be no longer than 512 bytes but was: %d;", *given.ID, len(*given.ID))
	default:
		i.id = *given.ID
	}
	if i.id == "" {
		i.problem = badRequest("illegal_argument_exception", "if _id is specified it must not be empty")
	}
	return i, nil
}
