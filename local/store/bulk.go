package store

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// bulk carries out a bulk request: create, index and delete. Items are answered
// in their order, each for itself.
func (s *Store) bulk(r *request) (answer, error) {
	started := time.Now()
	if r.query.Get("pipeline") != "" && r.query.Get("pipeline") != "_none" {
		return answer{}, unsupported("ingest pipelines")
	}
	items, err := parseBulk(r.body, r.PathValue("index"))
	if err != nil {
		return answer{}, err
	}
	if err := s.write(items); err != nil {
		return answer{}, err
	}
	failed := slices.ContainsFunc(items, func(i *item) bool { return i.problem != nil })
	b := make([]byte, 0, 64+200*len(items))
	b = append(b, `{"errors":`...)
	b = strconv.AppendBool(b, failed)
	b = append(b, `,"took":`...)
	b = strconv.AppendInt(b, time.Since(started).Milliseconds(), 10)
	b = append(b, `,"items":[`...)
	for n, i := range items {
		if n > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, `{"`...), i.action...), `":`...)
		b = append(i.appendTo(b), '}')
	}
	return answer{status: http.StatusOK, raw: append(b, `]}`...)}, nil
}

// item is an operation and the index it is for.
type item struct {
	operation
	index string
}

// write carries out the items, those of one index in one transaction.
func (s *Store) write(items []*item) error {
	var names []string
	byIndex := map[string][]*operation{}
	for _, i := range items {
		if i.problem != nil {
			continue
		}
		if _, ok := byIndex[i.index]; !ok {
			names = append(names, i.index)
		}
		byIndex[i.index] = append(byIndex[i.index], &i.operation)
	}
	for _, name := range names {
		ix, err := s.ensure(name)
		if err == nil {
			err = ix.apply(byIndex[name])
		}
		var p *problem
		if errors.As(err, &p) {
			for _, op := range byIndex[name] {
				op.fail(p)
			}
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// maxID is the longest _id, in bytes.
const maxID = 512

// parseBulk reads the body of a bulk request. What is wrong with an action line
// fails the request as a whole, what is wrong with a document only its item:
// as in Elasticsearch. inPath is the index of items that name none.
func parseBulk(body []byte, inPath string) ([]*item, error) {
	if len(body) == 0 {
		return nil, badRequest("parse_exception", "request body is required")
	}
	if body[len(body)-1] != '\n' {
		return nil, badRequest("illegal_argument_exception", `The bulk request must be terminated by a newline [\n]`)
	}
	var items []*item
	var faults []string
	line := 0
	next := func() (b []byte, ok bool) {
		b, body, ok = bytes.Cut(body, []byte("\n"))
		line++
		return b, ok
	}
	for {
		raw, more := next()
		if !more {
			break
		}
		if raw = bytes.TrimSpace(raw); len(raw) == 0 {
			continue
		}
		i, err := parseAction(raw, line, inPath)
		if err != nil {
			return nil, err
		}
		if i.index == "" {
			faults = append(faults, "index is missing;")
		}
		if len(i.id) > maxID {
			faults = append(faults, "id ["+i.id+"] is too long, must be no longer than 512 bytes but was: "+strconv.Itoa(len(i.id))+";")
		}
		if i.action != actionDelete {
			source, more := next()
			if !more {
				return nil, badRequest("illegal_argument_exception", "The bulk request has no document for the action in line [%d]", line-1)
			}
			i.take(bytes.TrimSpace(source))
		}
		items = append(items, i)
	}
	if len(items) == 0 {
		faults = append(faults, "no requests added;")
	}
	if len(faults) > 0 {
		reason := "Validation Failed: "
		for n, f := range faults {
			reason += strconv.Itoa(n+1) + ": " + f
		}
		return nil, badRequest("action_request_validation_exception", "%s", reason)
	}
	return items, nil
}

// parseAction reads an action line.
func parseAction(raw []byte, line int, inPath string) (*item, error) {
	if !validJSON(raw) || !isObject(raw) {
		return nil, badRequest("illegal_argument_exception", "Malformed action/metadata line [%d], expected a JSON object", line)
	}
	i := &item{index: inPath}
	given := false
	err := eachMember(raw, func(action string, meta []byte) error {
		if i.action != "" || !isObject(meta) {
			return badRequest("illegal_argument_exception", "Malformed action/metadata line [%d], expected one action and its object", line)
		}
		switch action {
		case actionCreate, actionIndex, actionDelete:
		case "update":
			return unsupported("the bulk action [update]")
		default:
			return badRequest("illegal_argument_exception",
				"Malformed action/metadata line [%d], expected field [create], [delete], [index] or [update] but found [%s]", line, action)
		}
		i.action = action
		return eachMember(meta, func(name string, value []byte) error {
			switch {
			case name == "_index" && value[0] == '"':
				i.index = text(value)
			case name == "_id" && value[0] != '{' && value[0] != '[':
				if !isNull(value) {
					i.id, given = text(value), true
				}
			case name == "require_alias" && string(value) == "false":
			default:
				return unsupported("the parameter [%s] in the action line [%d]", name, line)
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	switch {
	case i.action == "":
		return nil, badRequest("illegal_argument_exception", "Malformed action/metadata line [%d], expected one action and its object", line)
	case !given && i.action != actionDelete:
		i.id = newID()
	case i.id == "":
		i.fail(badRequest("illegal_argument_exception", "if _id is specified it must not be empty"))
	}
	return i, nil
}

// take gives the item its document.
func (i *item) take(source []byte) {
	if i.problem != nil {
		return
	}
	if !validJSON(source) {
		p := badRequest("document_parsing_exception", "failed to parse")
		p.cause = badRequest("x_content_parse_exception", "the document is no JSON in UTF-8")
		i.fail(p)
		return
	}
	i.source = source
}

// newID is an id for a document that was given none.
func newID() string {
	b := make([]byte, 15)
	_, _ = rand.Read(b) // it never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// appendTo writes what came of the item.
func (i *item) appendTo(b []byte) []byte {
	b = appendText(append(b, `{"_index":`...), i.index)
	b = appendText(append(b, `,"_id":`...), i.id)
	if i.problem != nil {
		cause, err := i.problem.MarshalJSON()
		if err == nil {
			b = append(append(b, `,"error":`...), cause...)
		}
	} else {
		b = append(b, `,"_version":`...)
		b = strconv.AppendUint(b, max(1, i.entry.version), 10)
		b = append(append(append(b, `,"result":"`...), i.result...), `","_shards":{"total":1,"successful":1,"failed":0},"_seq_no":`...)
		b = strconv.AppendUint(b, i.entry.number, 10)
		b = append(b, `,"_primary_term":1`...)
	}
	b = strconv.AppendInt(append(b, `,"status":`...), int64(i.status), 10)
	return append(b, '}')
}

// document answers PUT, POST, GET and DELETE of one document.
func (s *Store) document(action string) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		i := &item{index: r.PathValue("index"), operation: operation{action: action, id: r.PathValue("id")}}
		switch op := r.query.Get("op_type"); {
		case op == actionCreate && action == actionIndex:
			i.action = actionCreate
		case op != "" && op != actionIndex:
			return answer{}, badRequest("illegal_argument_exception", "op_type [%s] is neither create nor index", op)
		}
		if len(i.id) > maxID {
			return answer{}, badRequest("action_request_validation_exception", "Validation Failed: 1: id is too long, must be no longer than 512 bytes but was: %d;", len(i.id))
		}
		if i.id == "" {
			i.action, i.id = actionCreate, newID()
		}
		if action != actionDelete {
			i.take(bytes.TrimSpace(r.body))
		} else if _, err := s.one(i.index); err != nil {
			return answer{}, err
		}
		if err := s.write([]*item{i}); err != nil {
			return answer{}, err
		}
		if i.problem != nil {
			return answer{}, i.problem
		}
		raw := i.appendTo(nil)
		// One document's answer has no status in it.
		raw = append(raw[:strings.LastIndex(string(raw), `,"status":`)], '}')
		return answer{status: i.status, raw: raw}, nil
	}
}
