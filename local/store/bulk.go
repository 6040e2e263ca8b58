package store

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strconv"
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
