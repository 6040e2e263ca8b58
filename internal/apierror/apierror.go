// Package apierror reads the errors of the Elasticsearch API, as Elasticsearch,
// OpenSearch and the gateways before them write them: the body of a refused
// request, and the error of one document or search within an answer. What was
// asked for it does not know, nor what is to be done.
package apierror

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Error is what an answer says went wrong.
type Error struct {
	// Type is the exception's name in snake case, such as
	// "cluster_block_exception"; empty where only a text was given.
	Type string
	// Reason is the text down to the deepest cause. Of a body that is no error of
	// the API, such as a page of HTML, it is the first 200 bytes.
	Reason string
}

// maxText bounds what is kept of a body that is no error of the API, in bytes.
const maxText = 200

// Read reads the whole body of an answer.
func Read(body []byte) Error {
	var b struct {
		Error   json.RawMessage
		Message string // of Amazon's gateways, which also write it with a small letter
	}
	// What is no JSON leaves b empty; a member of another type leaves the others.
	_ = json.Unmarshal(body, &b)
	if e := Parse(b.Error); e != (Error{}) {
		return e
	}
	if b.Message != "" {
		return Error{Reason: b.Message}
	}
	start := body[:min(len(body), maxText)]
	return Error{Reason: strings.ToValidUTF8(string(bytes.Join(bytes.Fields(start), []byte(" "))), "\uFFFD")}
}

// Parse reads an error by itself: {"type":…,"reason":…,"caused_by":…}, or the
// string that old versions give. What is neither gives the zero Error.
func Parse(value []byte) Error {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return Error{Reason: text}
	}
	var c cause
	_ = json.Unmarshal(value, &c) // what is no object leaves it empty
	e := Error{c.Type, c.Reason}
	for deeper := c.CausedBy; deeper != nil; deeper = deeper.CausedBy {
		switch {
		case e.Reason == "":
			e.Reason = deeper.Reason
		case !strings.Contains(e.Reason, deeper.Reason):
			e.Reason += ": " + deeper.Reason
		}
	}
	return e
}

type cause struct {
	Type     string
	Reason   string
	CausedBy *cause `json:"caused_by"`
}
