package store

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

func (s *Store) searched(r *request) (answer, error) {
	indices, err := s.indicesOf(r)
	if err != nil {
		return answer{}, err
	}
	for _, name := range []string{"rest_total_hits_as_int", "typed_keys"} {
		if r.flag(name) {
			return answer{}, unsupported("[%s]", name)
		}
	}
	body, err := r.withParameters()
	if err != nil {
		return answer{}, err
	}
	raw, err := s.search(r.Context(), indices, body)
	return answer{status: http.StatusOK, raw: raw}, err
}

func (s *Store) counted(r *request) (answer, error) {
	indices, err := s.indicesOf(r)
	if err != nil {
		return answer{}, err
	}
	body, err := r.withParameters()
	if err != nil {
		return answer{}, err
	}
	var q struct {
		Query json.RawMessage `json:"query"`
	}
	if err := decodeStrict("count", body, &q); err != nil {
		return answer{}, err
	}
	n, err := s.count(r.Context(), indices, q.Query)
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, raw: fmt.Appendf(nil, `{"count":%d,"_shards":%s}`, n, shards(len(indices)))}, nil
}

// withParameters is the body with what the query string says put into it.
func (r *request) withParameters() ([]byte, error) {
	if err := r.object(); err != nil {
		return nil, err
	}
	body := map[string]json.RawMessage{}
	if len(r.body) > 0 {
		if err := json.Unmarshal(r.body, &body); err != nil {
			return nil, badRequest("parsing_exception", "%v", err)
		}
	}
	if q := r.query.Get("q"); q != "" {
		simple := map[string]string{"query": q, "default_operator": r.query.Get("default_operator"), "default_field": r.query.Get("df")}
		if simple["default_operator"] == "" {
			simple["default_operator"] = "or"
		}
		raw, err := json.Marshal(map[string]any{"query_string": simple})
		if err != nil {
			return nil, err
		}
		body["query"] = raw
	} else if r.query.Has("df") || r.query.Has("default_operator") {
		return nil, badRequest("illegal_argument_exception", "[df] and [default_operator] go with [q]")
	}
	for _, name := range []string{"size", "from"} {
		if r.query.Has(name) {
			n, err := strconv.Atoi(r.query.Get(name))
			if err != nil {
				return nil, badRequest("illegal_argument_exception", "Failed to parse int parameter [%s] with value [%s]", name, r.query.Get(name))
			}
			body[name] = json.RawMessage(strconv.Itoa(n))
		}
	}
	for _, name := range []string{"sort", "_source", "track_total_hits"} {
		if !r.query.Has(name) {
			continue
		}
		raw, err := json.Marshal(fromParameter(name, r.query.Get(name)))
		if err != nil {
			return nil, err
		}
		body[name] = raw
	}
	return json.Marshal(body)
}

// fromParameter is how a list or flag in a query string reads in a body.
func fromParameter(name, value string) any {
	if value == "true" || value == "false" || value == "" {
		return value != "false"
	}
	list := strings.Split(value, ",")
	if name != "sort" {
		return list
	}
	keys := make([]any, len(list))
	for i, key := range list {
		keys[i] = key
		if field, direction, ok := strings.Cut(key, ":"); ok {
			keys[i] = map[string]string{field: direction}
		}
	}
	return keys
}
