package store

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// problem is an error as Elasticsearch tells it to a client.
type problem struct {
	status int
	kind   string
	reason string
	cause  *problem
	// index that it is about, if any.
	index string
}

func (p *problem) Error() string { return p.kind + ": " + p.reason }

// MarshalJSON writes what stands under "error".
func (p *problem) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Type     string   `json:"type"`
		Reason   string   `json:"reason"`
		Index    string   `json:"index,omitempty"`
		CausedBy *problem `json:"caused_by,omitempty"`
	}{p.kind, p.reason, p.index, p.cause})
}

func badRequest(kind, format string, args ...any) *problem {
	return &problem{status: http.StatusBadRequest, kind: kind, reason: fmt.Sprintf(format, args...)}
}

// unsupported refuses what Elasticsearch would take and this store does not.
func unsupported(format string, args ...any) *problem {
	return badRequest("illegal_argument_exception", "rehydrate's embedded store does not implement "+format, args...)
}

func indexNotFound(name string) *problem {
	return &problem{
		status: http.StatusNotFound, kind: "index_not_found_exception",
		reason: "no such index [" + name + "]", index: name,
	}
}
