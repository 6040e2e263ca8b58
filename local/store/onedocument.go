package store

import (
	"cmp"
	"errors"
	"io/fs"
	"net/http"
)

// getDocument answers with one document.
func (s *Store) getDocument(r *request) (answer, error) {
	q, err := s.oneDocument(r)
	if err != nil {
		return answer{}, err
	}
	f, err := s.search(r.Context(), q, s.extents)
	if errors.Is(err, fs.ErrNotExist) {
		f.hits, err = nil, nil // deleted meanwhile
	}
	if err != nil {
		return answer{}, err
	}
	b := appendText([]byte(`{"_index":`), q.indices[0])
	b = appendText(append(b, `,"_id":`...), q.ids[0])
	if len(f.hits) == 0 {
		return answer{status: http.StatusNotFound, raw: append(b, `,"found":false}`...)}, nil
	}
	b = append(append(b, `,"_version":1,"found":true,"_source":`...), f.hits[0].source...)
	return answer{status: http.StatusOK, raw: append(b, '}')}, nil
}

func (s *Store) deleteDocument(r *request) (answer, error) {
	q, err := s.oneDocument(r)
	if err != nil {
		return answer{}, err
	}
	counts, err := s.extents(r.Context(), q.filter(), q.from, q.to)
	if err != nil {
		return answer{}, err
	}
	result := map[string]any{"_index": q.indices[0], "_id": q.ids[0], "result": "not_found"}
	if len(counts) == 0 {
		return answer{status: http.StatusNotFound, value: result}, nil
	}
	result["result"] = "deleted"
	return answer{status: http.StatusOK, value: result}, s.remove(r.Context(), q.indices[0], q.ids[0])
}

func (s *Store) oneDocument(r *request) (*search, error) {
	name := r.PathValue("index")
	names, err := s.resolve(name, false)
	if err != nil || len(names) != 1 || names[0] != name {
		return nil, cmp.Or(err, error(indexNotFound(name)))
	}
	q, err := parseSearch(names, nil)
	if err == nil {
		q.ids = []string{r.PathValue("id")}
	}
	return q, err
}
