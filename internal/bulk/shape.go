package bulk

import "bytes"

// shape is an item of an answer that was read, in the parts that the next one
// shares with it: of what is asked for, nearly all items of an answer differ in their
// id alone. Comparing parts is ten times as fast as reading them, and as strict: what
// is equal to sound JSON but for another string that was sent is sound JSON.
type shape struct {
	head   []byte // up to the id, {"create":{"_id":"
	tail   []byte // the rest, ","status":201}}
	status int
}

// take makes s the shape of the item body[at:end], of a document that was created
// and has the id. Where the item has another form s fits nothing.
func (s *shape) take(body []byte, at, end int, id []byte, status int) {
	*s = shape{}
	item := body[at:end]
	from := bytes.Index(item, id)
	if from < 0 || !bytes.HasSuffix(item[:from], []byte(`"_id":"`)) ||
		bytes.Contains(item[from+len(id):], id) { // then it may not be the id that stands there
		return
	}
	*s = shape{item[:from], item[from+len(id):], status}
}

// fit gives the place behind the item at at if it has the shape and the id, or
// -1.
func (s *shape) fit(body []byte, at int, id []byte) int {
	if s.status == 0 {
		return -1
	}
	rest := body[at:]
	for _, part := range [...][]byte{s.head, id, s.tail} {
		if !bytes.HasPrefix(rest, part) {
			return -1
		}
		rest = rest[len(part):]
	}
	return len(body) - len(rest)
}
