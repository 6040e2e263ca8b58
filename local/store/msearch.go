package store

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
)

// manySearched runs the searches of a body that has two lines for each: where to
// look, and the search. Each has an answer of its own. Many of them ask for the
// same range of time, which is counted once.
func (s *Store) manySearched(r *request) (answer, error) {
	lines := bytes.Split(bytes.TrimRight(r.body, "\n"), []byte("\n"))
	if len(r.body) == 0 || len(lines)%2 != 0 {
		return answer{}, badRequest("illegal_argument_exception", "a multi search has two lines for each search, and ends in a newline")
	}
	counted := map[[2]int64]map[string]extent{}
	count := func(ctx context.Context, _ string, from, to int64) (map[string]extent, error) {
		key := [2]int64{from, to}
		if counted[key] == nil {
			var err error
			if counted[key], err = s.extents(ctx, "*", from, to); err != nil {
				return nil, err
			}
		}
		return maps.Clone(counted[key]), nil
	}
	b := []byte(`{"took":0,"responses":[`)
	for i := 0; i < len(lines); i += 2 {
		if i > 0 {
			b = append(b, ',')
		}
		f, err := s.oneOfMany(r, lines[i], lines[i+1], count)
		if err == nil {
			b = append(b, f.json()...)
			b = append(b[:len(b)-1], `,"status":200}`...)
			continue
		}
		a := failure(err)
		if err := a.shape(); err != nil {
			return answer{}, err
		}
		b = append(b, a.raw...)
	}
	return answer{status: http.StatusOK, raw: append(b, `]}`...)}, nil
}

func (s *Store) oneOfMany(r *request, header, body []byte, count func(context.Context, string, int64, int64) (map[string]extent, error)) (found, error) {
	var where struct {
		Index             json.RawMessage `json:"index"`
		IgnoreUnavailable bool            `json:"ignore_unavailable"`
	}
	if err := decodeStrict("multi search", header, &where); err != nil {
		return found{}, err
	}
	expression := r.PathValue("index")
	if where.Index != nil {
		var names []string
		err := eachElement(where.Index, func(v []byte) error { names = append(names, text(v)); return nil })
		if err != nil {
			return found{}, err
		}
		expression = strings.Join(names, ",")
	}
	names, err := s.resolve(expression, where.IgnoreUnavailable || r.flag("ignore_unavailable"))
	if err != nil {
		return found{}, err
	}
	q, err := parseSearch(names, body)
	if err != nil {
		return found{}, err
	}
	return s.search(r.Context(), q, count)
}
