package store

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// manySearched runs the searches of a body that has two lines for each: where to
// look, and the search. Each has an answer of its own.
func (s *Store) manySearched(r *request) (answer, error) {
	lines := bytes.Split(bytes.TrimRight(r.body, "\n"), []byte("\n"))
	if len(r.body) == 0 || len(lines)%2 != 0 {
		return answer{}, badRequest("illegal_argument_exception", "a multi search has two lines for each search, and ends in a newline")
	}
	b := []byte(`{"took":0,"responses":[`)
	for i := 0; i < len(lines); i += 2 {
		if i > 0 {
			b = append(b, ',')
		}
		header, body := bytes.TrimSpace(lines[i]), bytes.TrimSpace(lines[i+1])
		if len(header) == 0 {
			header = []byte("{}")
		}
		if !validJSON(header) || !validJSON(body) {
			return answer{}, badRequest("parsing_exception", "the search in line [%d] is no JSON", i+1)
		}
		raw, err := s.oneOfMany(r, header, body)
		if err != nil {
			failed := failure(err)
			if err := failed.shape(nil); err != nil {
				return answer{}, err
			}
			raw = failed.raw
		} else {
			raw = append(raw[:len(raw)-1], `,"status":200}`...)
		}
		b = append(b, raw...)
	}
	return answer{status: http.StatusOK, raw: append(b, `]}`...)}, nil
}

func (s *Store) oneOfMany(r *request, header, body []byte) ([]byte, error) {
	var where struct {
		Index             json.RawMessage `json:"index"`
		IgnoreUnavailable *bool           `json:"ignore_unavailable"`
	}
	if err := decodeStrict("multi search", header, &where); err != nil {
		return nil, err
	}
	expression := r.PathValue("index")
	if where.Index != nil {
		var names []string
		err := eachElement(where.Index, func(v []byte) error { names = append(names, text(v)); return nil })
		if err != nil {
			return nil, err
		}
		expression = strings.Join(names, ",")
	}
	missing := r.flag(ignoreUnavailable)
	if where.IgnoreUnavailable != nil {
		missing = *where.IgnoreUnavailable
	}
	indices, err := s.resolve(expression, missing)
	if err != nil {
		return nil, err
	}
	return s.search(r.Context(), indices, body)
}
