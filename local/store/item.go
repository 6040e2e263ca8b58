package store

import (
	"crypto/rand"
	"encoding/base64"
	"strconv"
)

// item is an operation and the index it is for.
type item struct {
	operation
	index string
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
