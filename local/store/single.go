package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// Requests about one document.

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

func (s *Store) get(r *request) (answer, error) {
	filter, err := parseSource(sourceParameter(r))
	if err != nil {
		return answer{}, err
	}
	a := answer{status: http.StatusNotFound}
	err = s.fetch(r, func(id string, e entry, source []byte, found bool) {
		b := appendText([]byte(`{"_index":`), r.PathValue("index"))
		b = appendText(append(b, `,"_id":`...), id)
		if !found {
			b = append(b, `,"found":false}`...)
			a.raw = b
			return
		}
		b = fmt.Appendf(b, `,"_version":%d,"_seq_no":%d,"_primary_term":1,"found":true`, e.version, e.number)
		if !filter.hidden {
			b = filter.appendTo(append(b, `,"_source":`...), source)
		}
		b = append(b, '}')
		a.status, a.raw = http.StatusOK, b
	})
	return a, err
}

func sourceParameter(r *request) []byte {
	if !r.query.Has("_source") {
		return nil
	}
	// Strings and booleans always can be written as JSON.
	raw, _ := json.Marshal(fromParameter("_source", r.query.Get("_source")))
	return raw
}

func (s *Store) getSource(r *request) (answer, error) {
	a := answer{status: http.StatusOK}
	var missing error
	err := s.fetch(r, func(id string, _ entry, source []byte, found bool) {
		a.raw = append([]byte(nil), source...)
		if !found {
			missing = &problem{status: http.StatusNotFound, kind: "resource_not_found_exception", reason: "Document not found [" + r.PathValue("index") + "]/[" + id + "]"}
		}
	})
	if err == nil {
		err = missing
	}
	return a, err
}

// fetch hands f the document that the path names; its bytes end with f.
func (s *Store) fetch(r *request, f func(id string, e entry, source []byte, found bool)) error {
	ix, err := s.one(r.PathValue("index"))
	if err != nil {
		return err
	}
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return ix.rows.db.View(func(tx *bolt.Tx) error {
		id := r.PathValue("id")
		e, found := lookup(tx, id)
		var source []byte
		if found {
			_, source = row(tx, e.number)
		}
		f(id, e, source, found)
		return nil
	})
}
